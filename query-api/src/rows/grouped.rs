//! Groups of rows.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use async_graphql::Value;
use chrono::{DateTime, NaiveDate, Utc};
use domain::kernel::Timestamp;
use tokio_postgres::Row as SqlRow;

use super::{GroupNeeds, Shared, batch::Related};
use crate::{
    catalogue::{FieldKind, Model},
    problem::Problem,
    reading::{ReadFault, Reading},
    sql::{Aggregate, GroupSort, Grouping, Groups, Measure},
    value,
};

/// Groups, and what was worked out for them.
pub(crate) struct Grouped {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reading: Arc<Reading>,
    by: Vec<Grouping>,
    measures: Vec<Measure>,
    groups: Vec<Group>,
    /// Whether there are more groups than were asked for.
    pub(crate) has_more: bool,
    pub(crate) related: Related,
}

#[derive(Debug)]
struct Group {
    key: Vec<Value>,
    count: i64,
    measures: Vec<Value>,
}

impl Grouped {
    /// The same groups; what their keys point to is read in another view.
    pub(crate) fn over(self, reading: Arc<Reading>) -> Self {
        Self { reading, ..self }
    }

    /// Equal where the groups are.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (format!("{:?}", self.groups), self.has_more).hash(&mut hasher);
        hasher.finish()
    }

    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn count(&self, group: usize) -> i64 {
        self.groups.get(group).map_or(0, |group| group.count)
    }

    /// What the rows of a group share in a field, if they are grouped by it.
    pub(crate) fn shared_value(&self, group: usize, field: usize) -> Option<&Value> {
        let is_it = |it: &Grouping| it.field() == field && !matches!(it, Grouping::Age { .. });
        let place = self.by.iter().position(is_it)?;
        self.groups.get(group)?.key.get(place).filter(|value| **value != Value::Null)
    }

    /// The bucket that the ages of a group's rows fall into, if they are
    /// grouped by age: the first of its bounds is one more than the upper
    /// bound of the bucket before.
    pub(crate) fn age(&self, group: usize, field: usize) -> Option<(Option<i32>, Option<i32>)> {
        let place = self
            .by
            .iter()
            .position(|it| matches!(it, Grouping::Age { field: by, .. } if *by == field))?;
        let Some(Grouping::Age { edges, .. }) = self.by.get(place) else { return None };
        let bucket = self.groups.get(group)?.key.get(place).and_then(value::integer)?;
        let bucket = usize::try_from(bucket).ok()?;
        let before = bucket.checked_sub(1).and_then(|before| edges.get(before));
        Some((before.map(|edge| edge.saturating_add(1)), edges.get(bucket).copied()))
    }

    pub(crate) fn measure(&self, group: usize, measure: Measure) -> Option<&Value> {
        let place = self.measures.iter().position(|known| *known == measure)?;
        self.groups.get(group)?.measures.get(place).filter(|value| **value != Value::Null)
    }
}

/// Reads groups.
///
/// # Errors
/// When the database gives no answer.
pub(crate) async fn read_groups(
    shared: &Arc<Shared>,
    reading: &Arc<Reading>,
    model: &Model,
    groups: Groups,
    needs: GroupNeeds,
) -> Result<Grouped, Problem> {
    let groups = Groups { measures: needs.measures, ..groups };
    of_one_currency(model, &groups)?;
    let (by, measures, size) = (groups.by.clone(), groups.measures.clone(), groups.size);
    let statement = groups.statement(&shared.catalogue, model, reading.source());
    let rows = reading.rows("groups", &statement).await.map_err(|fault| named(&by, fault))?;
    let read = Reader { shared, model, by: &by, measures: &measures };
    let groups: Result<Vec<Group>, ReadFault> =
        rows.iter().take(size).map(|row| read.group(row)).collect();
    Ok(Grouped {
        shared: shared.clone(),
        reading: reading.clone(),
        groups: groups?,
        by,
        measures,
        has_more: rows.len() > size,
        related: Related::default(),
    })
}

/// Refuses to work anything out over amounts that may be in several
/// currencies.
fn of_one_currency(model: &Model, groups: &Groups) -> Result<(), Problem> {
    let sorted = groups.sorts.iter().filter_map(|sort| match sort {
        GroupSort::Measure { measure, .. } => Some(*measure),
        GroupSort::Key { .. } | GroupSort::Count { .. } => None,
    });
    let measures = groups.measures.iter().copied().chain(groups.having.measures()).chain(sorted);
    for Measure { field, .. } in measures {
        let Some(field) = model.field(field) else { continue };
        let Some((currency, by)) =
            field.currency.and_then(|currency| Some((currency, model.field(currency)?)))
        else {
            continue;
        };
        let is_grouped = groups.by.contains(&Grouping::Value(currency));
        if !is_grouped && !groups.condition.fixes(currency) {
            return Err(Problem::invalid(format!(
                "{}: the rows may be in several currencies, and amounts of several do not add \
                 up; group by {{field: {}}}, or filter by {{{}: {{eq: …}}}}",
                field.name, by.choice, by.name
            )));
        }
    }
    Ok(())
}

/// What PostgreSQL says about a value, with the argument that it is about. It
/// is asked about no other than time zones, the rest having been read before.
fn named(by: &[Grouping], fault: ReadFault) -> Problem {
    let ReadFault::BadValue(reason) = &fault else { return fault.into() };
    let is_it =
        |it: &Grouping| it.zone().is_some_and(|zone| reason.contains(&format!("\"{zone}\"")));
    match by.iter().position(is_it) {
        Some(place) => Problem::invalid(format!(
            "by[{place}].timeZone: {reason}; use a name like Africa/Johannesburg"
        )),
        None => fault.into(),
    }
}

struct Reader<'a> {
    shared: &'a Shared,
    model: &'a Model,
    by: &'a [Grouping],
    measures: &'a [Measure],
}

impl Reader<'_> {
    fn group(&self, row: &SqlRow) -> Result<Group, ReadFault> {
        let key = self.by.iter().enumerate().map(|(at, by)| self.key(row, at, by));
        let key: Result<Vec<Value>, ReadFault> = key.collect();
        let from = self.by.len() + 1;
        let measures = self.measures.iter().zip(from..);
        let measures: Result<Vec<Value>, ReadFault> =
            measures.map(|(measure, at)| self.measure(row, at, *measure)).collect();
        Ok(Group { key: key?, count: row.try_get(self.by.len())?, measures: measures? })
    }

    fn key(&self, row: &SqlRow, at: usize, by: &Grouping) -> Result<Value, ReadFault> {
        let Some(field) = self.model.field(by.field()) else { return Ok(Value::Null) };
        Ok(match by {
            Grouping::Age { .. } => {
                row.try_get::<_, Option<i32>>(at)?.map_or(Value::Null, Value::from)
            }
            Grouping::Period { .. } if field.kind == FieldKind::Date => row
                .try_get::<_, Option<NaiveDate>>(at)?
                .map_or(Value::Null, |date| date.to_string().into()),
            Grouping::Period { .. } => row
                .try_get::<_, Option<DateTime<Utc>>>(at)?
                .map_or(Value::Null, |time| Timestamp::from(time).to_string().into()),
            Grouping::Value(_) => {
                value::column(row, at, &field.kind, &self.shared.catalogue.enums)?
            }
        })
    }

    fn measure(&self, row: &SqlRow, at: usize, measure: Measure) -> Result<Value, ReadFault> {
        let Some(field) = self.model.field(measure.field) else { return Ok(Value::Null) };
        Ok(match measure.aggregate {
            Aggregate::Sum | Aggregate::Avg => {
                row.try_get::<_, Option<String>>(at)?.map_or(Value::Null, Value::from)
            }
            Aggregate::Min | Aggregate::Max => {
                value::column(row, at, &field.kind, &self.shared.catalogue.enums)?
            }
        })
    }
}
