//! What all HTTP servers of Tenantry have in common.
//!
//! [`app()`] is an actix application whose every answer has a request id,
//! security headers, a log line and metrics, and whose every error, actix's own
//! included, is told in one form: [`Problem`]. [`bind`] and [`serve`] run it
//! until [`Shutdown`](crate::shutdown::Shutdown) begins.

mod app;
mod front;
mod measure;
mod problem;
mod request;
mod server;
#[cfg(test)]
mod tests;

pub use app::{Limits, app, only};
pub use problem::{Code, Problem};
pub use request::{RouteLabel, request_id, trace_parent};
pub use server::{BindError, Listener, Server, bind, serve};
