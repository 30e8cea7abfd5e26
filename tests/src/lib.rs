//! What the end-to-end tests share: a database for each of them, on one server
//! for all; the real program in a process; somebody who talks to it.

mod client;
mod database;
mod process;

pub use client::{Answer, Client};
pub use database::{Database, pool};
pub use process::Up;
