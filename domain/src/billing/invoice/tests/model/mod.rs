//! Random sequences of orders against a simple model of an invoice: what is
//! due, and what each payment and each line still has to give.

mod step;

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use crate::{
    billing::{
        Invoice, InvoiceCommand as Command, InvoiceEvent as Event,
        examples::{add_line, draft, due_on, issue, karoo, opened, received},
        invoice::command::AddLine,
    },
    kernel::testing::{CameTo, Given, id, morning_of, nothing, rate},
    payments::Payment,
};

use step::{Step, step};

/// Lines of so many pieces at such a price and rate of tax.
fn lines() -> impl Strategy<Value = Vec<(i64, i64, i64)>> {
    vec((1..5_i64, 0..700_i64, prop_oneof![Just(0), Just(1_500), Just(2_500)]), 1..4)
}

/// The invoice as a child would keep it.
#[derive(Debug, Default)]
struct Model {
    total: i64,
    due: i64,
    /// The rate of tax of each line, and what is left of it before tax.
    lines: Vec<(i64, i64)>,
    tax_left: i64,
    credits: BTreeMap<u8, Step>,
    /// What each payment brought, what it settles, and what was too much.
    payments: BTreeMap<u64, (i64, i64, i64)>,
    reversals: BTreeMap<(u64, u8), i64>,
    written_off: bool,
    void: bool,
}

impl Model {
    fn pay(&mut self, payment: u64, minor: i64) -> CameTo {
        if let Some((brought, ..)) = self.payments.get(&payment) {
            return if *brought == minor { CameTo::AlreadyApplied } else { CameTo::Refused };
        }
        let settles = minor.min(self.due);
        self.due -= settles;
        self.payments.insert(payment, (minor, settles, minor - settles));
        CameTo::Executed
    }

    fn take_back(&mut self, payment: u64, reversal: u8, minor: i64) -> CameTo {
        let Some((_, settles, excess)) = self.payments.get_mut(&payment) else {
            return CameTo::Refused;
        };
        if let Some(taken) = self.reversals.get(&(payment, reversal)) {
            return if *taken == minor { CameTo::AlreadyApplied } else { CameTo::Refused };
        }
        if minor > *settles + *excess {
            return CameTo::Refused;
        }
        let of_excess = minor.min(*excess);
        *excess -= of_excess;
        *settles -= minor - of_excess;
        self.due += minor - of_excess;
        self.reversals.insert((payment, reversal), minor);
        CameTo::Executed
    }

    fn write_off(&mut self) -> CameTo {
        match (self.due, self.written_off) {
            (0, true) => CameTo::AlreadyApplied,
            (0, false) => CameTo::Refused,
            _ => {
                self.due = 0;
                self.written_off = true;
                CameTo::Executed
            }
        }
    }

    fn void(&mut self) -> CameTo {
        if self.void {
            return CameTo::AlreadyApplied;
        }
        let overpaid = self.payments.values().any(|(.., excess)| *excess > 0);
        if overpaid || self.due != self.total {
            return CameTo::Refused;
        }
        self.due = 0;
        self.void = true;
        CameTo::Executed
    }

    /// Looks at a credit: it takes what was asked for, of lines that have it.
    fn credited(&mut self, step: &Step, event: &Event) {
        let Event::Credited { lines, tax, total, .. } = event else { panic!("{event:?}") };
        for line in lines {
            let place: usize = line.line_id.parse().unwrap();
            self.lines[place].1 -= line.net.minor();
            assert!(self.lines[place].1 >= 0, "line {place} is credited too much");
        }
        self.tax_left -= tax.minor;
        self.due -= total.minor;
        assert!(tax.minor >= 0 && self.tax_left >= 0 && self.due >= 0, "{self:?}");
        match step {
            Step::CreditAmount { minor, .. } => assert_eq!(total.minor, *minor),
            _ => assert_eq!(total.minor - tax.minor, step.minor()),
        }
    }

    /// Whether a credit must be granted, or must not; none in between, where
    /// rounding decides.
    fn grants(&self, step: &Step) -> Option<bool> {
        match step {
            Step::CreditLine { line, minor, .. } => {
                let Some((rate, left)) = self.lines.get(*line) else { return Some(false) };
                let with_tax = minor + minor * rate / 10_000;
                match () {
                    () if minor > left || *minor > self.due => Some(false),
                    () if with_tax + 10 <= self.due => Some(true),
                    () => None,
                }
            }
            _ => Some(step.minor() <= self.due),
        }
    }
}

fn follow(given: Given<Invoice>, model: &mut Model, step: &Step) -> Given<Invoice> {
    let given = match *step {
        Step::Pay { payment, minor } => given.knowing(id::<Payment>(payment), [received(minor)]),
        _ => given,
    };
    let outcome = given.insisting_on(step.command());
    match *step {
        Step::Pay { payment, minor } => assert_eq!(outcome.came_to(), model.pay(payment, minor)),
        Step::TakeBack { payment, reversal, minor } => {
            assert_eq!(outcome.came_to(), model.take_back(payment, reversal, minor));
        }
        Step::CreditLine { credit, .. } | Step::CreditAmount { credit, .. } => {
            if model.credits.contains_key(&credit) {
                assert_ne!(outcome.came_to(), CameTo::Executed);
            } else if let Ok([event, ..]) = outcome.decided() {
                assert_ne!(model.grants(step), Some(false), "{model:?}");
                model.credited(step, event);
                model.credits.insert(credit, step.clone());
            } else {
                assert_ne!(model.grants(step), Some(true), "{model:?}");
            }
        }
        Step::MarkOverdue => assert_ne!(outcome.came_to(), CameTo::Refused),
        Step::WriteOff => assert_eq!(outcome.came_to(), model.write_off()),
        Step::Void => assert_eq!(outcome.came_to(), model.void()),
    }
    let outcome = outcome.then_state(|invoice| {
        let (Invoice::Issued(invoice) | Invoice::Void(invoice)) = invoice else {
            panic!("not issued")
        };
        assert_eq!(invoice.due().minor, model.due, "{model:?}");
    });
    outcome.afterwards()
}

/// Issues an invoice of these lines, and looks at its sums.
fn issued(lines: &[(i64, i64, i64)]) -> (Given<Invoice>, Model) {
    let mut given = nothing::<Invoice>().knowing(karoo(), [opened()]).when(draft()).afterwards();
    for (place, (quantity, price, tax_rate)) in lines.iter().enumerate() {
        let Command::AddLine(line) = add_line(&place.to_string(), *quantity, *price) else {
            unreachable!()
        };
        let line = AddLine { tax_rate: rate(*tax_rate), ..line };
        given = given.insisting_on(Command::AddLine(line)).afterwards();
    }
    let mut model = Model::default();
    let outcome = given.insisting_on(issue()).then_state(|invoice| {
        let Invoice::Issued(invoice) = invoice else { panic!("not issued") };
        let nets: Vec<i64> = lines.iter().map(|(quantity, price, _)| quantity * price).collect();
        let tax: i64 = [0, 1_500, 2_500].iter().map(|rate| tax_of(lines, *rate)).sum();
        let total = nets.iter().sum::<i64>() + tax;
        assert_eq!(invoice.total.minor, total);
        assert_eq!(invoice.tax.minor, tax);
        model = Model {
            total,
            due: total,
            lines: lines.iter().map(|(.., rate)| *rate).zip(nets).collect(),
            tax_left: tax,
            ..Model::default()
        };
    });
    (outcome.afterwards().at(morning_of(due_on().plus_days(1))), model)
}

/// The tax of one rate, rounded half up once.
fn tax_of(lines: &[(i64, i64, i64)], rate: i64) -> i64 {
    let of_rate = lines.iter().filter(|line| line.2 == rate);
    let taxable: i64 = of_rate.map(|(quantity, price, _)| quantity * price).sum();
    (taxable * rate * 2 + 10_000) / 20_000
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_invoice_agrees_with_a_simple_model(lines in lines(), steps in vec(step(), 0..40)) {
        let (mut given, mut model) = issued(&lines);
        for step in &steps {
            given = follow(given, &mut model, step);
        }
    }
}
