use super::{
    Receipt, ReceiptCommand as Command, ReceiptEvent as Event, ReceiptRejection as Rejection,
    command::Issue, receipt_id,
};
use crate::{
    billing::{
        Invoice,
        examples::{applied, capture, drafted, issued, karoo, payment},
    },
    kernel::{
        Aggregate, Claim, Id,
        testing::{Given, id, nothing, target, text, today, zar},
    },
};

fn issue(invoice_id: Id<Invoice>) -> Command {
    Command::Issue(Issue { invoice_id, payment_id: payment(), capture_id: capture() })
}

fn acknowledged(sequence: u64) -> Event {
    Event::Issued {
        number: text(&format!("RCP-2026-{sequence:06}")),
        sequence,
        invoice_id: target(),
        invoice_number: text("INV-2026-000001"),
        customer_id: karoo(),
        payment_id: payment(),
        capture_id: capture(),
        amount: zar(1_500),
        issued_on: today(),
    }
}

/// No receipt yet for the capture that the invoice has received.
fn a_received_capture() -> Given<Receipt> {
    nothing::<Receipt>()
        .addressed(receipt_id(payment(), &capture()))
        .knowing(target::<Invoice>(), [drafted(), issued(), applied(payment(), 1_500)])
}

#[test]
fn a_receipt_acknowledges_what_an_invoice_received() {
    a_received_capture()
        .when(issue(target()))
        .then([acknowledged(1)])
        .and_when(issue(target()))
        .then_nothing()
        .and_when(issue(id(2)))
        .then_refused(Rejection::AlreadyIssued);
}

#[test]
fn receipts_are_numbered_without_gaps() {
    a_received_capture()
        .with_series("receipt-2026", 7)
        .when(issue(target()))
        .then([acknowledged(8)]);
    let number = Claim::Number { series: "receipt-2026".to_owned(), number: 1 };
    assert_eq!(Receipt::claims(&acknowledged(1)), [number]);
}

#[test]
fn a_capture_has_one_receipt() {
    let expected = receipt_id(payment(), &capture());
    a_received_capture()
        .addressed(id(5))
        .when(issue(target()))
        .then_refused(Rejection::WrongId { expected });
}

#[test]
fn what_was_not_received_is_not_acknowledged() {
    a_received_capture().when(issue(id(2))).then_refused(Rejection::NotReceived);
    a_received_capture()
        .knowing(target::<Invoice>(), [drafted(), issued()])
        .when(issue(target()))
        .then_refused(Rejection::NotReceived);
    a_received_capture()
        .knowing(target::<Invoice>(), [drafted()])
        .when(issue(target()))
        .then_refused(Rejection::NotReceived);
}
