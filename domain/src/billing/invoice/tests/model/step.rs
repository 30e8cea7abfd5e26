//! What is done to the invoice.

use proptest::prelude::*;

use crate::{
    billing::{
        InvoiceCommand as Command,
        examples::{apply, due_on},
        invoice::{
            command::{
                Credit, CreditReason, CreditWhat, MarkOverdue, ReversalReason, UnapplyPayment,
                Void, WriteOff,
            },
            line::CreditedLine,
        },
    },
    kernel::testing::{amount, id, text},
};

/// Something that is done to an issued invoice.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Pay { payment: u64, minor: i64 },
    TakeBack { payment: u64, reversal: u8, minor: i64 },
    CreditLine { credit: u8, line: usize, minor: i64 },
    CreditAmount { credit: u8, minor: i64 },
    MarkOverdue,
    WriteOff,
    Void,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let minor = prop_oneof![1..40_i64, 1..2_000_i64];
    prop_oneof![
        4 => (1..5_u64, minor.clone()).prop_map(|(payment, minor)| Step::Pay { payment, minor }),
        4 => (1..5_u64, 0..4_u8, minor.clone())
            .prop_map(|(payment, reversal, minor)| Step::TakeBack { payment, reversal, minor }),
        4 => (0..6_u8, 0..4_usize, minor.clone())
            .prop_map(|(credit, line, minor)| Step::CreditLine { credit, line, minor }),
        4 => (0..6_u8, minor).prop_map(|(credit, minor)| Step::CreditAmount { credit, minor }),
        1 => Just(Step::MarkOverdue),
        1 => Just(Step::WriteOff),
        1 => Just(Step::Void),
    ]
}

impl Step {
    pub(super) fn minor(&self) -> i64 {
        match self {
            Self::Pay { minor, .. }
            | Self::TakeBack { minor, .. }
            | Self::CreditLine { minor, .. }
            | Self::CreditAmount { minor, .. } => *minor,
            Self::MarkOverdue | Self::WriteOff | Self::Void => 0,
        }
    }

    pub(super) fn command(&self) -> Command {
        let credit = |credit: u8, what| {
            let reason = CreditReason::Other;
            Command::Credit(Credit { credit_id: text(&format!("c-{credit}")), what, reason })
        };
        match *self {
            Self::Pay { payment, minor } => apply(id(payment), minor),
            Self::TakeBack { payment, reversal, minor } => {
                Command::UnapplyPayment(UnapplyPayment {
                    payment_id: id(payment),
                    reversal_id: text(&format!("cb-{reversal}")),
                    amount: amount(minor),
                    reason: ReversalReason::Chargeback,
                })
            }
            Self::CreditLine { credit: id, line, minor } => {
                let line = CreditedLine { line_id: text(&line.to_string()), net: amount(minor) };
                credit(id, CreditWhat::Lines(vec![line]))
            }
            Self::CreditAmount { credit: id, minor } => {
                credit(id, CreditWhat::Amount(amount(minor)))
            }
            Self::MarkOverdue => Command::MarkOverdue(MarkOverdue { due_on: due_on() }),
            Self::WriteOff => Command::WriteOff(WriteOff { reason: text("insolvent") }),
            Self::Void => Command::Void(Void { reason: text("wrong customer") }),
        }
    }
}
