//! Which groups are meant.

use async_graphql::{Value, dynamic::ObjectAccessor};

use super::{
    filter::{Reader, something, within_depth},
    given, list, object,
};
use crate::{
    catalogue::{Catalogue, FieldKind, Model},
    problem::Problem,
    sql::{Aggregate, Having, Measure},
};

/// Reads the argument `having`.
///
/// # Errors
/// Which part of it cannot be meant.
pub(super) fn having(
    catalogue: &Catalogue,
    model: &Model,
    arguments: &ObjectAccessor<'_>,
) -> Result<Having, Problem> {
    let Some(value) = given(arguments, "having") else { return Ok(Having::NONE) };
    Groups { reader: Reader::new(catalogue), model }.group(value, "having", 0)
}

struct Groups<'a> {
    reader: Reader<'a>,
    model: &'a Model,
}

impl Groups<'_> {
    fn group(&mut self, value: &Value, path: &str, depth: usize) -> Result<Having, Problem> {
        within_depth(path, depth)?;
        let mut parts = vec![];
        for (name, value) in object(value, path)? {
            let path = format!("{path}.{name}");
            something(value, &path)?;
            parts.push(match name.as_str() {
                "and" => Having::All(self.groups(value, &path, depth)?),
                "or" => Having::Any(self.groups(value, &path, depth)?),
                "not" => Having::Not(Box::new(self.group(value, &path, depth + 1)?)),
                "count" => self.count(value, &path)?,
                "sum" => self.measures(Aggregate::Sum, value, &path)?,
                "avg" => self.measures(Aggregate::Avg, value, &path)?,
                "min" => self.measures(Aggregate::Min, value, &path)?,
                _ => self.measures(Aggregate::Max, value, &path)?,
            });
        }
        Ok(Having::All(parts))
    }

    fn groups(&mut self, value: &Value, path: &str, depth: usize) -> Result<Vec<Having>, Problem> {
        let parts = list(value).iter().enumerate();
        parts.map(|(i, part)| self.group(part, &format!("{path}[{i}]"), depth + 1)).collect()
    }

    fn count(&mut self, value: &Value, path: &str) -> Result<Having, Problem> {
        let comparisons = self.reader.comparisons(&FieldKind::Int, value, path)?;
        Ok(Having::All(comparisons.into_iter().map(Having::Count).collect()))
    }

    fn measures(
        &mut self,
        aggregate: Aggregate,
        value: &Value,
        path: &str,
    ) -> Result<Having, Problem> {
        let mut parts = vec![];
        for (name, value) in object(value, path)? {
            let path = format!("{path}.{name}");
            something(value, &path)?;
            let Some(field) = self.model.position(name) else { continue };
            let kind = match (aggregate, self.model.field(field)) {
                (Aggregate::Min | Aggregate::Max, Some(field)) => field.kind.clone(),
                (Aggregate::Avg | Aggregate::Sum, _) | (_, None) => FieldKind::Decimal,
            };
            let measure = Measure { aggregate, field };
            let comparisons = self.reader.comparisons(&kind, value, &path)?;
            parts.extend(comparisons.into_iter().map(|it| Having::Measure(measure, it)));
        }
        Ok(Having::All(parts))
    }
}
