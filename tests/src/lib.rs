//! What the end-to-end tests share: a database for each of them, on one server
//! for all.

mod database;

pub use database::{Database, pool};
