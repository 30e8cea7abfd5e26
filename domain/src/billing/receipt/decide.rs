//! When a receipt may be issued, and why not.

use super::{
    Receipt, ReceiptEvent as Event, ReceiptRejection as Rejection, command::Issue, receipt_id,
    series,
};
use crate::{
    billing::Invoice,
    kernel::{Facts, Text},
};

/// Issues the receipt for what an invoice says it has received.
pub(super) fn issue(
    receipt: &Receipt,
    command: &Issue,
    facts: &Facts,
) -> Result<Vec<Event>, Rejection> {
    let Issue { invoice_id, payment_id, capture_id } = command.clone();
    let expected = receipt_id(payment_id, &capture_id);
    if facts.target::<Receipt>() != expected {
        return Err(Rejection::WrongId { expected });
    }
    match receipt {
        Receipt::Unknown => {}
        Receipt::Issued { invoice_id: known } if *known == invoice_id => return Ok(vec![]),
        Receipt::Issued { .. } => return Err(Rejection::AlreadyIssued),
    }
    let Some(Invoice::Issued(invoice) | Invoice::Void(invoice)) = facts.state(invoice_id) else {
        return Err(Rejection::NotReceived);
    };
    let amount = invoice.received(payment_id, &capture_id).ok_or(Rejection::NotReceived)?;
    let issued_on = facts.today();
    let sequence = facts.next_number(&series(issued_on));
    Ok(vec![Event::Issued {
        number: Text::of(format_args!("RCP-{}-{sequence:06}", issued_on.year())),
        sequence,
        invoice_id,
        invoice_number: invoice.number.clone(),
        customer_id: invoice.customer_id,
        payment_id,
        capture_id,
        amount,
        issued_on,
    }])
}
