//! The log in PostgreSQL.

mod contract;
mod isolation;
