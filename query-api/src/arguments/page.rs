//! Which part of a list is wanted.

use async_graphql::{Value, dynamic::ObjectAccessor};

use super::given;
use crate::{
    catalogue::{Catalogue, Model},
    cursor::Cursors,
    problem::Problem,
    settings::Settings,
    sql::Page,
    value,
};

/// A page, and whether there are rows on its far side because the client has
/// come from there.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) page: Page,
    pub(crate) continued: bool,
}

/// Reads the arguments `first`, `after`, `last` and `before`.
///
/// # Errors
/// When they contradict each other, or ask for too much.
pub(crate) fn window(
    catalogue: &Catalogue,
    model: &Model,
    cursors: &Cursors,
    settings: &Settings,
    arguments: &ObjectAccessor<'_>,
) -> Result<Window, Problem> {
    let first = size(arguments, "first", settings)?;
    let last = size(arguments, "last", settings)?;
    let (after, before) = (given(arguments, "after"), given(arguments, "before"));
    let backward = last.is_some() || (before.is_some() && first.is_none());
    let (size, from, name) = match backward {
        true if first.is_some() || after.is_some() => {
            let message = "first and after read forward, last and before backward: use one pair";
            return Err(Problem::invalid(message));
        }
        false if before.is_some() => {
            return Err(Problem::invalid("before: goes with last, not with first"));
        }
        true => (last, before, "before"),
        false => (first, after, "after"),
    };
    let from = match from {
        None => None,
        Some(Value::String(cursor)) => Some(
            cursors
                .read(cursor, catalogue, model)
                .map_err(|reason| Problem::invalid(format!("{name}: {reason}")))?,
        ),
        Some(_) => return Err(Problem::invalid(format!("{name}: expected a cursor"))),
    };
    let continued = from.is_some();
    let page = Page { size: size.unwrap_or(settings.default_page), backward, from };
    Ok(Window { page, continued })
}

/// Reads how many of something are wanted; as many as may be when nothing is
/// said.
///
/// # Errors
/// When it asks for too much.
pub(crate) fn first(arguments: &ObjectAccessor<'_>, settings: &Settings) -> Result<usize, Problem> {
    Ok(size(arguments, "first", settings)?.unwrap_or(settings.page))
}

/// Reads a number of rows.
fn size(
    arguments: &ObjectAccessor<'_>,
    name: &str,
    settings: &Settings,
) -> Result<Option<usize>, Problem> {
    let Some(value) = given(arguments, name) else { return Ok(None) };
    let most = settings.page;
    value::integer(value)
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= most)
        .map(Some)
        .ok_or_else(|| {
            let got = value::brief(value);
            let message = format!("{name}: expected a number from 0 to {most}, got {got}");
            Problem::invalid(message).with("limit", most)
        })
}
