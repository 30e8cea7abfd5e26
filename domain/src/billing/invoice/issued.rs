//! An invoice that has been issued: what stands, and how it was settled.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    InvoiceEvent as Event,
    arithmetic::sum,
    command::CreditReason,
    line::{BilledLine, CreditedLine, Tax},
};
use crate::{
    billing::Customer,
    kernel::{BasisPoints, Currency, Date, Id, Money, Text},
    payments::{CaptureId, Payment},
};

/// An invoice that has been issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedInvoice {
    /// The number, as printed.
    pub number: Text<24>,
    /// Who owes it.
    pub customer_id: Id<Customer>,
    /// The day of issue.
    pub issued_on: Date,
    /// The last day to pay.
    pub due_on: Date,
    /// The lines as issued.
    pub lines: Vec<BilledLine>,
    /// The tax of each rate as issued.
    pub taxes: Vec<Tax>,
    /// All lines before tax.
    pub net: Money,
    /// All tax.
    pub tax: Money,
    /// What was owed at first.
    pub total: Money,
    /// What has come of each payment.
    pub payments: BTreeMap<Id<Payment>, Applied>,
    /// The credits.
    pub credits: Vec<GivenCredit>,
    /// How much was given up.
    pub written_off: Money,
    /// How much was declared void: nothing or all.
    pub voided: Money,
    /// Whether the day to pay has passed.
    pub overdue: bool,
}

/// What has come of one payment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// What each capture brought.
    pub captures: BTreeMap<CaptureId, Money>,
    /// What each refund, chargeback or bounce took away.
    pub reversals: BTreeMap<Text<64>, Money>,
    /// What the payment settles now.
    pub settles: Money,
    /// What it brought too much.
    pub excess: Money,
}

impl Applied {
    /// What can still be taken back.
    #[must_use]
    pub fn left(&self) -> Money {
        self.settles + self.excess
    }
}

/// A credit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GivenCredit {
    /// What it is called.
    pub credit_id: Text<64>,
    /// Why it was given.
    pub reason: CreditReason,
    /// How much of which line, before tax.
    pub lines: Vec<CreditedLine>,
    /// The tax that goes with them, by rate.
    pub taxes: Vec<Tax>,
    /// What is no longer due.
    pub total: Money,
}

impl IssuedInvoice {
    /// The invoice as its issue leaves it.
    pub(super) fn first(event: &Event) -> Option<Self> {
        let Event::Issued {
            number,
            customer_id,
            issued_on,
            due_on,
            lines,
            taxes,
            net,
            tax,
            total,
            sequence: _,
        } = event
        else {
            return None;
        };
        Some(Self {
            number: number.clone(),
            customer_id: *customer_id,
            issued_on: *issued_on,
            due_on: *due_on,
            lines: lines.clone(),
            taxes: taxes.clone(),
            net: *net,
            tax: *tax,
            total: *total,
            payments: BTreeMap::new(),
            credits: vec![],
            written_off: Money::zero(total.currency),
            voided: Money::zero(total.currency),
            overdue: false,
        })
    }

    /// The currency of every amount.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.total.currency
    }

    /// What payments settle.
    #[must_use]
    pub fn applied(&self) -> Money {
        sum(self.payments.values().map(|payment| payment.settles), self.currency())
    }

    /// What was let off.
    #[must_use]
    pub fn credited(&self) -> Money {
        sum(self.credits.iter().map(|credit| credit.total), self.currency())
    }

    /// What is still to be paid.
    // INVARIANT: never below zero; guarded by `laws.rs`.
    #[must_use]
    pub fn due(&self) -> Money {
        self.total - self.applied() - self.credited() - self.written_off - self.voided
    }

    /// All that one capture brought, if it was applied.
    #[must_use]
    pub fn received(&self, payment: Id<Payment>, capture: &CaptureId) -> Option<Money> {
        self.payments.get(&payment)?.captures.get(capture).copied()
    }

    /// What has been credited of a line, before tax.
    #[must_use]
    pub fn credited_line(&self, line_id: &Text<64>) -> Money {
        let lines = self.credits.iter().flat_map(|credit| &credit.lines);
        let nets = lines.filter(|line| line.line_id == *line_id).map(|line| line.net.money());
        sum(nets, self.currency())
    }

    /// What has been credited of the tax of a rate.
    #[must_use]
    pub fn credited_tax(&self, rate: BasisPoints) -> Money {
        let taxes = self.credits.iter().flat_map(|credit| &credit.taxes);
        sum(taxes.filter(|tax| tax.rate == rate).map(|tax| tax.tax), self.currency())
    }

    pub(super) fn apply(&mut self, payment: Id<Payment>, capture: &CaptureId, amount: Money) {
        let payment = self.payment(payment);
        count(&mut payment.captures, capture, amount);
        payment.settles += amount;
    }

    pub(super) fn overpay(&mut self, payment: Id<Payment>, capture: &CaptureId, amount: Money) {
        let payment = self.payment(payment);
        count(&mut payment.captures, capture, amount);
        payment.excess += amount;
    }

    pub(super) fn unapply(&mut self, payment: Id<Payment>, reversal: &Text<64>, amount: Money) {
        let payment = self.payment(payment);
        count(&mut payment.reversals, reversal, amount);
        payment.settles -= amount;
    }

    pub(super) fn give_back(&mut self, payment: Id<Payment>, reversal: &Text<64>, amount: Money) {
        let payment = self.payment(payment);
        count(&mut payment.reversals, reversal, amount);
        payment.excess -= amount;
    }

    fn payment(&mut self, id: Id<Payment>) -> &mut Applied {
        let nothing = Money::zero(self.currency());
        self.payments.entry(id).or_insert_with(|| Applied {
            captures: BTreeMap::new(),
            reversals: BTreeMap::new(),
            settles: nothing,
            excess: nothing,
        })
    }
}

/// One capture or reversal may be told in two events: what it settled and
/// what was too much.
fn count(amounts: &mut BTreeMap<Text<64>, Money>, reference: &Text<64>, amount: Money) {
    amounts.entry(reference.clone()).and_modify(|sum| *sum += amount).or_insert(amount);
}
