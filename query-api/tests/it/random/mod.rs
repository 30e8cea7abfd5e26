//! Random queries, made from the schema, are answered as a naive evaluation
//! answers them.

mod dice;
mod filters;
mod groups;
mod lists;
mod rows;
mod schema;

/// The types of rows, which others are related to.
const RELATED: [&str; 5] = ["ShelvedBook", "OpenLoan", "BookDay", "Readership", "Holding"];
