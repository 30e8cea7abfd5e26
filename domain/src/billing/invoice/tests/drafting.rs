//! Putting an invoice together.

use super::{a_draft, discounted};
use crate::{
    billing::{
        CustomerEvent, Invoice, InvoiceCommand as Command, InvoiceEvent as Event,
        InvoiceRejection as Rejection,
        examples::{add_line, draft, drafted, issue, issued, karoo, line, line_added, opened},
        invoice::{
            command::{AddLine, ApplyDiscount, Discard, Draft, RemoveLine},
            line::{Discount, Line},
        },
    },
    kernel::{
        Currency, Money,
        testing::{amount, given, nothing, rate, text, zar},
    },
};

fn closed() -> CustomerEvent {
    CustomerEvent::Closed { reason: text("moved"), email: text("accounts@karoo.example").into() }
}

fn discount(discount_id: &str, discount: Discount) -> Command {
    Command::ApplyDiscount(ApplyDiscount { discount_id: text(discount_id), discount })
}

fn remove_line(line_id: &str) -> Command {
    Command::RemoveLine(RemoveLine { line_id: text(line_id) })
}

#[test]
fn an_invoice_is_drafted_once() {
    nothing::<Invoice>()
        .knowing(karoo(), [opened()])
        .when(draft())
        .then([drafted()])
        .and_when(draft())
        .then_nothing()
        .and_when(Command::Draft(Draft { customer_id: karoo(), currency: Currency::USD }))
        .then_refused(Rejection::AlreadyExists);
}

#[test]
fn only_an_open_customer_can_be_invoiced() {
    nothing::<Invoice>().when(draft()).then_refused(Rejection::CustomerNotFound);
    nothing::<Invoice>()
        .knowing(karoo(), [opened(), closed()])
        .when(draft())
        .then_refused(Rejection::CustomerClosed);
    given::<Invoice>([drafted(), line_added("menu", 1, 100)])
        .knowing(karoo(), [opened(), closed()])
        .when(issue())
        .then_refused(Rejection::CustomerClosed);
}

#[test]
fn an_invoice_is_in_the_currency_of_its_customer() {
    let (expected, got) = (Currency::ZAR, Currency::USD);
    nothing::<Invoice>()
        .knowing(karoo(), [opened()])
        .when(Command::Draft(Draft { customer_id: karoo(), currency: got }))
        .then_refused(Rejection::CurrencyDiffers { expected, got });
    let Command::AddLine(line) = add_line("menu", 1, 100) else { unreachable!() };
    let line = AddLine { unit_price: Money::new(100, got), ..line };
    a_draft([])
        .when(Command::AddLine(line))
        .then_refused(Rejection::CurrencyDiffers { expected, got });
}

#[test]
fn a_line_is_added_once() {
    a_draft([])
        .when(add_line("menu", 2, 4_000))
        .then([line_added("menu", 2, 4_000)])
        .and_when(add_line("menu", 2, 4_000))
        .then_nothing()
        .and_when(add_line("menu", 3, 4_000))
        .then_refused(Rejection::LineIdReused { line_id: text("menu") });
}

#[test]
fn a_line_can_be_taken_out_again() {
    a_draft([line_added("menu", 2, 4_000)])
        .when(remove_line("menu"))
        .then([Event::LineRemoved { line_id: text("menu") }])
        .and_when(remove_line("menu"))
        .then_nothing();
}

#[test]
fn a_price_is_never_below_zero() {
    a_draft([])
        .when(add_line("menu", 1, -1))
        .then_refused(Rejection::NegativePrice { unit_price: zar(-1) });
}

#[test]
fn an_invoice_has_limits() {
    let limit = zar(500_000_000_000_000);
    let million = 1_000_000;
    a_draft([])
        .when(add_line("menu", 1_000 * million, million))
        .then_refused(Rejection::TooLarge { limit });
    a_draft([line_added("menu", 500 * million, million)])
        .when(add_line("one cent more", 1, 1))
        .then_refused(Rejection::TooLarge { limit });
    let thousand = (0..1_000).map(|n| line_added(&format!("line {n}"), 1, 1));
    a_draft(thousand)
        .when(add_line("one more", 1, 1))
        .then_refused(Rejection::TooManyLines { limit: 1_000 });
}

#[test]
fn a_discount_counts_once() {
    let tenth = Discount::Rate(rate(1_000));
    a_draft([])
        .when(discount("spring", tenth))
        .then([discounted("spring", tenth)])
        .and_when(discount("spring", tenth))
        .then_nothing()
        .and_when(discount("spring", Discount::Amount(amount(1))))
        .then_refused(Rejection::DiscountIdReused { discount_id: text("spring") });
}

#[test]
fn issued_lines_stand() {
    let commands = [
        add_line("more", 1, 1),
        remove_line("menu"),
        discount("late", Discount::Rate(rate(100))),
        Command::Discard(Discard {}),
    ];
    for command in commands {
        given::<Invoice>([drafted(), issued()])
            .when(command.clone())
            .then_refused(Rejection::NotADraft);
        nothing::<Invoice>().when(command).then_refused(Rejection::NotFound);
    }
}

#[test]
fn a_draft_can_be_thrown_away() {
    a_draft([])
        .when(Command::Discard(Discard {}))
        .then([Event::Discarded {}])
        .and_when(Command::Discard(Discard {}))
        .then_nothing()
        .and_when(issue())
        .then_refused(Rejection::NotADraft);
}

#[test]
fn a_line_has_its_own_discount_first() {
    let Command::AddLine(add) = add_line("menu", 3, 333) else { unreachable!() };
    let command = AddLine { discount_rate: Some(rate(1_250)), ..add };
    // 999 less 124.875, rounded to 125.
    let line = Line { discount_rate: rate(1_250), net: zar(874), ..line("menu", 3, 333) };
    a_draft([]).when(Command::AddLine(command)).then([Event::LineAdded { line }]);
}
