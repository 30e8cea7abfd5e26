//! Every law of the codec can be broken, and says so when it is.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{self, Event, Facts, Kind, testing::laws};

use super::lamp::{LampCommand, LampRejection};

/// An aggregate whose one event is under scrutiny.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound = "")]
struct Bell<E> {
    rung: u32,
    #[serde(skip)]
    event: PhantomData<fn() -> E>,
}

impl<E> Default for Bell<E> {
    fn default() -> Self {
        Self { rung: 0, event: PhantomData }
    }
}

trait Ring: Event {
    fn ring() -> Self;
}

impl<E: Ring> Kind for Bell<E> {
    const TYPE: &'static str = "bell";
    const PREFIX: &'static str = "bel";
}

impl<E: Ring> kernel::Aggregate for Bell<E> {
    type Command = LampCommand;
    type Event = E;
    type Rejection = LampRejection;

    fn decide(&self, _: LampCommand, _: &Facts) -> Result<Vec<E>, LampRejection> {
        Ok(vec![E::ring()])
    }

    fn evolve(&mut self, _: &E) {
        self.rung = self.rung.saturating_add(1);
    }
}

macro_rules! ring {
    ($event:ident: $sound:expr) => {
        impl Event for $event {}
        impl Ring for $event {
            fn ring() -> Self {
                Self::Rung { sound: $sound }
            }
        }
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Strict {
    Rung { sound: u32 },
}
ring!(Strict: 1);

#[test]
#[should_panic(expected = "unknown field `added_by_a_later_program`")]
fn an_event_that_denies_unknown_fields_breaks_the_codec() {
    laws::aggregate::<Bell<Strict>>(|_| Ok(()));
}

/// Loses its cents on the way.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
struct Rounded(u32);

impl Serialize for Rounded {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0 / 100 * 100)
    }
}

impl<'de> Deserialize<'de> for Rounded {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Lossy {
    Rung { sound: Rounded },
}
ring!(Lossy: Rounded(100));

#[test]
#[should_panic(
    expected = "1. Rung { sound: Rounded(1) }\nis read back as\n    1. Rung { sound: Rounded(0) }"
)]
fn an_event_that_is_read_back_differently_breaks_the_codec() {
    laws::aggregate::<Bell<Lossy>>(|_| Ok(()));
}

/// Says that it is any text, but is one alone.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
struct Ding(String);

impl<'de> Deserialize<'de> for Ding {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "ding" => Ok(Self("ding".to_owned())),
            other => Err(serde::de::Error::custom(format!("{other} is no sound of a bell"))),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unlike {
    Rung { sound: Ding },
}
ring!(Unlike: Ding("ding".to_owned()));

#[test]
#[should_panic(expected = "no value that the schema of rung allows can be read")]
fn an_event_unlike_its_schema_is_told() {
    laws::aggregate::<Bell<Unlike>>(|_| Ok(()));
}
