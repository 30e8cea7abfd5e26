//! End-to-end tests, in one binary: linking is the slow part.

mod arrows;
mod generated;
mod log;
mod spine;
