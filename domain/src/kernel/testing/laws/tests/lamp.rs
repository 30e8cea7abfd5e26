//! Every law of aggregates can be broken, and says so when it is.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{
    self, Claim, Command, Event, Facts, Kind, References, Rejection,
    testing::{
        laws::{self, to},
        target,
        toy::{Book, Loan, LoanCommand, Remind},
    },
};

const SOUND: u8 = 0;
const SECRETIVE_EVENT: u8 = 1;
const FORGETFUL_SNAPSHOT: u8 = 2;
const UNWRITABLE_SNAPSHOT: u8 = 3;
const UNDERFLOW: u8 = 4;
const TOO_BRIGHT: u8 = 5;
const MOODY: u8 = 6;
pub(super) const NEVER_BREAKS: u8 = 7;
const WRONG_NUMBER: u8 = 8;
const PANICKING_DECISION: u8 = 9;
const PANICKING_CLAIM: u8 = 10;
const FUSSY: u8 = 11;

/// A lamp with one fault, or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Lamp<const FAULT: u8> {
    brightness: u32,
    changes: u32,
    #[serde(skip)]
    touched: u32,
    by_place: BTreeMap<(u32, u32), u32>,
    broken: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LampCommand {
    Brighten(Change),
    Dim(Change),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    by: u32,
}

impl Command for LampCommand {
    const CREATE: &'static [&'static str] = &["brighten"];
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum LampEvent {
    Brightened {
        by: u32,
        #[serde(skip)]
        unsaid: u32,
    },
    Dimmed {
        by: u32,
    },
    Broken {},
}

impl Event for LampEvent {}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum LampRejection {
    #[error("the lamp is dark")]
    Dark,
}

impl Rejection for LampRejection {}

impl<const FAULT: u8> Kind for Lamp<FAULT> {
    const TYPE: &'static str = "lamp";
    const PREFIX: &'static str = "lmp";
}

static MOOD: AtomicU32 = AtomicU32::new(0);

impl<const FAULT: u8> Lamp<FAULT> {
    const BRIGHTEST: u32 = 100;

    fn brighten(&self, by: u32) -> LampEvent {
        let room = Self::BRIGHTEST.saturating_sub(self.brightness);
        let by = match FAULT {
            MOODY => by.min(room).min(MOOD.fetch_add(1, Ordering::Relaxed)),
            TOO_BRIGHT => by.min(1_000),
            _ => by.min(room),
        };
        LampEvent::Brightened { by, unsaid: u32::from(FAULT == SECRETIVE_EVENT) }
    }
}

impl<const FAULT: u8> kernel::Aggregate for Lamp<FAULT> {
    type Command = LampCommand;
    type Event = LampEvent;
    type Rejection = LampRejection;

    fn decide(&self, command: LampCommand, _: &Facts) -> Result<Vec<LampEvent>, LampRejection> {
        assert!(FAULT != PANICKING_DECISION || self.brightness < 3, "too bright to decide");
        match command {
            _ if self.broken => Ok(vec![]),
            LampCommand::Dim(Change { by: 77_777 }) if FAULT == FUSSY => {
                Ok(vec![LampEvent::Broken {}])
            }
            LampCommand::Brighten(_)
                if self.changes > 5 && !matches!(FAULT, NEVER_BREAKS | FUSSY) =>
            {
                Ok(vec![LampEvent::Broken {}])
            }
            LampCommand::Brighten(Change { by }) => Ok(vec![self.brighten(by)]),
            LampCommand::Dim(_) if self.brightness == 0 => Err(LampRejection::Dark),
            LampCommand::Dim(Change { by }) => {
                Ok(vec![LampEvent::Dimmed { by: by.min(self.brightness) }])
            }
        }
    }

    fn evolve(&mut self, event: &LampEvent) {
        self.changes += 1;
        match event {
            LampEvent::Brightened { by, unsaid } => {
                self.brightness = self.brightness.saturating_add(by + unsaid);
            }
            LampEvent::Dimmed { by } if FAULT == UNDERFLOW => self.brightness -= by,
            LampEvent::Dimmed { by } => self.brightness = self.brightness.saturating_sub(*by),
            LampEvent::Broken {} => self.broken = true,
        }
        match FAULT {
            FORGETFUL_SNAPSHOT => self.touched += 1,
            UNWRITABLE_SNAPSHOT => {
                self.by_place.insert((1, 2), 3);
            }
            _ => {}
        }
    }

    fn references(&self, _: &LampCommand, _: &Facts) -> References {
        References::none()
    }

    fn claims(event: &LampEvent) -> Vec<Claim> {
        assert!(FAULT != PANICKING_CLAIM, "no claims");
        match event {
            LampEvent::Brightened { .. } if FAULT == WRONG_NUMBER => {
                vec![Claim::Number { series: "lamp".to_owned(), number: 7 }]
            }
            LampEvent::Brightened { .. } | LampEvent::Dimmed { .. } | LampEvent::Broken {} => {
                vec![]
            }
        }
    }
}

fn law<const FAULT: u8>() {
    laws::aggregate::<Lamp<FAULT>>(|lamp| match lamp.brightness {
        0..=100 => Ok(()),
        brightness => Err(format!("it is as bright as {brightness}")),
    });
}

#[test]
fn a_sound_lamp_keeps_the_laws() {
    law::<SOUND>();
}

#[test]
#[should_panic(expected = "Replay: the state is")]
fn an_event_that_does_not_say_everything_breaks_replay() {
    law::<SECRETIVE_EVENT>();
}

#[test]
#[should_panic(expected = "Any cut: after Brightened")]
fn a_state_that_is_not_all_in_the_snapshot_breaks_any_cut() {
    law::<FORGETFUL_SNAPSHOT>();
}

#[test]
#[should_panic(expected = "makes no snapshot in JSON: key must be a string")]
fn a_state_that_cannot_be_written_breaks_any_cut() {
    law::<UNWRITABLE_SNAPSHOT>();
}

#[test]
#[should_panic(expected = "Total: evolve() panicked: attempt to subtract with overflow")]
fn an_overflow_in_evolve_breaks_totality() {
    law::<UNDERFLOW>();
}

#[test]
#[should_panic(expected = "Obedient: after Brightened")]
fn a_decision_against_the_invariant_breaks_obedience() {
    law::<TOO_BRIGHT>();
}

#[test]
#[should_panic(expected = "Deterministic: Brighten")]
fn a_decision_from_the_gut_breaks_determinism() {
    law::<MOODY>();
}

#[test]
#[should_panic(expected = "random commands to lamp never led to broken")]
fn an_event_that_never_happens_is_told() {
    law::<NEVER_BREAKS>();
}

#[test]
#[should_panic(expected = "Claims: number 7 of lamp is taken, the next is 1")]
fn a_number_that_is_not_the_next_is_told() {
    law::<WRONG_NUMBER>();
}

#[test]
#[should_panic(expected = "decide() panicked: too bright to decide")]
fn a_decision_must_not_panic() {
    law::<PANICKING_DECISION>();
}

#[test]
#[should_panic(expected = "claims() panicked: no claims")]
fn a_claim_must_not_panic() {
    law::<PANICKING_CLAIM>();
}

#[test]
#[should_panic(
    expected = "1. lamp lmp_01KF0E44M00006RVBG00000001 {\"brighten\":{\"by\":1000}} by user:thandi"
)]
fn the_simplest_history_is_told() {
    law::<TOO_BRIGHT>();
}

#[test]
#[should_panic(expected = "using with(): book")]
fn a_reference_to_a_stranger_is_told() {
    laws::aggregate::<Loan>(|_| Ok(()));
}

#[test]
#[should_panic(expected = "Story: loan takes no part; add it using with()")]
fn a_story_about_a_stranger_is_told() {
    let remind = LoanCommand::Remind(Remind {});
    laws::Aggregate::<Book>::new().orders([to(target::<Loan>(), remind)]).hold();
}

#[test]
#[should_panic(expected = "comes to nothing: refused: DARK, the lamp is dark")]
fn a_story_that_leads_nowhere_is_told() {
    let [bright, dim] =
        [LampCommand::Brighten(Change { by: 0 }), LampCommand::Dim(Change { by: 1 })];
    laws::Aggregate::<Lamp<SOUND>>::new().story([bright, dim]).hold();
}

#[test]
#[should_panic(expected = "never led to broken, so that the laws say nothing of it; tell a story")]
fn chance_alone_does_not_break_a_fussy_lamp() {
    law::<FUSSY>();
}

#[test]
fn a_story_leads_where_chance_does_not() {
    laws::Aggregate::<Lamp<FUSSY>>::new()
        .story([LampCommand::Brighten(Change { by: 1 }), LampCommand::Dim(Change { by: 77_777 })])
        .hold();
}
