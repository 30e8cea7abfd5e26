//! What becomes of an invoice that is not paid.

use super::{an_invoice, overpaid, unapply, with_transfer};
use crate::{
    billing::{
        Invoice, InvoiceCommand as Command, InvoiceEvent as Event, InvoiceRejection as Rejection,
        examples::{
            applied, apply, drafted, due_on, karoo, paid, payment, received, unapplied, voided,
            written_off,
        },
        invoice::command::{MarkOverdue, Void, WriteOff},
    },
    kernel::{
        Date,
        testing::{given, morning_of, nothing, text, zar},
    },
};

fn mark_overdue(due_on: Date) -> Command {
    Command::MarkOverdue(MarkOverdue { due_on })
}

fn overdue(due: i64) -> Event {
    Event::BecameOverdue { due_on: due_on(), due: zar(due), customer_id: karoo() }
}

fn write_off() -> Command {
    Command::WriteOff(WriteOff { reason: text("insolvent") })
}

fn void() -> Command {
    Command::Void(Void { reason: text("wrong customer") })
}

#[test]
fn an_invoice_becomes_overdue_the_day_after_it_was_due() {
    let due_date = due_on();
    an_invoice([])
        .at(morning_of(due_date))
        .when(mark_overdue(due_date))
        .then_refused(Rejection::NotYetOverdue { due_on: due_date })
        .afterwards()
        .at(due_date.plus_days(1).start())
        .when(mark_overdue(due_date))
        .then([overdue(11_500)])
        .and_when(mark_overdue(due_date))
        .then_nothing();
}

#[test]
fn a_reopened_invoice_becomes_overdue_again() {
    let history = [overdue(11_500), applied(payment(), 11_500), paid(), unapplied("cb-1", 500)];
    an_invoice(history)
        .at(due_on().plus_days(9).start())
        .when(mark_overdue(due_on()))
        .then([overdue(500)]);
}

#[test]
fn a_timer_that_comes_too_late_to_matter_is_ignored() {
    let late = morning_of(due_on().plus_days(5));
    an_invoice([]).at(late).when(mark_overdue(due_on().plus_days(1))).then_nothing();
    an_invoice([applied(payment(), 11_500), paid()])
        .at(late)
        .when(mark_overdue(due_on()))
        .then_nothing();
    an_invoice([voided()]).at(late).when(mark_overdue(due_on())).then_nothing();
}

#[test]
fn what_never_comes_is_written_off() {
    an_invoice([applied(payment(), 1_500)])
        .when(write_off())
        .then([written_off(10_000)])
        .and_when(write_off())
        .then_nothing();
    an_invoice([applied(payment(), 11_500), paid()])
        .when(write_off())
        .then_refused(Rejection::NothingDue);
}

#[test]
fn money_that_comes_after_a_write_off_is_too_much() {
    with_transfer(11_500, [written_off(11_500)])
        .when(apply(payment(), 11_500))
        .then([overpaid(11_500)]);
}

#[test]
fn only_an_untouched_invoice_can_be_void() {
    an_invoice([]).when(void()).then([voided()]).and_when(void()).then_nothing();
    for touched in [applied(payment(), 1), overpaid(1), written_off(11_500)] {
        an_invoice([touched]).when(void()).then_refused(Rejection::AlreadySettled);
    }
    an_invoice([applied(payment(), 100), unapplied("bounce", 100)]).when(void()).then([voided()]);
}

#[test]
fn money_that_comes_for_a_void_invoice_is_too_much() {
    with_transfer(11_500, [voided()])
        .when(apply(payment(), 11_500))
        .then([overpaid(11_500)])
        .and_when(write_off())
        .then_refused(Rejection::NothingDue);
}

#[test]
fn a_draft_is_not_settled() {
    let commands =
        [apply(payment(), 1), unapply("cb-1", 1), mark_overdue(due_on()), write_off(), void()];
    for command in commands {
        given::<Invoice>([drafted()])
            .knowing(payment(), [received(1)])
            .when(command.clone())
            .then_refused(Rejection::NotIssued);
        nothing::<Invoice>().when(command).then_refused(Rejection::NotFound);
    }
}
