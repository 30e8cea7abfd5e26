//! End-to-end tests, in one binary: linking is the slow part.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod archive;
mod arrows;
mod clients;
mod cold;
mod events;
mod generated;
mod integrity;
mod log;
mod peer;
mod privacy;
mod reliability;
mod spine;
