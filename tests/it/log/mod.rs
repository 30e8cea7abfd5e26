//! The log in PostgreSQL.

mod away;
mod contract;
mod faults;
mod given;
mod isolation;
mod personal;
mod plans;
mod read_plans;
mod rotation;
