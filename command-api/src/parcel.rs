//! A parcel, for tests: its first command has a field of every kind.

use domain::kernel::{
    Aggregate, Amount, BasisPoints, Command, Context, Currency, Date, Domain, Event, Facts, Id,
    Interpreter, Kind, Money, Personal, Positive, Rejection, Text, Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Packed or not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Parcel {
    packed: bool,
}

/// Orders to a parcel.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a command as they are")]
pub(crate) enum ParcelCommand {
    /// Packs a parcel. It is not sent yet.
    Pack(Pack),
    /// Looks at a parcel.
    Look(Look),
}

/// Packs a parcel. It is not sent yet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pack {
    /// What stands on it.
    label: Text<10>,
    /// Which parcel it goes with.
    with: Id<Parcel>,
    /// How heavy it is.
    weight: Positive,
    /// What was taken off, in basis points.
    #[serde(default)]
    rebate: Option<BasisPoints>,
    /// In which currency it is insured.
    currency: Currency,
    /// What is in it.
    items: Vec<Item>,
    /// When it shall arrive.
    #[serde(default)]
    arrival: Option<Arrival>,
    /// How it travels.
    travels: Travels,
    /// Who sends it.
    sender: Personal<Text<20>>,
    /// On which day.
    day: Date,
    /// At which moment.
    #[serde(default)]
    moment: Option<Timestamp>,
    /// Whether it may fall.
    fragile: bool,
}

/// One thing in it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    /// What it costs.
    price: Money,
    /// What it is insured for.
    #[serde(default)]
    insured: Option<Amount>,
}

/// When it arrives.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Arrival {
    /// On a day.
    On(Date),
    /// After so many days.
    InDays(Positive),
}

/// How it travels.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Travels {
    /// Over land.
    ByRoad,
    /// Over water.
    BySea,
}

/// Looks at a parcel.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {}

impl Command for ParcelCommand {
    const CREATE: &'static [&'static str] = &["pack"];
}

/// What happens to a parcel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParcelEvent {
    /// It is packed.
    Packed {},
}

impl Event for ParcelEvent {}

/// Why a parcel refuses.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ParcelRejection {
    /// It is too heavy to be carried.
    #[error("the parcel weighs {weight}, at most {most} can be carried")]
    TooHeavy {
        /// What it weighs.
        weight: i64,
        /// What can be carried.
        most: i64,
    },
}

impl Rejection for ParcelRejection {}

impl Kind for Parcel {
    const TYPE: &'static str = "parcel";
    const PREFIX: &'static str = "par";
}

impl Aggregate for Parcel {
    type Command = ParcelCommand;
    type Event = ParcelEvent;
    type Rejection = ParcelRejection;

    fn decide(
        &self,
        command: ParcelCommand,
        _: &Facts,
    ) -> Result<Vec<ParcelEvent>, ParcelRejection> {
        match command {
            ParcelCommand::Pack(order) if order.weight.get() > 50 => {
                Err(ParcelRejection::TooHeavy { weight: order.weight.get(), most: 50 })
            }
            ParcelCommand::Pack(_) if !self.packed => Ok(vec![ParcelEvent::Packed {}]),
            ParcelCommand::Pack(_) | ParcelCommand::Look(_) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &ParcelEvent) {
        match event {
            ParcelEvent::Packed {} => self.packed = true,
        }
    }
}

/// Where parcels come from.
pub(crate) struct PostOffice;

impl Context for PostOffice {
    const NAME: &'static str = "post_office";
    const DOC: &'static str = "Carries parcels.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Parcel>();
    }
}

/// The library of the kernel's tests, and a post office.
pub(crate) struct Town;

impl Domain for Town {
    fn declare(to: &mut impl Interpreter) {
        to.context::<domain::kernel::testing::toy::Library>();
        to.context::<PostOffice>();
    }
}
