//! Orders of lists.

use async_graphql::{Value, dynamic::ObjectAccessor};

use super::{choice, given, list, object};
use crate::{catalogue::Model, problem::Problem, sql::Sort};

/// The most terms of an order.
const TERMS: usize = 8;

/// Reads the argument `orderBy`, and completes it with the key.
///
/// # Errors
/// Which term of it cannot be meant.
pub(crate) fn order(model: &Model, arguments: &ObjectAccessor<'_>) -> Result<Vec<Sort>, Problem> {
    let terms = given(arguments, "orderBy").map(list).unwrap_or_default();
    if terms.len() > TERMS {
        let message = format!("orderBy: at most {TERMS} terms are allowed, got {}", terms.len());
        return Err(Problem::invalid(message).with("limit", TERMS));
    }
    let mut sorts: Vec<Sort> = vec![];
    for (place, term) in terms.iter().enumerate() {
        let path = format!("orderBy[{place}]");
        let sort = read(model, term, &path)?;
        if sorts.iter().any(|other| other.field == sort.field) {
            return Err(Problem::invalid(format!("{path}.field: the field was named before")));
        }
        sorts.push(sort);
    }
    Ok(Sort::with_key(sorts, model))
}

fn read(model: &Model, term: &Value, path: &str) -> Result<Sort, Problem> {
    let term = object(term, path)?;
    let name = choice(term.get("field"));
    let field = model
        .fields
        .iter()
        .position(|field| field.choice == name)
        .ok_or_else(|| Problem::invalid(format!("{path}.field: there is no field {name}")))?;
    let descending = choice(term.get("direction")) == "DESC";
    let empty_first = match choice(term.get("nulls")) {
        "FIRST" => true,
        "LAST" => false,
        _ => descending,
    };
    Ok(Sort { field, descending, empty_first })
}
