//! Cold storage: old events of a tenant, moved out of the table into objects.
//!
//! A [`Cooler`] moves the oldest events of a log, a segment at a time; a
//! [`Cold`] gets segments back for whoever reads, and keeps those that were
//! read last in memory. Readers know nothing of it: a
//! [`History`](crate::history::History) puts together what lies here and what
//! lies there.
//!
//! The positions up to one are cold, all others are in the table. Of every
//! stream the last event stays in the table, wherever it lies, so that nobody
//! who writes needs anything that is cold, and so that a reader of a stream
//! always finds something: from the versions he sees whether something is
//! missing before them.

mod catalogue;
mod cooler;
mod error;
mod fetch;
mod index;
mod segment;
mod status;
mod warm;

pub(crate) use catalogue::{CATALOGUE, Entry};
pub use cooler::{Bounds, CoolOrder, Cooled, Cooler, Segments};
pub use error::CoolError;
pub use fetch::Cold;
pub(crate) use fetch::Unfetched;
pub(crate) use index::Index;
pub(crate) use segment::Segment;
pub use status::{Standing, standing};
pub use warm::{Warmed, warm};
