//! Filters of what is nested in a row.

use async_graphql::Value;
use event_store::pg::ulid;

use super::{
    filter::{Reader, something, within_depth},
    list, object,
};
use crate::{
    catalogue::{FieldKind, ObjectType},
    problem::Problem,
    sql::{Comparison, Param, Within},
    value,
};

impl Reader<'_> {
    /// What is asked of a nested value of a kind.
    ///
    /// # Errors
    /// Which part of it cannot be meant.
    pub(super) fn nested(
        &mut self,
        kind: &FieldKind,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Within, Problem> {
        within_depth(path, depth)?;
        match kind {
            FieldKind::List(item) => self.elements(&item.kind, value, path, depth),
            FieldKind::Object(of) => self.object(of, value, path, depth),
            kind => self.single(kind, value, path),
        }
    }

    fn elements(
        &mut self,
        item: &FieldKind,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Within, Problem> {
        let mut parts = vec![];
        for (quantifier, value) in object(value, path)? {
            let path = format!("{path}.{quantifier}");
            something(value, &path)?;
            self.count(&path)?;
            let mut element = || self.nested(item, value, &path, depth + 1);
            let some = |part| Within::Some(Box::new(part));
            let not = |part| Within::Not(Box::new(part));
            parts.push(match quantifier.as_str() {
                "isNull" => Within::Empty(*value == Value::Boolean(true)),
                "every" => not(some(not(element()?))),
                "none" => not(some(element()?)),
                _ => some(element()?),
            });
        }
        Ok(Within::All(parts))
    }

    fn object(
        &mut self,
        of: &ObjectType,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Within, Problem> {
        within_depth(path, depth)?;
        let mut parts = vec![];
        for (name, value) in object(value, path)? {
            let path = format!("{path}.{name}");
            something(value, &path)?;
            parts.push(match name.as_str() {
                "and" => Within::All(self.objects(of, value, &path, depth)?),
                "or" => Within::Any(self.objects(of, value, &path, depth)?),
                "not" => Within::Not(Box::new(self.object(of, value, &path, depth + 1)?)),
                name => {
                    if let Some(field) = of.field(name) {
                        let part = self.nested(&field.kind, value, &path, depth + 1)?;
                        Within::Key(field.key.clone(), Box::new(part))
                    } else {
                        // The schema knows no other name.
                        self.count(&path)?;
                        Within::Empty(*value == Value::Boolean(true))
                    }
                }
            });
        }
        Ok(Within::All(parts))
    }

    fn objects(
        &mut self,
        of: &ObjectType,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Within>, Problem> {
        let parts = list(value).iter().enumerate();
        parts.map(|(i, part)| self.object(of, part, &format!("{path}[{i}]"), depth + 1)).collect()
    }

    fn single(&mut self, kind: &FieldKind, value: &Value, path: &str) -> Result<Within, Problem> {
        let within = |comparison| match comparison {
            Comparison::Empty(is_empty) => Within::Empty(is_empty),
            comparison => Within::Is(kind.clone(), as_written(kind, comparison)),
        };
        Ok(Within::All(self.comparisons(kind, value, path)?.into_iter().map(within).collect()))
    }
}

/// Ids stand in nested values as texts.
fn as_written(kind: &FieldKind, comparison: Comparison) -> Comparison {
    let FieldKind::Id { prefix, .. } = kind else { return comparison };
    let text = |id| value::id_text(ulid(id), prefix);
    let written = |param| match param {
        Param::Id(id) => Param::Text(text(id)),
        Param::Ids(ids) => Param::Texts(ids.into_iter().map(text).collect()),
        other => other,
    };
    match comparison {
        Comparison::Equal(value) => Comparison::Equal(written(value)),
        Comparison::Different(value) => Comparison::Different(written(value)),
        Comparison::In(values) => Comparison::In(written(values)),
        Comparison::NotIn(values) => Comparison::NotIn(written(values)),
        other => other,
    }
}
