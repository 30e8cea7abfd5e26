//! Letting off parts of an issued invoice.

use super::an_invoice;
use crate::{
    billing::{
        Invoice, InvoiceCommand as Command, InvoiceRejection as Rejection,
        examples::{
            applied, credited, credited_lines, drafted, issue, karoo, line_added, opened, paid,
            payment,
        },
        invoice::command::{Credit, CreditReason, CreditWhat, Void},
    },
    kernel::testing::{amount, given, nothing, text, zar},
};

fn credit(credit_id: &str, what: CreditWhat) -> Command {
    let reason = CreditReason::Unsatisfactory;
    Command::Credit(Credit { credit_id: text(credit_id), what, reason })
}

fn lines(lines: &[(&str, i64)]) -> CreditWhat {
    CreditWhat::Lines(credited_lines(lines))
}

fn whole(minor: i64) -> CreditWhat {
    CreditWhat::Amount(amount(minor))
}

#[test]
fn a_part_of_a_line_takes_its_tax_with_it() {
    an_invoice([])
        .when(credit("c-1", lines(&[("menu", 1_000)])))
        .then([credited("c-1", &[("menu", 1_000)], 150)])
        .and_when(credit("c-1", lines(&[("menu", 1_000)])))
        .then_nothing()
        .and_when(credit("c-1", lines(&[("menu", 999)])))
        .then_refused(Rejection::CreditIdReused { credit_id: text("c-1") });
}

#[test]
fn no_line_is_credited_beyond_what_was_billed() {
    let exceeds = |left, requested| Rejection::CreditExceedsLine {
        line_id: text("menu"),
        left: zar(left),
        requested: zar(requested),
    };
    an_invoice([])
        .when(credit("c-1", lines(&[("menu", 4_001)])))
        .then_refused(exceeds(4_000, 4_001))
        .and_when(credit("c-1", lines(&[("menu", 2_500), ("menu", 2_500)])))
        .then_refused(exceeds(1_500, 2_500));
    an_invoice([credited("c-1", &[("menu", 3_000)], 450)])
        .when(credit("c-2", lines(&[("menu", 1_001)])))
        .then_refused(exceeds(1_000, 1_001));
}

#[test]
fn a_series_of_credits_takes_exactly_the_tax_that_was_billed() {
    // 333 + 333 + 3 334 of the menu, 6 000 of the photos: 1 500 of tax.
    an_invoice([])
        .when(credit("c-1", lines(&[("menu", 333)])))
        .then([credited("c-1", &[("menu", 333)], 50)])
        .and_when(credit("c-2", lines(&[("menu", 333)])))
        .then([credited("c-2", &[("menu", 333)], 50)])
        .and_when(credit("c-3", lines(&[("menu", 3_334), ("photos", 6_000)])))
        .then([credited("c-3", &[("menu", 3_334), ("photos", 6_000)], 1_400), paid()]);
}

#[test]
fn an_amount_is_spread_over_all_lines_with_their_tax() {
    an_invoice([])
        .when(credit("c-1", whole(1_150)))
        .then([credited("c-1", &[("menu", 400), ("photos", 600)], 150)])
        .and_when(credit("c-1", whole(1_150)))
        .then_nothing()
        .and_when(credit("c-2", whole(10_350)))
        .then([credited("c-2", &[("menu", 3_600), ("photos", 5_400)], 1_350), paid()]);
}

/// Lines are credited up to a rest, and then the rest as an amount.
#[track_caller]
fn the_rest_is(net_billed: i64, net_credited: i64, [net_left, tax_left]: [i64; 2]) {
    given::<Invoice>([drafted(), line_added("menu", 1, net_billed)])
        .knowing(karoo(), [opened()])
        .when(issue())
        .and_when(credit("c-1", lines(&[("menu", net_credited)])))
        .and_when(credit("c-2", whole(net_left + tax_left)))
        .then([credited("c-2", &[("menu", net_left)], tax_left), paid()]);
}

#[test]
fn a_rest_is_credited_to_the_cent_however_its_tax_was_rounded() {
    // 15 % of 23 is 3, of 10 is 2: of the rest of 13 only 1 is left, not 2.
    the_rest_is(23, 10, [13, 1]);
    // 15 % of 4 is 1, of 3 is 0: of the rest of 1 a whole 1 is left, not 0.
    the_rest_is(4, 3, [1, 1]);
}

#[test]
fn tax_that_was_credited_too_early_is_not_billed_again() {
    // Two credits of 4 take 1 of tax each, where 6 before tax carry 1 in all.
    an_invoice([])
        .when(credit("c-1", whole(4)))
        .and_when(credit("c-2", whole(4)))
        .and_when(credit("c-3", lines(&[("menu", 1)])))
        .then([credited("c-3", &[("menu", 1)], 0)]);
}

#[test]
fn a_cent_can_be_credited() {
    an_invoice([]).when(credit("c-1", whole(1))).then([credited("c-1", &[("photos", 1)], 0)]);
}

#[test]
fn only_what_is_due_can_be_credited() {
    let exceeds =
        |due, requested| Rejection::CreditExceedsDue { due: zar(due), requested: zar(requested) };
    an_invoice([applied(payment(), 11_000)])
        .when(credit("c-1", whole(501)))
        .then_refused(exceeds(500, 501))
        .and_when(credit("c-1", lines(&[("menu", 1_000)])))
        .then_refused(exceeds(500, 1_150));
    an_invoice([applied(payment(), 11_500), paid()])
        .when(credit("c-1", whole(1)))
        .then_refused(exceeds(0, 1));
}

#[test]
fn a_credit_names_what_it_lets_off() {
    an_invoice([])
        .when(credit("c-1", lines(&[("cake", 1)])))
        .then_refused(Rejection::NoSuchLine { line_id: text("cake") })
        .and_when(credit("c-1", lines(&[])))
        .then_refused(Rejection::NothingToCredit);
}

#[test]
fn a_credited_invoice_cannot_be_void() {
    an_invoice([credited("c-1", &[("menu", 1_000)], 150)])
        .when(Command::Void(Void { reason: text("wrong customer") }))
        .then_refused(Rejection::AlreadySettled);
}

#[test]
fn a_draft_is_not_credited() {
    given::<Invoice>([drafted()]).when(credit("c-1", whole(1))).then_refused(Rejection::NotIssued);
    nothing::<Invoice>().when(credit("c-1", whole(1))).then_refused(Rejection::NotFound);
}
