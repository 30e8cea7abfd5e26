//! What a query would cost, seen before anything is read.
//!
//! The library's own limits count fields as they are written, however many
//! rows they stand for, and begin after a walk that hostile fragments can make
//! endless. So a document is measured here first: depth, aliases, and an
//! estimate of the values in the answer, each field counted once per row.

mod busy;
mod filter;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeSet;

use async_graphql::{
    Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationType},
};

pub(crate) use busy::{Busy, Full, Most};

use crate::{order::Order, problem::Problem, rows::Shared};
use walk::Walk;

/// How deep brackets may nest in the text of a query. The parser, which goes
/// down with them, would not survive endless ones.
const BRACKETS: usize = 200;

/// A query within its limits.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) kind: OperationType,
    /// The models it reads, by their places in the catalogue.
    pub(crate) models: BTreeSet<usize>,
    /// The order of its answer.
    pub(crate) order: Order,
}

/// Refuses a text that nests too deep to be parsed.
///
/// # Errors
/// When it does.
pub(crate) fn check_text(text: &str) -> Result<(), Problem> {
    let mut depth = 0_usize;
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'"' => rest = after_string(after),
            b'#' => rest = after_line(after),
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > BRACKETS {
            let message = format!("the query's brackets nest deeper than {BRACKETS} levels");
            return Err(Problem::invalid(message).with("limit", BRACKETS));
        }
    }
    Ok(())
}

/// What follows a comment.
fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

/// What follows a string whose first quote is behind us.
fn after_string(text: &[u8]) -> &[u8] {
    let (end, escape): (&[u8], &[u8]) = match text.strip_prefix(b"\"\"") {
        Some(_) => (b"\"\"\"", b"\\\"\"\""),
        None => (b"\"", b"\\"),
    };
    let is_block = end.len() > 1;
    let mut rest = if is_block { text.get(2..).unwrap_or_default() } else { text };
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(escape) {
            // In an ordinary string, whatever follows the backslash belongs to it.
            rest = if is_block { after } else { after.get(1..).unwrap_or_default() };
        } else if let Some(after) = rest.strip_prefix(end) {
            return after;
        } else if !is_block && rest.first() == Some(&b'\n') {
            return rest;
        } else {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    rest
}

/// Measures the operation that is meant.
///
/// # Errors
/// Which limit it exceeds, and where.
pub(crate) fn measure(
    shared: &Shared,
    document: &ExecutableDocument,
    operation: Option<&str>,
    variables: &Variables,
) -> Result<Measured, Problem> {
    let mut measured = None;
    let mut visits = 0;
    // Also those that are not meant: the library walks through all of them.
    for (name, definition) in document.operations.iter() {
        let mut walk = Walk::new(shared, document, &definition.node, variables, visits);
        walk.operation()?;
        visits = walk.visits;
        let is_meant = match operation {
            Some(wanted) => name.is_some_and(|name| name == wanted),
            None => true,
        };
        if is_meant {
            let order = Order::of(document, &definition.node);
            measured = Some(Measured { kind: definition.node.ty, models: walk.models, order });
        }
    }
    let several =
        matches!(&document.operations, DocumentOperations::Multiple(all) if all.len() > 1);
    match (measured, operation) {
        (_, None) if several => {
            Err(Problem::invalid("operationName: the query has several operations; name one"))
        }
        (Some(measured), _) => Ok(measured),
        (None, name) => {
            let name = name.unwrap_or_default();
            Err(Problem::invalid(format!("operationName: there is no operation {name:?}")))
        }
    }
}
