//! The log in PostgreSQL.

mod contract;
mod faults;
mod isolation;
