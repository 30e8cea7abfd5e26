//! The toy domain, tested the way every context is.

use crate::kernel::{
    Date, Dispatch, Id, Intent, Personal, Registry, Text, Timer,
    testing::{
        NOW, fixtures, folding, given, id,
        laws::{self, to},
        morning_of, nothing, of, person, reacting, target, today,
    },
};

use super::{
    Acquire, Book, BookCommand, BookEvent, BookRejection, Lend, Loan, LoanCommand, LoanEvent,
    LoanRejection, OnLoan, OnLoanRow, Remind, RemindOfDueDate, Renew, Return, Shelf, ShelfRow,
    Standing, Toy, Withdraw,
};

fn book() -> Id<Book> {
    id(7)
}

fn isbn() -> Text<20> {
    Text::parse("0-262-51087-1").unwrap()
}

fn title() -> Text<120> {
    Text::parse("The Wizard Book").unwrap()
}

fn borrower() -> Personal<Text<80>> {
    Text::parse("Naledi").unwrap().into()
}

fn in_two_weeks() -> Date {
    today().plus_days(14)
}

fn acquire() -> BookCommand {
    BookCommand::Acquire(Acquire { isbn: isbn(), title: title() })
}

fn acquired() -> BookEvent {
    BookEvent::Acquired { isbn: isbn(), title: title() }
}

fn lend() -> LoanCommand {
    LoanCommand::Lend(Lend { book: book(), borrower: borrower(), until: in_two_weeks() })
}

fn lent(number: u64) -> LoanEvent {
    LoanEvent::Lent { number, book: book(), borrower: borrower(), until: in_two_weeks() }
}

fn renew(days: u32) -> LoanCommand {
    LoanCommand::Renew(Renew { until: in_two_weeks().plus_days(days) })
}

fn renewed(days: u32) -> LoanEvent {
    LoanEvent::Renewed { until: in_two_weeks().plus_days(days) }
}

fn returned(in_time: bool) -> LoanEvent {
    LoanEvent::Returned { book: book(), in_time }
}

#[test]
fn the_domain_keeps_the_rules_of_the_kernel() {
    Registry::of::<Toy>().unwrap();
}

#[test]
fn a_book_is_acquired_once() {
    nothing::<Book>()
        .when(acquire())
        .then([acquired()])
        .and_when(acquire())
        .then_nothing()
        .and_when(BookCommand::Withdraw(Withdraw {}))
        .then([BookEvent::Withdrawn { isbn: isbn() }])
        .and_when(acquire())
        .then_refused(BookRejection::Withdrawn);
}

#[test]
fn a_held_book_can_be_lent_and_gets_the_next_number() {
    nothing::<Loan>()
        .knowing(book(), [acquired()])
        .with_series("loan", 41)
        .when(lend())
        .then([lent(42)])
        .then_state(|loan| assert!(matches!(loan, Loan::Lent { renewals: 0, .. })));
}

#[test]
fn a_book_that_is_not_held_cannot_be_lent() {
    nothing::<Loan>().when(lend()).then_refused(LoanRejection::NoSuchBook { book: book() });
    nothing::<Loan>()
        .knowing(book(), Book::Withdrawn)
        .when(lend())
        .then_refused(LoanRejection::NoSuchBook { book: book() });
}

#[test]
fn a_loan_can_be_renewed_twice() {
    given::<Loan>([lent(1)])
        .when(renew(7))
        .then([renewed(7)])
        .and_when(renew(14))
        .then([renewed(14)])
        .and_when(renew(21))
        .then_refused(LoanRejection::TooManyRenewals { most: 2 });
}

#[test]
fn nobody_is_reminded_before_the_book_is_due_or_twice() {
    let remind = || LoanCommand::Remind(Remind {});
    given::<Loan>([lent(1)])
        .when(remind())
        .then_nothing()
        .afterwards()
        .at(morning_of(in_two_weeks()))
        .acting(person("timer", &[]))
        .when(remind())
        .then([LoanEvent::Reminded {}])
        .and_when(remind())
        .then_nothing();
}

#[test]
fn a_book_comes_back_in_time_or_late() {
    let give_back = || LoanCommand::Return(Return {});
    given::<Loan>([lent(1)]).when(give_back()).then([returned(true)]);
    given::<Loan>([lent(1)])
        .at(morning_of(in_two_weeks().plus_days(1)))
        .when(give_back())
        .then([returned(false)])
        .and_when(give_back())
        .then_nothing();
}

#[test]
fn the_shelf_counts_how_often_a_book_is_lent() {
    let row = ShelfRow {
        book: book(),
        title: title(),
        withdrawn: false,
        times_lent: 1,
        last_lent_at: Some(NOW),
        loan: Some(target()),
    };
    folding::<Shelf>([of(book(), acquired()), of(target::<Loan>(), lent(1))])
        .then_rows([row.clone()])
        .then_row(book(), row.clone());
    let tomorrow = today().plus_days(1);
    folding::<Shelf>([
        of(book(), acquired()),
        of(target::<Loan>(), lent(1)).on(tomorrow),
        of(target::<Loan>(), returned(true)).on(tomorrow).by(person("sipho", &[])),
        of(book(), BookEvent::Withdrawn { isbn: isbn() }),
    ])
    .then_rows([ShelfRow {
        withdrawn: true,
        last_lent_at: Some(morning_of(tomorrow)),
        loan: None,
        ..row
    }]);
}

#[test]
fn a_loan_of_an_unknown_book_cannot_be_folded() {
    folding::<Shelf>([of(target::<Loan>(), lent(1))]).then_unfoldable();
}

#[test]
fn a_returned_book_is_on_loan_no_more() {
    let loan = target::<Loan>();
    let row = OnLoanRow {
        loan,
        number: 1,
        book: book(),
        borrower: borrower(),
        until: in_two_weeks().plus_days(7),
        standing: Standing::Reminded,
        earlier: vec![in_two_weeks()],
    };
    let steps = || [of(loan, lent(1)), of(loan, renewed(7)), of(loan, LoanEvent::Reminded {})];
    folding::<OnLoan>(steps()).then_rows([row]);
    folding::<OnLoan>(steps().into_iter().chain([of(loan, returned(true))])).then_no_rows();
}

#[test]
fn a_reminder_is_set_moved_and_cancelled() {
    let loan = target::<Loan>();
    let timer = || Timer::of(loan, "due");
    let schedule = |due: Date| Intent::Schedule {
        timer: timer(),
        due: due.start(),
        dispatch: Dispatch::to(loan, &LoanCommand::Remind(Remind {})),
    };
    reacting::<RemindOfDueDate>(loan, lent(1)).then([schedule(in_two_weeks())]);
    reacting::<RemindOfDueDate>(loan, renewed(7)).then([schedule(in_two_weeks().plus_days(7))]);
    reacting::<RemindOfDueDate>(loan, LoanEvent::Reminded {}).then_nothing();
    reacting::<RemindOfDueDate>(loan, returned(true)).then([Intent::Cancel(timer())]);
}

#[test]
fn the_laws_of_books_hold() {
    laws::aggregate::<Book>(|_| Ok(()));
}

#[test]
fn the_laws_of_loans_hold() {
    laws::Aggregate::<Loan>::new()
        .with::<Book>()
        .invariant(|loan| match loan {
            Loan::Lent { renewals, .. } if *renewals > Loan::MOST_RENEWALS => {
                Err(format!("it is renewed {renewals} times"))
            }
            Loan::Unknown | Loan::Lent { .. } | Loan::Returned => Ok(()),
        })
        .orders([
            to(book(), acquire()),
            to(target::<Loan>(), lend()),
            to(target::<Loan>(), renew(7)),
            to(target::<Loan>(), LoanCommand::Remind(Remind {})).after_days(30),
        ])
        .hold();
}

#[test]
fn the_laws_of_the_shelf_hold() {
    laws::read_model::<Shelf>();
}

#[test]
fn the_laws_of_open_loans_hold() {
    laws::ReadModel::<OnLoan>::new().with::<Book>().hold();
}

#[test]
fn all_events_ever_stored_can_be_read() {
    fixtures::<Book>("src/kernel/testing/toy/fixtures/book");
    fixtures::<Loan>("src/kernel/testing/toy/fixtures/loan");
}
