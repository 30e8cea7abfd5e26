//! Random sequences of orders against a simple model of a payment: what is
//! authorized, and what became of each capture and each refund.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use crate::{
    kernel::testing::{CameTo, Given, given, text},
    payments::{
        Payment, PaymentCommand as Command,
        payment::command::{CaptureOutcome, Expire, RefundOutcome, Void},
        payment::examples::{
            attempted, authorized, capture, created, drawn, hear_of_capture, hear_of_refund,
            next_week, refund,
        },
    },
};

const AUTHORIZED: i64 = 10_000;

/// Something that is done to an authorized payment. Captures and refunds are
/// few, so that they are often used again.
#[derive(Clone, Debug)]
enum Step {
    Capture { id: u8, minor: i64, last: bool },
    HearOfCapture { id: u8, said: Said },
    Refund { id: u8, minor: i64, late: Option<u8> },
    HearOfRefund { id: u8, said: Said },
    Void,
    Expire,
}

/// What a provider says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Said {
    Nothing,
    Yes,
    No,
    Unknown,
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0..5_u8;
    let minor = || prop_oneof![Just(6_000), 1..4_000_i64];
    let said = || prop_oneof![4 => Just(Said::Yes), 1 => Just(Said::No), 1 => Just(Said::Unknown)];
    let last = || prop_oneof![4 => Just(false), 1 => Just(true)];
    prop_oneof![
        6 => (id(), minor(), last())
            .prop_map(|(id, minor, last)| Step::Capture { id, minor, last }),
        8 => (id(), said()).prop_map(|(id, said)| Step::HearOfCapture { id, said }),
        6 => (0..14_u8, minor(), prop_oneof![4 => Just(None), 1 => id().prop_map(Some)])
            .prop_map(|(id, minor, late)| Step::Refund { id, minor, late }),
        6 => (0..14_u8, said()).prop_map(|(id, said)| Step::HearOfRefund { id, said }),
        1 => Just(Step::Void),
        1 => Just(Step::Expire),
    ]
}

/// The payment as a child would keep it.
#[derive(Debug, Default)]
struct Model {
    captures: BTreeMap<u8, CaptureModel>,
    refunds: BTreeMap<u8, RefundModel>,
    voided: bool,
    expired: bool,
}

#[derive(Debug)]
struct CaptureModel {
    minor: i64,
    last: bool,
    said: Said,
    late: bool,
}

#[derive(Debug)]
struct RefundModel {
    minor: i64,
    late: Option<u8>,
    said: Said,
}

impl Model {
    fn reserved(&self) -> i64 {
        let counts = |capture: &&CaptureModel| !capture.late && capture.said != Said::No;
        self.captures.values().filter(counts).map(|capture| capture.minor).sum()
    }

    fn captured(&self) -> i64 {
        let counts = |capture: &&CaptureModel| !capture.late && capture.said == Said::Yes;
        self.captures.values().filter(counts).map(|capture| capture.minor).sum()
    }

    fn let_go(&self) -> bool {
        self.captures
            .values()
            .any(|capture| capture.last && !capture.late && capture.said != Said::No)
    }

    fn ended(&self) -> bool {
        self.voided || self.expired
    }

    fn refundable(&self, late: Option<u8>) -> i64 {
        let came = match late {
            None => self.captured(),
            Some(id) => self.captures.get(&id).filter(|one| one.late).map_or(0, |one| one.minor),
        };
        let counts = |refund: &&RefundModel| refund.late == late && refund.said != Said::No;
        came - self.refunds.values().filter(counts).map(|refund| refund.minor).sum::<i64>()
    }

    fn take(&mut self, step: &Step) -> CameTo {
        match *step {
            Step::Capture { id, minor, last } => self.capture(id, minor, last),
            Step::HearOfCapture { id, said } => self.hear_of_capture(id, said),
            Step::Refund { id, minor, late } => self.refund(id, minor, late),
            Step::HearOfRefund { id, said } => match self.refunds.get_mut(&id) {
                Some(refund) if refund.said == said => CameTo::AlreadyApplied,
                None | Some(RefundModel { said: Said::Yes | Said::No, .. }) => CameTo::Refused,
                Some(refund) => {
                    refund.said = said;
                    CameTo::Executed
                }
            },
            Step::Void if self.voided => CameTo::AlreadyApplied,
            Step::Void if self.expired || self.captured() > 0 => CameTo::Refused,
            Step::Void => {
                self.voided = true;
                CameTo::Executed
            }
            Step::Expire => {
                let in_flight =
                    |one: &CaptureModel| matches!(one.said, Said::Nothing | Said::Unknown);
                let used_up = self.let_go() || self.reserved() == AUTHORIZED;
                if self.ended() || (used_up && !self.captures.values().any(in_flight)) {
                    return CameTo::AlreadyApplied;
                }
                self.expired = true;
                CameTo::Executed
            }
        }
    }

    fn capture(&mut self, id: u8, minor: i64, last: bool) -> CameTo {
        match self.captures.get(&id) {
            Some(known) if (known.minor, known.last) == (minor, last) => CameTo::AlreadyApplied,
            Some(_) => CameTo::Refused,
            None if self.ended() || self.let_go() || self.reserved() + minor > AUTHORIZED => {
                CameTo::Refused
            }
            None => {
                self.captures
                    .insert(id, CaptureModel { minor, last, said: Said::Nothing, late: false });
                CameTo::Executed
            }
        }
    }

    fn hear_of_capture(&mut self, id: u8, said: Said) -> CameTo {
        let ended = self.ended();
        let Some(capture) = self.captures.get_mut(&id) else { return CameTo::Refused };
        match (capture.said, said) {
            (before, now) if before == now => CameTo::AlreadyApplied,
            (Said::Yes, _) | (Said::No, Said::Unknown) => CameTo::Refused,
            (before, _) => {
                capture.late = said == Said::Yes && (ended || before == Said::No);
                capture.said = said;
                CameTo::Executed
            }
        }
    }

    fn refund(&mut self, id: u8, minor: i64, late: Option<u8>) -> CameTo {
        let open = self.refunds.values().filter(|refund| refund.said != Said::No).count();
        match self.refunds.get(&id) {
            Some(known) if (known.minor, known.late) == (minor, late) => CameTo::AlreadyApplied,
            Some(_) => CameTo::Refused,
            None if minor > self.refundable(late) || open >= 10 => CameTo::Refused,
            None => {
                self.refunds.insert(id, RefundModel { minor, late, said: Said::Nothing });
                CameTo::Executed
            }
        }
    }
}

fn command(step: &Step) -> Command {
    let named = |id: u8| format!("x-{id}");
    match *step {
        Step::Capture { id, minor, last } => capture(&named(id), minor, last),
        Step::HearOfCapture { id, said } => hear_of_capture(
            &named(id),
            match said {
                Said::No => CaptureOutcome::Failed { code: text("processing_error") },
                Said::Nothing | Said::Unknown => CaptureOutcome::Unknown,
                Said::Yes => drawn(),
            },
        ),
        Step::Refund { id, minor, late } => refund(&named(id), minor, late.map(named).as_deref()),
        Step::HearOfRefund { id, said } => hear_of_refund(
            &named(id),
            match said {
                Said::No => RefundOutcome::Failed { code: text("account_closed") },
                Said::Nothing | Said::Unknown => RefundOutcome::Unknown,
                Said::Yes => RefundOutcome::Succeeded { provider_ref: text("re_1") },
            },
        ),
        Step::Void => Command::Void(Void { reason: text("changed their mind") }),
        Step::Expire => Command::Expire(Expire { expires_at: next_week() }),
    }
}

fn follow(given: Given<Payment>, model: &mut Model, step: &Step) -> Given<Payment> {
    let outcome = given.insisting_on(command(step));
    assert_eq!(outcome.came_to(), model.take(step), "{step:?} of {model:?}");
    let outcome = outcome.then_state(|payment| {
        let intent = payment.intent().unwrap();
        assert_eq!(intent.captured().minor, model.captured());
        assert_eq!(intent.refundable(None).minor, model.refundable(None));
        assert!(model.captured() <= AUTHORIZED && model.refundable(None) >= 0);
    });
    outcome.afterwards()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_payment_agrees_with_a_simple_model(steps in vec(step(), 0..60)) {
        let mut model = Model::default();
        let mut given =
            given::<Payment>([created(), attempted("a-1"), authorized("a-1")]).at(next_week());
        for step in &steps {
            given = follow(given, &mut model, step);
        }
    }
}
