//! The language in which every bounded context is written.
//!
//! A context declares three things, all pure data and pure functions:
//! [`Aggregate`]s decide, [`ReadModel`]s remember for readers, [`Reaction`]s
//! answer events with further intents. Nothing here reads a clock, draws a
//! random number, waits, or knows SQL or HTTP: that is what the interpreters
//! of these declarations are for. They find everything in the [`Registry`].

mod aggregate;
mod bounded;
mod cell;
mod claim;
mod codec;
mod column;
mod facts;
mod fingerprint;
mod fold;
mod id;
mod money;
pub mod personal;
mod reaction;
mod read_model;
mod recorded;
mod registry;
mod schema;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod variant;

pub use aggregate::{Aggregate, Command, Event, Kind, Rejection, Upcast, already};
pub use bounded::{BasisPoints, Days, Positive};
pub use cell::{Cell, CellError, KeyPart, RowKey};
pub use claim::{Claim, matched};
pub use codec::{CodecError, DecodeFn, Encoded, EventCodec, NAMED_MESSAGE_PACK};
pub use column::{Column, ColumnKind, Nested, Object, Search, Table, Word};
pub use facts::{Actor, ActorKind, Facts, Referenced, ReferencedState, References};
pub use fingerprint::snapshot_fingerprint;
pub use fold::{Changes, Fold, FoldError, Work};
pub use id::{Id, IdError};
pub use money::{Amount, Currency, Money, MoneyError};
pub use personal::{Personal, lift_value};
pub use reaction::{Dispatch, Intent, Reaction, Timer};
pub use read_model::{Folds, Keys, ReadModel, Slot, SourceVisitor, Sources};
pub use recorded::{AnyRecorded, Envelope, Recorded};
pub use registry::{
    AggregateEntry, CommandEntry, Context, Domain, EventEntry, Interpreter, ReactionEntry,
    ReadModelEntry, Registry, RegistryError, State, rejection_code,
};
pub use schema::{is_personal, pascal_case};
pub use text::Text;
pub use time::{Date, Timestamp};
pub use variant::{NotAVariant, variant_fields, variant_name};
