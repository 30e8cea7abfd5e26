//! What the end-to-end tests share: a database for each of them, on one server
//! for all; the real program in a process; somebody who talks to it.

mod client;
mod database;
mod ledger;
mod load;
mod node;
mod poison;
mod process;
mod proxy;
mod serving;

pub use client::{Answer, Client};
pub use database::{Database, LOGINS, pool};
pub use ledger::{caught_up, check};
pub use load::{Acknowledged, Load, Told};
pub use node::{Node, said};
pub use poison::poison;
pub use process::Up;
pub use proxy::{Flow, Proxy};
pub use serving::{Beside, Served, Serving, Signal, program};
