//! GraphQL over a real PostgreSQL, asked over HTTP as clients ask.

mod branch;
mod stage;

mod consistency;
mod errors;
mod groups;
mod isolation;
mod lists;
mod live;
mod past;
mod random;
mod relations;
mod schema;
