//! What rows are grouped by, which groups are meant, and in which order they
//! come.

use async_graphql::{Name, Value, dynamic::ObjectAccessor, indexmap::IndexMap};

use super::{choice, filter, first, given, having::having, list, object};
use crate::{
    catalogue::{Catalogue, Field, FieldKind, Model},
    personal::Finder,
    problem::Problem,
    settings::Settings,
    sql::{Aggregate, GroupSort, Grouping, Groups, Measure, Period},
    value,
};

/// The most things rows are grouped by at once.
const GROUPINGS: usize = 4;

/// Upper bounds of ages, in days, unless a client names others.
const AGES: [i32; 4] = [0, 30, 60, 90];

/// The most buckets of ages.
const BUCKETS: usize = 32;

/// Reads the arguments `by`, `filter`, `having`, `orderBy` and `first`.
///
/// # Errors
/// Which part of them cannot be meant.
pub(crate) async fn groups(
    catalogue: &Catalogue,
    model: &Model,
    settings: &Settings,
    finder: &Finder<'_>,
    arguments: &ObjectAccessor<'_>,
) -> Result<Groups, Problem> {
    let terms = given(arguments, "by").map(list).unwrap_or_default();
    if terms.len() > GROUPINGS {
        let message = format!("by: at most {GROUPINGS} are allowed, got {}", terms.len());
        return Err(Problem::invalid(message).with("limit", GROUPINGS));
    }
    let mut by: Vec<Grouping> = vec![];
    for (place, term) in terms.iter().enumerate() {
        let path = format!("by[{place}]");
        let grouping = grouping(model, object(term, &path)?, &path)?;
        let is_age = |it: &Grouping| matches!(it, Grouping::Age { .. });
        let same =
            |it: &Grouping| it.field() == grouping.field() && is_age(it) == is_age(&grouping);
        if by.iter().any(same) {
            return Err(Problem::invalid(format!("{path}.field: the field was named before")));
        }
        by.push(grouping);
    }
    let size = first(arguments, settings)?;
    Ok(Groups {
        sorts: sorts(model, &by, arguments)?,
        condition: filter(catalogue, model, finder, arguments).await?,
        having: having(catalogue, model, arguments)?,
        by,
        measures: vec![],
        size,
    })
}

fn grouping(model: &Model, term: &IndexMap<Name, Value>, path: &str) -> Result<Grouping, Problem> {
    let (place, field) = field(model, term, path)?;
    let is_time = field.kind.is_time();
    let zone = match term.get("timeZone") {
        Some(Value::String(zone)) if !zone.contains('\0') => zone.clone(),
        _ => "UTC".to_owned(),
    };
    let every = term.get("every").filter(|it| **it != Value::Null);
    let age = term.get("age").filter(|it| **it != Value::Null);
    match (every, age) {
        (None, None) => Ok(Grouping::Value(place)),
        (Some(_), Some(_)) => Err(Problem::invalid(format!("{path}: use every or age, not both"))),
        _ if !is_time => Err(Problem::invalid(format!(
            "{path}.field: {} is neither a date nor a time, which every and age need",
            field.choice
        ))),
        (every, None) => {
            let name = choice(every);
            let period = Period::ALL.into_iter().find(|(known, _)| *known == name);
            let period = period.map_or(Period::Day, |(_, period)| period);
            if period == Period::Hour && field.kind == FieldKind::Date {
                let message = format!("{path}.every: {} has no hours, only days", field.choice);
                return Err(Problem::invalid(message));
            }
            Ok(Grouping::Period { field: place, period, zone })
        }
        (None, Some(age)) => {
            let path = format!("{path}.age");
            let age = object(age, &path)?;
            let on = age.get("on").and_then(value::date).ok_or_else(|| {
                Problem::invalid(format!("{path}.on: expected a date like 2026-11-20"))
            })?;
            Ok(Grouping::Age { field: place, on, edges: edges(age, &path)?, zone })
        }
    }
}

fn edges(age: &IndexMap<Name, Value>, path: &str) -> Result<Vec<i32>, Problem> {
    let Some(given) = age.get("edges").filter(|it| **it != Value::Null) else {
        return Ok(AGES.to_vec());
    };
    let edges: Vec<i32> = list(given)
        .iter()
        .filter_map(|edge| i32::try_from(value::integer(edge)?).ok())
        .filter(|edge| (-100_000..=100_000).contains(edge))
        .collect();
    let rising = edges.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let complete = edges.len() == list(given).len();
    if edges.is_empty() || edges.len() >= BUCKETS || !rising || !complete {
        return Err(Problem::invalid(format!(
            "{path}.edges: expected 1 to {} rising numbers of days, got {}",
            BUCKETS - 1,
            value::brief(given)
        )));
    }
    Ok(edges)
}

fn field<'a>(
    model: &'a Model,
    term: &IndexMap<Name, Value>,
    path: &str,
) -> Result<(usize, &'a Field), Problem> {
    let name = choice(term.get("field"));
    let mut fields = model.fields.iter().enumerate();
    fields
        .find(|(_, field)| field.choice == name && field.is_ordered())
        .ok_or_else(|| Problem::invalid(format!("{path}.field: there is no field {name:?}")))
}

fn sorts(
    model: &Model,
    by: &[Grouping],
    arguments: &ObjectAccessor<'_>,
) -> Result<Vec<GroupSort>, Problem> {
    let terms = given(arguments, "orderBy").map(list).unwrap_or_default();
    let mut sorts = vec![];
    for (place, term) in terms.iter().enumerate() {
        let path = format!("orderBy[{place}]");
        sorts.push(sort(model, by, object(term, &path)?, &path)?);
    }
    Ok(sorts)
}

fn sort(
    model: &Model,
    by: &[Grouping],
    term: &IndexMap<Name, Value>,
    path: &str,
) -> Result<GroupSort, Problem> {
    let descending = choice(term.get("direction")) == "DESC";
    let aggregate = match choice(term.get("by")) {
        "COUNT" => return Ok(GroupSort::Count { descending }),
        "SUM" => Some(Aggregate::Sum),
        "AVG" => Some(Aggregate::Avg),
        "MIN" => Some(Aggregate::Min),
        "MAX" => Some(Aggregate::Max),
        _ => None,
    };
    let (field, known) = field(model, term, path)?;
    let Some(aggregate) = aggregate else {
        let place = by.iter().position(|grouping| grouping.field() == field);
        return place.map(|place| GroupSort::Key { place, descending }).ok_or_else(|| {
            Problem::invalid(format!("{path}.field: the rows are not grouped by {}", known.choice))
        });
    };
    let fits = match aggregate {
        Aggregate::Sum | Aggregate::Avg => known.is_summable(),
        Aggregate::Min | Aggregate::Max => known.is_measurable(),
    };
    if !fits {
        let message = format!("{path}.field: {} cannot be worked out that way", known.choice);
        return Err(Problem::invalid(message));
    }
    Ok(GroupSort::Measure { measure: Measure { aggregate, field }, descending })
}
