//! What of an issued invoice can be let off again, and the tax that goes
//! with it. No line is ever credited beyond what was billed for it, and a
//! series of credits takes exactly the tax that was billed, not a cent more.

use super::{
    Invoice, InvoiceEvent as Event, InvoiceRejection as Rejection,
    arithmetic::{spread, sum},
    command::{Credit, CreditWhat},
    decide::{Decision, same_currency},
    issued::{GivenCredit, IssuedInvoice},
    line::{CreditedLine, Tax},
    settle::issued,
};
use crate::kernel::{Amount, BasisPoints, Facts, Money, Text, already};

/// Credits lines or an amount, up to what is due.
pub(super) fn credit(invoice: &Invoice, command: &Credit, facts: &Facts) -> Decision {
    let issued = issued(invoice)?;
    let Credit { credit_id, what, reason } = command.clone();
    if let Some(known) = issued.credits.iter().find(|known| known.credit_id == credit_id) {
        let same = known.reason == reason && known.grants(&what);
        return already(same, || Rejection::CreditIdReused { credit_id });
    }
    let (lines, taxes) = match what {
        CreditWhat::Lines(lines) => by_lines(issued, lines)?,
        CreditWhat::Amount(amount) => by_amount(issued, amount)?,
    };
    let net = sum(lines.iter().map(|line| line.net.money()), issued.currency());
    let tax = sum(taxes.iter().map(|tax| tax.tax), issued.currency());
    let total = net + tax;
    if total.minor == 0 {
        return Err(Rejection::NothingToCredit);
    }
    within_due(issued, total)?;
    let (customer_id, due_on) = (issued.customer_id, issued.due_on);
    let paid = (total == issued.due()).then_some(Event::Paid { paid_on: facts.today() });
    let credited =
        Event::Credited { credit_id, reason, lines, taxes, net, tax, total, customer_id, due_on };
    Ok([credited].into_iter().chain(paid).collect())
}

type Parts = (Vec<CreditedLine>, Vec<Tax>);

/// Credits parts of lines; of the tax of each rate goes as much as brings all
/// credits of that rate so far to what one credit of their sum would take.
fn by_lines(issued: &IssuedInvoice, lines: Vec<CreditedLine>) -> Result<Parts, Rejection> {
    let mut open = open_by_rate(issued);
    for line in &lines {
        same_currency(issued.currency(), line.net.currency())?;
        take(&mut open, line)?;
    }
    let taxes = open
        .into_iter()
        .filter(|rate| rate.taken.minor > 0)
        .map(|rate| {
            let net_credited = rate.billed.taxable - rate.net();
            let of_all_credits = net_credited.share(rate.billed.rate);
            let tax = of_all_credits - issued.credited_tax(rate.billed.rate);
            // A credit of an amount may have taken a cent more than its lines would.
            let tax = tax.max(Money::zero(issued.currency()));
            Tax { rate: rate.billed.rate, taxable: rate.taken, tax }
        })
        .collect();
    Ok((lines, taxes))
}

fn take(open: &mut [OpenRate], line: &CreditedLine) -> Result<(), Rejection> {
    let found = open.iter_mut().find_map(|rate| {
        let place = rate.lines.iter().position(|(id, _)| *id == line.line_id)?;
        Some((&mut rate.taken, rate.lines.get_mut(place)?))
    });
    let Some((taken, (line_id, left))) = found else {
        return Err(Rejection::NoSuchLine { line_id: line.line_id.clone() });
    };
    let requested = line.net.money();
    if requested > *left {
        let (line_id, left) = (line_id.clone(), *left);
        return Err(Rejection::CreditExceedsLine { line_id, left, requested });
    }
    *left -= requested;
    *taken += requested;
    Ok(())
}

/// Spreads an amount with tax over all that is left of the lines.
fn by_amount(issued: &IssuedInvoice, amount: Amount) -> Result<Parts, Rejection> {
    same_currency(issued.currency(), amount.currency())?;
    // What is due is never more than what is left of the lines with their tax.
    within_due(issued, amount.money())?;
    let open = open_by_rate(issued);
    let grosses = open.iter().map(OpenRate::gross);
    let mut parts = (vec![], vec![]);
    for (rate, gross) in open.iter().zip(spread(amount.money(), grosses)) {
        let tax = rate.tax_within(gross);
        let net = gross - tax;
        let nets = spread(net, rate.lines.iter().map(|(_, left)| *left));
        parts.0.extend(rate.lines.iter().zip(nets).filter_map(|((line_id, _), net)| {
            let net = Amount::new(net.minor, net.currency)?;
            Some(CreditedLine { line_id: line_id.clone(), net })
        }));
        if gross.minor > 0 {
            parts.1.push(Tax { rate: rate.billed.rate, taxable: net, tax });
        }
    }
    Ok(parts)
}

/// What is left to be credited of the lines of one tax rate.
struct OpenRate {
    billed: Tax,
    /// The tax that is left.
    tax: Money,
    /// What is left of each line, before tax.
    lines: Vec<(Text<64>, Money)>,
    /// What the credit at hand takes of them.
    taken: Money,
}

fn open_by_rate(issued: &IssuedInvoice) -> Vec<OpenRate> {
    let lines_of = |rate: BasisPoints| {
        let lines = issued.lines.iter().filter(move |line| line.tax_rate == rate);
        lines.map(|line| {
            let left = line.net - issued.credited_line(&line.line_id);
            (line.line_id.clone(), left)
        })
    };
    let open = |billed: &Tax| {
        let tax = billed.tax - issued.credited_tax(billed.rate);
        let lines = lines_of(billed.rate).collect();
        OpenRate { billed: *billed, tax, lines, taken: Money::zero(issued.currency()) }
    };
    issued.taxes.iter().map(open).collect()
}

impl OpenRate {
    fn net(&self) -> Money {
        sum(self.lines.iter().map(|(_, left)| *left), self.tax.currency)
    }

    fn gross(&self) -> Money {
        self.net() + self.tax
    }

    /// The tax contained in a part of what is left, such that neither the tax
    /// nor the net that is left is exceeded.
    fn tax_within(&self, gross: Money) -> Money {
        let rate = self.billed.rate.get();
        let contained = gross.scaled(rate, 10_000 + rate).unwrap_or(gross);
        let least = gross - self.net();
        contained.min(self.tax).max(least).max(Money::zero(gross.currency))
    }
}

impl GivenCredit {
    fn grants(&self, what: &CreditWhat) -> bool {
        match what {
            CreditWhat::Lines(lines) => self.lines == *lines,
            CreditWhat::Amount(amount) => self.total == amount.money(),
        }
    }
}

fn within_due(issued: &IssuedInvoice, requested: Money) -> Result<(), Rejection> {
    let due = issued.due();
    if requested > due {
        return Err(Rejection::CreditExceedsDue { due, requested });
    }
    Ok(())
}
