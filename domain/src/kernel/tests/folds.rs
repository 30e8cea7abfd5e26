use crate::kernel::{
    AnyRecorded, Cell, Changes, Date, Fold, FoldError, Folds, Id, KeyPart, Keys, Kind, Personal,
    ReadModel, Recorded, Slot, Text, Work,
    fold::FoldOf,
    testing::{
        envelope, id, today,
        toy::{Book, BookEvent, Loan, LoanEvent, OnLoan, Shelf, ShelfRow},
    },
};

fn book(position: u64, event: BookEvent) -> AnyRecorded {
    let envelope = envelope(Book::TYPE, id::<Book>(1).ulid(), position, position);
    AnyRecorded::new(Recorded::<Book> { id: id(1), event, envelope })
}

fn loan(number: u64, position: u64, event: LoanEvent) -> AnyRecorded {
    let envelope = envelope(Loan::TYPE, id::<Loan>(number).ulid(), position, position);
    AnyRecorded::new(Recorded::<Loan> { id: id(number), event, envelope })
}

fn lent() -> LoanEvent {
    LoanEvent::Lent { number: 1, book: id(1), borrower: Personal::ERASED, until: today() }
}

fn renewed(until: Date) -> LoanEvent {
    LoanEvent::Renewed { until }
}

fn returned() -> LoanEvent {
    LoanEvent::Returned { book: id(1), in_time: true }
}

fn acquired() -> BookEvent {
    BookEvent::Acquired { isbn: Text::of("1"), title: Text::of("SICP") }
}

fn on_loan() -> Box<dyn Work> {
    FoldOf::<OnLoan>::new().work()
}

fn key(number: u64) -> Vec<Cell> {
    vec![id::<Loan>(number).cell()]
}

#[test]
fn only_rows_not_seen_before_are_asked_for() {
    let mut work = on_loan();
    assert_eq!(work.touch(&loan(1, 1, lent())), [key(1)]);
    assert_eq!(work.touch(&loan(1, 2, returned())), [] as [Vec<Cell>; 0]);
    assert_eq!(work.touch(&loan(2, 3, lent())), [key(2)]);
    assert_eq!(work.touch(&book(4, acquired())), [] as [Vec<Cell>; 0]);
    assert_eq!(work.held(), 2);
}

#[test]
fn changes_are_told_once_and_in_the_order_of_keys() {
    let mut work = on_loan();
    work.apply(&loan(2, 1, lent())).unwrap();
    work.apply(&loan(1, 2, lent())).unwrap();
    let changes = work.changes().unwrap();
    let told: Vec<_> = changes.put.iter().map(|(row, position)| (&row[0], *position)).collect();
    assert_eq!(told, [(&key(1)[0], 2), (&key(2)[0], 1)]);
    assert_eq!(changes.removed, [] as [Vec<Cell>; 0]);
    assert_eq!(work.changes().unwrap(), Changes::default());
    work.apply(&loan(2, 3, renewed(today().plus_days(1)))).unwrap();
    assert_eq!(work.changes().unwrap().put.len(), 1);
    assert_eq!(work.rows().unwrap().len(), 2);
}

#[test]
fn a_row_is_removed_only_if_the_table_may_hold_it() {
    let mut work = on_loan();
    work.apply(&loan(1, 1, lent())).unwrap();
    work.apply(&loan(1, 2, returned())).unwrap();
    assert_eq!(work.changes().unwrap(), Changes::default());
    work.apply(&loan(2, 3, lent())).unwrap();
    work.changes().unwrap();
    work.apply(&loan(2, 4, returned())).unwrap();
    assert_eq!(work.changes().unwrap(), Changes { put: vec![], removed: vec![key(2)] });
    assert_eq!(work.changes().unwrap(), Changes::default());
    assert_eq!(work.rows().unwrap(), []);
}

#[test]
fn a_loaded_row_goes_on_from_where_it_was() {
    let mut first = on_loan();
    first.apply(&loan(1, 1, lent())).unwrap();
    let (row, position) = first.changes().unwrap().put.remove(0);

    let mut second = on_loan();
    let again = loan(1, 1, lent());
    let later = loan(1, 2, renewed(today().plus_days(7)));
    second.touch(&again);
    second.load(row, position).unwrap();
    second.apply(&again).unwrap();
    assert_eq!(second.changes().unwrap(), Changes::default());
    second.apply(&later).unwrap();
    second.apply(&later).unwrap();
    let (row, position) = second.changes().unwrap().put.remove(0);
    assert_eq!(position, 2);
    assert_eq!(row[4], Cell::Date(today().plus_days(7)));
    assert_eq!(row[6], Cell::Json(serde_json::json!([today()])));
}

#[test]
fn a_row_that_is_not_there_cannot_be_changed() {
    let error = on_loan().apply(&loan(1, 5, renewed(today()))).unwrap_err();
    assert!(matches!(error, FoldError::MissingRow { event: "renewed", position: 5, .. }));
    assert_eq!(
        error.to_string(),
        format!(
            "renewed at position 5 changes a row of on_loan that does not exist: {}",
            id::<Loan>(1)
        )
    );
}

#[test]
fn cells_that_are_no_row_cannot_be_loaded() {
    let error = on_loan().load(vec![Cell::Int(1)], 1).unwrap_err().to_string();
    assert_eq!(error, "a row of on_loan does not fit its columns: the key columns do not fit");
    assert!(on_loan().load(key(1), 1).is_err());
}

#[test]
fn a_fold_knows_its_sources_and_passes_over_others() {
    let fold = FoldOf::<Shelf>::new();
    assert_eq!(fold.sources(), ["book", "loan"]);
    assert_eq!(fold.keys(&loan(1, 1, lent())), [vec![id::<Book>(1).cell()]]);
    assert_eq!(fold.keys(&loan(1, 1, renewed(today()))), [] as [Vec<Cell>; 0]);
    let fold = FoldOf::<OnLoan>::new();
    assert_eq!(fold.keys(&book(1, acquired())), [] as [Vec<Cell>; 0]);
    let mut work = fold.work();
    work.apply(&book(1, acquired())).unwrap();
    assert_eq!(work.rows().unwrap(), []);
}

/// Two rows for every book, one of them named twice.
struct Doubled;

impl ReadModel for Doubled {
    const NAME: &'static str = "doubled";
    const ROW: &'static str = "double";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];

    type Key = Id<Book>;
    type Row = ShelfRow;
    type Sources = (Book,);
}

impl Folds<Book> for Doubled {
    fn keys(_: &Recorded<Book>) -> Keys<Id<Book>> {
        Keys::Many(vec![id(1), id(2), id(1)])
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        let book = *slot.key();
        let first = || ShelfRow {
            book,
            title: Text::of("twice"),
            withdrawn: false,
            times_lent: 0,
            last_lent_at: None,
            loan: None,
        };
        match event.event {
            BookEvent::Acquired { .. } => slot.change_or_start(first, |row| row.times_lent += 1),
            BookEvent::Withdrawn { .. } => slot.remove(),
        }
    }
}

#[test]
fn an_event_goes_into_each_of_its_rows_once() {
    let mut work = FoldOf::<Doubled>::new().work();
    assert_eq!(work.touch(&book(1, acquired())).len(), 2);
    work.apply(&book(1, acquired())).unwrap();
    let counts: Vec<_> = work.rows().unwrap().into_iter().map(|(row, _)| row[3].clone()).collect();
    assert_eq!(counts, [Cell::Int(1), Cell::Int(1)]);
    work.apply(&book(2, BookEvent::Withdrawn { isbn: Text::of("1") })).unwrap();
    work.apply(&book(3, BookEvent::Withdrawn { isbn: Text::of("1") })).unwrap();
    assert_eq!(work.rows().unwrap(), []);
}

/// Two rows for every book, the second of which is never there.
struct Torn;

impl ReadModel for Torn {
    const NAME: &'static str = "torn";
    const ROW: &'static str = "half";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];

    type Key = Id<Book>;
    type Row = ShelfRow;
    type Sources = (Book,);
}

impl Folds<Book> for Torn {
    fn keys(_: &Recorded<Book>) -> Keys<Id<Book>> {
        Keys::Many(vec![id(1), id(2)])
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        let is_first = *slot.key() == id(1);
        match &event.event {
            BookEvent::Acquired { .. } if is_first => slot.put(ShelfRow {
                book: id(1),
                title: Text::of("torn"),
                withdrawn: false,
                times_lent: 0,
                last_lent_at: None,
                loan: None,
            }),
            BookEvent::Acquired { .. } => {}
            BookEvent::Withdrawn { isbn } => {
                if is_first && &**isbn == "gone" {
                    slot.remove();
                }
                slot.change(|row| row.withdrawn = true);
            }
        }
    }
}

#[test]
fn an_event_that_cannot_be_folded_leaves_all_rows_as_they_were() {
    let mut work = FoldOf::<Torn>::new().work();
    work.apply(&book(1, acquired())).unwrap();
    let before = work.rows().unwrap();
    work.changes().unwrap();
    // The second row is missing, after the first was changed; or the first is,
    // after it was removed.
    for (position, isbn) in [(2, "half"), (3, "gone")] {
        let withdrawn = BookEvent::Withdrawn { isbn: Text::of(isbn) };
        assert!(work.apply(&book(position, withdrawn)).is_err());
        assert_eq!(work.rows().unwrap(), before);
        assert_eq!(work.changes().unwrap(), Changes::default());
    }
    work.apply(&book(4, acquired())).unwrap();
    assert_eq!(work.changes().unwrap().put.len(), 1);
}
