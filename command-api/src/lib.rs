//! The write-only REST API: every declared command as a route, with one shape
//! of request and one shape of answer.
//!
//! Nothing here is written per command. Routes, checks of fields and the
//! [OpenAPI document](openapi()) come from the [`Registry`](domain::kernel::Registry);
//! the commands run through [`Commands`](event_store::Commands). There is no
//! address that answers with business data.
//!
//! ```text
//! POST /v1/{context}/{aggregate}/{command}        brings one into being
//! POST /v1/{context}/{aggregate}/{id}/{command}   changes one
//! POST /v1/batch                                  several of these at once
//! GET  /openapi.json                              all of them, described
//! ```

mod answer;
mod api;
mod batch;
mod example;
mod fields;
mod given;
mod handler;
mod openapi;
#[cfg(test)]
mod parcel;
mod problem;
mod request;
mod routes;
mod run;
#[cfg(test)]
mod tests;
mod wait;

pub use api::{CommandApi, SchemaError};
pub use openapi::openapi;
pub use run::run;
pub use wait::{PgReadModels, ReadModels};
