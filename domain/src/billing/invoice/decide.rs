//! What may happen to an invoice until it is issued, and why not. How it is
//! settled then is in [`settle`](super::settle) and [`credit`](super::credit).

use super::{
    Invoice, InvoiceEvent as Event, InvoiceRejection as Rejection, arithmetic,
    command::{AddLine, ApplyDiscount, Draft, Due, Issue, RemoveLine},
    line::{AppliedDiscount, Discount, Line},
    series,
    state::DraftInvoice,
};
use crate::{
    billing::customer::state::{Account, Customer},
    kernel::{Amount, BasisPoints, Currency, Date, Facts, Id, Money, Text, already},
};

/// What an invoice decides.
pub(super) type Decision = Result<Vec<Event>, Rejection>;

const MOST_LINES: usize = 1_000;
/// With tax of at most as much again, a total stays within what can be paid.
const MOST_NET: i64 = Amount::MAX_MINOR / 2;

/// Starts a draft; starting the same one again changes nothing.
pub(super) fn draft(invoice: &Invoice, command: &Draft, facts: &Facts) -> Decision {
    let Draft { customer_id, currency } = *command;
    match invoice {
        Invoice::Unknown => {}
        Invoice::Draft(draft) if (draft.customer_id, draft.currency) == (customer_id, currency) => {
            return Ok(vec![]);
        }
        _ => return Err(Rejection::AlreadyExists),
    }
    same_currency(open_account(customer_id, facts)?.currency, currency)?;
    Ok(vec![Event::Drafted { customer_id, currency }])
}

/// Adds a line at its own net price.
pub(super) fn add_line(invoice: &Invoice, command: &AddLine) -> Decision {
    let draft = drafted(invoice)?;
    same_currency(draft.currency, command.unit_price.currency)?;
    if command.unit_price.minor < 0 {
        return Err(Rejection::NegativePrice { unit_price: command.unit_price });
    }
    let line = priced(command, draft.currency)?;
    if let Some(known) = draft.lines.iter().find(|known| known.line_id == line.line_id) {
        return already(*known == line, || Rejection::LineIdReused { line_id: line.line_id });
    }
    if draft.lines.len() >= MOST_LINES {
        return Err(Rejection::TooManyLines { limit: MOST_LINES });
    }
    let nets = draft.lines.iter().map(|line| line.net).chain([line.net]);
    if arithmetic::sum(nets, draft.currency).minor > MOST_NET {
        return Err(too_large(draft.currency));
    }
    Ok(vec![Event::LineAdded { line }])
}

/// Takes a line out, unless it is out.
pub(super) fn remove_line(invoice: &Invoice, command: &RemoveLine) -> Decision {
    let draft = drafted(invoice)?;
    if draft.lines.iter().all(|line| line.line_id != command.line_id) {
        return Ok(vec![]);
    }
    Ok(vec![Event::LineRemoved { line_id: command.line_id.clone() }])
}

/// Lets something off the whole draft.
pub(super) fn apply_discount(invoice: &Invoice, command: &ApplyDiscount) -> Decision {
    let draft = drafted(invoice)?;
    let ApplyDiscount { discount_id, discount } = command.clone();
    if let Discount::Amount(amount) = discount {
        same_currency(draft.currency, amount.currency())?;
    }
    let known = draft.discounts.iter().find(|known| known.discount_id == discount_id);
    if let Some(known) = known {
        return already(known.discount == discount, || Rejection::DiscountIdReused { discount_id });
    }
    Ok(vec![Event::DiscountApplied { discount: AppliedDiscount { discount_id, discount } }])
}

/// Issues a draft, fixing what the customer owes and by when.
pub(super) fn issue(invoice: &Invoice, command: &Issue, facts: &Facts) -> Decision {
    if let Invoice::Issued(issued) = invoice {
        let same = command.due.is_none_or(|due| due.date(issued.issued_on) == issued.due_on);
        let (number, due_on) = (issued.number.clone(), issued.due_on);
        return already(same, || Rejection::AlreadyIssued { number, due_on });
    }
    let draft = drafted(invoice)?;
    let account = open_account(draft.customer_id, facts)?;
    if draft.lines.is_empty() {
        return Err(Rejection::NoLines);
    }
    let issued_on = facts.today();
    // The due date is fixed now: a later change of terms must not move old debts.
    let due_on = command.due.unwrap_or(Due::InDays(account.payment_terms_days)).date(issued_on);
    if due_on < issued_on {
        return Err(Rejection::DueBeforeIssue { due_on, issued_on });
    }
    let issued = issued(draft, issued_on, due_on, facts.next_number(&series(issued_on)));
    let nothing_to_pay = matches!(&issued, Event::Issued { total, .. } if total.minor == 0);
    let paid = nothing_to_pay.then_some(Event::Paid { paid_on: issued_on });
    Ok([issued].into_iter().chain(paid).collect())
}

fn issued(draft: &DraftInvoice, issued_on: Date, due_on: Date, sequence: u64) -> Event {
    let discounts = draft.discounts.iter().map(|applied| applied.discount);
    let bill = arithmetic::bill(&draft.lines, discounts, draft.currency);
    Event::Issued {
        number: Text::of(format_args!("INV-{}-{sequence:06}", issued_on.year())),
        sequence,
        customer_id: draft.customer_id,
        issued_on,
        due_on,
        lines: bill.lines,
        taxes: bill.taxes,
        net: bill.net,
        tax: bill.tax,
        total: bill.total,
    }
}

/// Throws a draft away.
pub(super) fn discard(invoice: &Invoice) -> Decision {
    if matches!(invoice, Invoice::Discarded) {
        return Ok(vec![]);
    }
    drafted(invoice)?;
    Ok(vec![Event::Discarded {}])
}

impl Due {
    fn date(self, issued_on: Date) -> Date {
        match self {
            Self::On(date) => date,
            Self::InDays(days) => issued_on.after(days),
        }
    }
}

fn priced(command: &AddLine, currency: Currency) -> Result<Line, Rejection> {
    let discount_rate = command.discount_rate.unwrap_or(BasisPoints::ZERO);
    let gross =
        command.unit_price.scaled(command.quantity.get(), 1).map_err(|_| too_large(currency))?;
    Ok(Line {
        line_id: command.line_id.clone(),
        description: command.description.clone(),
        quantity: command.quantity,
        unit_price: command.unit_price,
        discount_rate,
        tax_rate: command.tax_rate,
        net: gross - gross.share(discount_rate),
    })
}

fn drafted(invoice: &Invoice) -> Result<&DraftInvoice, Rejection> {
    match invoice {
        Invoice::Draft(draft) => Ok(draft),
        Invoice::Unknown => Err(Rejection::NotFound),
        Invoice::Issued(_) | Invoice::Void(_) | Invoice::Discarded => Err(Rejection::NotADraft),
    }
}

fn open_account(id: Id<Customer>, facts: &Facts) -> Result<&Account, Rejection> {
    match facts.state(id) {
        Some(Customer::Open(account)) => Ok(account),
        Some(Customer::Closed(_)) => Err(Rejection::CustomerClosed),
        Some(Customer::Unknown) | None => Err(Rejection::CustomerNotFound),
    }
}

/// All amounts of an invoice are in one currency.
pub(super) fn same_currency(expected: Currency, got: Currency) -> Result<(), Rejection> {
    if expected == got { Ok(()) } else { Err(Rejection::CurrencyDiffers { expected, got }) }
}

fn too_large(currency: Currency) -> Rejection {
    Rejection::TooLarge { limit: Money::new(MOST_NET, currency) }
}
