//! The log: one gapless sequence of events per tenant, and the command path
//! that writes it.
//!
//! - [`Log`] is what a store can do: append, read a stream or a tenant, wake
//!   whoever waits. [`PgLog`] keeps it in PostgreSQL and shares one commit
//!   between concurrent appends; [`MemoryLog`] keeps it in memory and passes
//!   the same contract suite.
//! - [`Commands`] runs any declared command against a log: load, decide,
//!   append, retry what lost a race, answer repetitions with the first answer.
//!   Only its module `cqrs` knows cqrs-es, through which every command passes.
//! - [`cold`] moves old events into objects, from where they are read as before.
//! - [`catalogue`] tells which events there are: as JSON Schemas, as an
//!   AsyncAPI document.
//! - [`history`] is how everybody reads events back.
//! - [`import`] moves in from postgres-es.
//! - [`integrity`] proves that nothing in a log was altered: a Merkle tree over
//!   the rows of each tenant, and signed checkpoints of it.
//!
//! Nothing here knows a business word: it interprets the declarations of a
//! [`Domain`](domain::kernel::Domain).

mod append;
pub mod archive;
pub mod catalogue;
pub mod cold;
mod commands;
#[cfg(feature = "testing")]
pub mod contract;
mod cqrs;
mod group;
pub mod history;
pub mod import;
pub mod integrity;
pub mod keys;
mod log;
mod memory;
pub mod pg;
mod snapshot;
mod stored;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod token;
mod wake;

pub use append::{
    Append, AppendError, Appended, CommandRecord, GroupError, Limits, NewEvent, NewKey,
};
pub use commands::{
    BatchError, CommandError, CommandSettings, Commands, Order, Outcome, Receipt, ReceiptEvent,
    Repeat, request_hash,
};
pub use log::{Log, ReadError};
pub use memory::MemoryLog;
pub use pg::PgLog;
pub use snapshot::StoredSnapshot;
pub use stored::{DecodeError, StoredEvent, decode};
pub use token::{ConsistencyToken, TenantId, TokenError};
pub use wake::{Subscription, Wake, Wakeups};
