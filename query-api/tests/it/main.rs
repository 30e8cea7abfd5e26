//! GraphQL over a real PostgreSQL, asked over HTTP as clients ask.
#![cfg(test)]

mod branch;
mod holdings;
mod socket;
mod stage;
mod tenant;

mod consistency;
mod errors;
mod fair;
mod faults;
mod follow;
mod groups;
mod history;
mod isolation;
mod left_out;
mod limits;
mod lists;
mod live;
mod nested;
mod past;
mod personal;
mod protocol;
mod put;
mod random;
mod relations;
mod schema;
mod search;
