//! Random sequences of orders against a simple model of a wallet: a balance,
//! an overdraft, and what each hold still keeps.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use crate::{
    kernel::testing::{CameTo, Given, given, text},
    payments::{
        Wallet, WalletCommand as Command,
        wallet::command::{Freeze, Unfreeze},
        wallet::examples::{capture_hold, credit, debit, hold, opened, release},
    },
};

/// Something that is done to an open wallet. References and holds are few, so
/// that they are often used again.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Credit { reference: u8, minor: i64 },
    Debit { reference: u8, minor: i64 },
    Hold { hold: u8, minor: i64 },
    Capture { hold: u8, reference: u8, minor: i64, last: bool },
    Release { hold: u8 },
    Freeze,
    Unfreeze,
}

fn step() -> impl Strategy<Value = Step> {
    let minor = || prop_oneof![Just(100), 1..500_i64];
    let reference = || 0..24_u8;
    let hold = || 0..6_u8;
    prop_oneof![
        4 => (reference(), minor())
            .prop_map(|(reference, minor)| Step::Credit { reference, minor }),
        4 => (reference(), minor())
            .prop_map(|(reference, minor)| Step::Debit { reference, minor }),
        3 => (hold(), minor()).prop_map(|(hold, minor)| Step::Hold { hold, minor }),
        4 => (hold(), reference(), minor(), any::<bool>()).prop_map(
            |(hold, reference, minor, last)| Step::Capture { hold, reference, minor, last }
        ),
        2 => hold().prop_map(|hold| Step::Release { hold }),
        1 => Just(Step::Freeze),
        2 => Just(Step::Unfreeze),
    ]
}

/// The wallet as a child would keep it.
#[derive(Debug, Default)]
struct Model {
    posted: i64,
    overdraft: i64,
    frozen: bool,
    bookings: BTreeMap<u8, Step>,
    /// How much was held at first, how much still is, and whether it was let go.
    holds: BTreeMap<u8, (i64, i64, bool)>,
}

impl Model {
    fn available(&self) -> i64 {
        self.posted + self.overdraft - self.held()
    }

    fn held(&self) -> i64 {
        self.holds.values().map(|(_, rest, _)| rest).sum()
    }

    fn take(&mut self, step: &Step) -> CameTo {
        match *step {
            Step::Credit { reference, .. }
            | Step::Debit { reference, .. }
            | Step::Capture { reference, .. } => match self.bookings.get(&reference) {
                Some(known) if known == step => CameTo::AlreadyApplied,
                Some(_) => CameTo::Refused,
                None if self.frozen => CameTo::Refused,
                None => {
                    let came_to = self.book(step);
                    if came_to == CameTo::Executed {
                        self.bookings.insert(reference, step.clone());
                    }
                    came_to
                }
            },
            Step::Hold { hold, minor } => match self.holds.get(&hold) {
                Some((first, ..)) if *first == minor => CameTo::AlreadyApplied,
                Some(_) => CameTo::Refused,
                None if self.frozen || minor > self.available() => CameTo::Refused,
                None => {
                    self.holds.insert(hold, (minor, minor, false));
                    CameTo::Executed
                }
            },
            Step::Release { hold } => match self.holds.get_mut(&hold) {
                Some((_, 0, released)) => {
                    if *released {
                        CameTo::AlreadyApplied
                    } else {
                        CameTo::Refused
                    }
                }
                Some((_, rest, released)) => {
                    (*rest, *released) = (0, true);
                    CameTo::Executed
                }
                None => CameTo::Refused,
            },
            Step::Freeze => {
                if std::mem::replace(&mut self.frozen, true) {
                    CameTo::AlreadyApplied
                } else {
                    CameTo::Executed
                }
            }
            Step::Unfreeze => {
                if std::mem::take(&mut self.frozen) {
                    CameTo::Executed
                } else {
                    CameTo::AlreadyApplied
                }
            }
        }
    }

    fn book(&mut self, step: &Step) -> CameTo {
        match *step {
            Step::Credit { minor, .. } => self.posted += minor,
            Step::Debit { minor, .. } if minor <= self.available() => self.posted -= minor,
            Step::Capture { hold, minor, last, .. } => match self.holds.get_mut(&hold) {
                Some((_, rest, _)) if minor <= *rest => {
                    *rest = if last { 0 } else { *rest - minor };
                    self.posted -= minor;
                }
                _ => return CameTo::Refused,
            },
            _ => return CameTo::Refused,
        }
        CameTo::Executed
    }
}

fn command(step: &Step) -> Command {
    match *step {
        Step::Credit { reference, minor } => credit(&format!("b-{reference}"), minor),
        Step::Debit { reference, minor } => debit(&format!("b-{reference}"), minor),
        Step::Hold { hold: id, minor } => hold(&format!("h-{id}"), minor),
        Step::Capture { hold, reference, minor, last } => {
            capture_hold(&format!("h-{hold}"), &format!("b-{reference}"), minor, last)
        }
        Step::Release { hold } => release(&format!("h-{hold}")),
        Step::Freeze => Command::Freeze(Freeze { reason: text("looks odd") }),
        Step::Unfreeze => Command::Unfreeze(Unfreeze {}),
    }
}

fn follow(given: Given<Wallet>, model: &mut Model, step: &Step) -> Given<Wallet> {
    let outcome = given.insisting_on(command(step));
    assert_eq!(outcome.came_to(), model.take(step), "{step:?} of {model:?}");
    let outcome = outcome.then_state(|wallet| {
        let account = wallet.account().unwrap();
        let books = [account.posted, account.held, account.available()].map(|sum| sum.minor);
        assert_eq!(books, [model.posted, model.held(), model.available()]);
        assert!(model.available() >= 0);
    });
    outcome.afterwards()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_wallet_agrees_with_a_simple_model(
        overdraft in prop_oneof![Just(0), 1..300_i64],
        steps in vec(step(), 0..60),
    ) {
        let mut model = Model { overdraft, ..Model::default() };
        let mut given = given::<Wallet>([opened(overdraft)]);
        for step in &steps {
            given = follow(given, &mut model, step);
        }
    }
}
