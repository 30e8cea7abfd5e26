//! Failed expectations say what was expected, what came instead, and of what.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::kernel::{
    Actor, Id, Personal, Text,
    testing::{
        NOW, folding, given, id, nothing, of, reacting, somebody, target, today,
        toy::{
            Acquire, Book, BookCommand, BookEvent, BookRejection, Loan, LoanEvent, RemindOfDueDate,
            Shelf, ShelfRow, Withdraw,
        },
    },
};

fn failure(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).unwrap_err();
    payload.downcast_ref::<String>().unwrap().trim().to_owned()
}

fn isbn(text: &str) -> Text<20> {
    Text::parse(text).unwrap()
}

fn acquired(number: &str) -> BookEvent {
    BookEvent::Acquired { isbn: isbn(number), title: Text::parse("SICP").unwrap() }
}

fn withdraw() -> BookCommand {
    BookCommand::Withdraw(Withdraw {})
}

fn withdrawn(number: &str) -> BookEvent {
    BookEvent::Withdrawn { isbn: isbn(number) }
}

#[test]
fn other_events_than_expected_are_shown_with_their_past() {
    let words = failure(|| {
        given::<Book>([acquired("1")])
            .knowing(id::<Loan>(2), Loan::Returned)
            .with_series("loan", 7)
            .when(withdraw())
            .then([withdrawn("2")]);
    });
    let loan = id::<Loan>(2).ulid();
    let expected = format!(
        r#"given
    1. Acquired {{ isbn: "1", title: "SICP" }}

knowing
    1. loan {loan} at version 1
    2. loan up to 7

when
    Withdraw(Withdraw)
    by user:thandi at 2026-01-15T09:00:00Z

then expected
    1. Withdrawn {{ isbn: "2" }}

but what came of it is
    1. Withdrawn {{ isbn: "1" }}"#
    );
    assert_eq!(words, expected);
}

#[test]
fn a_refusal_is_shown_with_its_reason() {
    let again = || {
        let acquire = Acquire { isbn: isbn("1"), title: Text::parse("SICP").unwrap() };
        given::<Book>([withdrawn("1")]).when(BookCommand::Acquire(acquire))
    };
    let refused = "refused with Withdrawn: the book has been withdrawn";
    for words in [
        failure(move || drop(again().then([acquired("1")]))),
        failure(move || drop(again().then_nothing())),
        failure(move || drop(again().then_refused(BookRejection::OtherIsbn { isbn: isbn("1") }))),
    ] {
        assert!(words.ends_with(refused), "{words}");
    }
    again().then_refused(BookRejection::Withdrawn).then_state(|book| {
        assert_eq!(*book, Book::Withdrawn);
    });
}

#[test]
fn nothing_is_shown_as_nothing() {
    let words = failure(|| drop(nothing::<Book>().when(withdraw()).then([withdrawn("1")])));
    assert!(words.starts_with("given\n    nothing\n"), "{words}");
    assert!(words.ends_with("but what came of it is\n    nothing"), "{words}");
    let words = failure(|| drop(given::<Book>([acquired("1")]).when(withdraw()).then_nothing()));
    assert!(words.contains("nothing, as it was already so"), "{words}");
}

#[test]
fn the_circumstances_are_those_of_the_test() {
    let timer = Actor::system("timer");
    let outcome = given::<Book>([acquired("1")])
        .at(NOW.plus_seconds(60))
        .acting(timer)
        .because("it fell apart")
        .addressed(id(3))
        .when(withdraw());
    let words = failure(|| drop(outcome.then_nothing()));
    assert!(words.contains("by system:timer at 2026-01-15T09:01:00Z"), "{words}");
}

#[test]
fn personal_data_is_shown_where_it_makes_the_difference() {
    let lent = |borrower: &str| LoanEvent::Lent {
        number: 1,
        book: target(),
        borrower: Personal::from(Text::parse(borrower).unwrap()),
        until: today(),
    };
    let events = [lent("Naledi")];
    let (expected, actual) = super::show::both(&events, &[lent("Lindiwe")]);
    assert!(expected.contains("Naledi"), "{expected}");
    assert!(actual.contains("Lindiwe"), "{actual}");
}

fn row() -> ShelfRow {
    ShelfRow {
        book: target(),
        title: Text::parse("SICP").unwrap(),
        withdrawn: false,
        times_lent: 0,
        last_lent_at: None,
        loan: None,
    }
}

#[test]
fn other_rows_than_expected_are_shown_with_their_events() {
    let book = || target::<Book>();
    let fold = move || folding::<Shelf>([of(book(), acquired("1"))]);
    let words = failure(move || drop(fold().then_no_rows()));
    assert!(words.contains(&format!("folding\n    1. {} Acquired", book())), "{words}");
    assert!(words.contains("then expected\n    nothing"), "{words}");
    let words = failure(move || drop(fold().then_row(id(2), row())));
    assert!(words.ends_with("but what came of it is\n    nothing"), "{words}");
    let words = failure(move || fold().then_unfoldable());
    assert!(words.contains("an event that cannot be folded"), "{words}");
    let words = failure(|| {
        drop(folding::<Shelf>([of(target::<Book>(), withdrawn("1"))]).then_rows([row()]));
    });
    assert!(words.contains("changes a row of shelf that does not exist"), "{words}");
}

#[test]
fn rows_come_in_the_order_of_their_keys() {
    let book = |number| ShelfRow { book: id(number), ..row() };
    let steps: [(Id<Book>, _); 2] = [(id(2), acquired("2")), (id(1), acquired("1"))];
    folding::<Shelf>(steps.map(|(id, event)| of(id, event))).then_rows([book(1), book(2)]);
}

#[test]
fn other_intents_than_expected_are_shown_with_their_event() {
    let returned = || LoanEvent::Returned { book: target(), in_time: true };
    let words = failure(move || {
        reacting::<RemindOfDueDate>(target(), returned()).on(today()).by(somebody()).then_nothing();
    });
    assert!(words.contains("expected in answer\n    nothing"), "{words}");
    assert!(words.contains("Cancel(Timer {"), "{words}");
}

#[test]
fn an_order_can_be_insisted_on() {
    let acquire = Acquire { isbn: isbn("1"), title: Text::parse("SICP").unwrap() };
    nothing::<Book>().insisting_on(BookCommand::Acquire(acquire)).then([acquired("1")]);
}
