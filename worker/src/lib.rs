//! Reactions and timers: what events call for, done once.
//!
//! For each tenant the worker follows the log, asks every reaction what an
//! event calls for, gives the commands, and then, in one transaction, moves
//! the reaction's place in the log on and sets or cancels timers. A crash in
//! between repeats the commands under the same ids, which derive from the
//! event, and the log answers with what happened the first time. Timers that
//! are due are commands too, whose ids derive from the event that set them.
//!
//! - A command that is refused is kept for people to look at and blocks
//!   nothing.
//! - A command that cannot be given now is tried again, at growing intervals;
//!   so is an event that cannot be read. Meanwhile that reaction stands still
//!   in that tenant, and everything else goes on.
//! - Commands happen when their cause happened: at the time of the event, or
//!   when the timer was due. A worker that was away decides as if it had been
//!   there; `recorded_at` tells when it really was.
//!
//! Any number of workers may run. They share the tenants by
//! [leases](Worker::sharing), and whoever lost one writes nothing: that is
//! checked when a place is moved, and when a failure is recorded.
//!
//! Beside them [`seal`] follows the logs and signs what is in them, and [`cool`]
//! moves what has become old out of the database.
//!
//! Read models are not looked at, and rebuilding them repeats nothing here:
//! see [`register`] for where a reaction begins.

mod chains;
mod cooling;
mod dispatch;
mod error;
mod kept;
mod metrics;
mod pauses;
mod place;
mod plan;
mod reactions;
mod registration;
mod retention;
mod run;
mod sealing;
mod settings;
mod settle;
#[cfg(test)]
mod tests;
mod timers;
mod unsealed;
mod worker;

pub use cooling::{Cooling, cool};
pub use error::WorkerError;
pub use registration::register;
pub use run::run;
pub use sealing::{Sealing, seal};
pub use settings::{Clock, Settings};
pub use worker::{Progress, Worker};
