//! Filters as conditions.

use async_graphql::{Value, dynamic::ObjectAccessor};

use super::{given, list, object};
use crate::{
    catalogue::{Catalogue, Child, Field, FieldKind, Model, Personal},
    personal::Finder,
    problem::Problem,
    sql::{Comparison, Condition, Hidden, Param},
    value,
};

/// The most conditions in one filter.
const CONDITIONS: usize = 100;

/// The most values in one list of a filter.
const VALUES: usize = 1000;

/// How deep a filter may nest.
const DEPTH: usize = 12;

/// Reads the argument `filter`. Personal values in it are hashed, so that
/// nobody further on sees them.
///
/// # Errors
/// Which part of it cannot be meant.
pub(crate) async fn filter(
    catalogue: &Catalogue,
    model: &Model,
    finder: &Finder<'_>,
    arguments: &ObjectAccessor<'_>,
) -> Result<Condition, Problem> {
    let Some(value) = given(arguments, "filter") else { return Ok(Condition::NONE) };
    let mut reader = Reader::new(catalogue);
    let mut condition = reader.row(model, value, "filter", 0)?;
    if reader.hidden {
        let matcher = finder.matcher().await?;
        condition.hash(matcher.as_ref());
    }
    Ok(condition)
}

/// Reads one filter.
pub(super) struct Reader<'a> {
    pub(super) catalogue: &'a Catalogue,
    conditions: usize,
    /// Whether personal values are asked for.
    hidden: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, conditions: 0, hidden: false }
    }
}

impl Reader<'_> {
    fn row(
        &mut self,
        model: &Model,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, Problem> {
        within_depth(path, depth)?;
        let mut parts = vec![];
        for (name, value) in object(value, path)? {
            parts.push(self.part(model, name, value, &format!("{path}.{name}"), depth)?);
        }
        Ok(only_or_all(parts))
    }

    fn part(
        &mut self,
        model: &Model,
        name: &str,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, Problem> {
        something(value, path)?;
        match name {
            "and" => Ok(Condition::All(self.rows(model, value, path, depth)?)),
            "or" => Ok(Condition::Any(self.rows(model, value, path, depth)?)),
            "not" => Ok(Condition::Not(Box::new(self.row(model, value, path, depth + 1)?))),
            name => {
                if let Some((index, field)) =
                    model.position(name).and_then(|index| Some((index, model.field(index)?)))
                {
                    return self.field(index, field, value, path, depth);
                }
                self.relation(model, name, value, path, depth)
            }
        }
    }

    fn rows(
        &mut self,
        model: &Model,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Condition>, Problem> {
        let parts = list(value).iter().enumerate();
        parts.map(|(i, part)| self.row(model, part, &format!("{path}[{i}]"), depth + 1)).collect()
    }

    fn relation(
        &mut self,
        model: &Model,
        name: &str,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, Problem> {
        if let Some(index) = model.parents.iter().position(|parent| parent.name == name) {
            let to = model.parents.get(index).and_then(|it| self.catalogue.model(it.to));
            let part = self.other(to, value, path, depth)?;
            return Ok(Condition::Parent(index, Box::new(part)));
        }
        let Some(index) = model.children.iter().position(|child| child.name == name) else {
            return Err(Problem::invalid(format!("{path}: there is no such field")));
        };
        let Some(child) = model.children.get(index) else { return Ok(Condition::NONE) };
        self.children(index, child, value, path, depth)
    }

    fn children(
        &mut self,
        index: usize,
        child: &Child,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, Problem> {
        let from = self.catalogue.model(child.from);
        if child.only {
            let part = self.other(from, value, path, depth)?;
            return Ok(Condition::Child(index, Box::new(part)));
        }
        let mut parts = vec![];
        for (quantifier, value) in object(value, path)? {
            let path = format!("{path}.{quantifier}");
            let part = self.other(from, value, &path, depth)?;
            let some = |part| Condition::Child(index, Box::new(part));
            let not = |part| Condition::Not(Box::new(part));
            parts.push(match quantifier.as_str() {
                "every" => not(some(not(part))),
                "none" => not(some(part)),
                _ => some(part),
            });
        }
        Ok(only_or_all(parts))
    }

    fn other(
        &mut self,
        model: Option<&Model>,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, Problem> {
        self.count(path)?;
        model.map_or(Ok(Condition::NONE), |model| self.row(model, value, path, depth + 1))
    }

    fn field(
        &mut self,
        index: usize,
        field: &Field,
        value: &Value,
        path: &str,
        depth: usize,
    ) -> Result<Condition, Problem> {
        let is_nested = matches!(field.kind, FieldKind::List(_) | FieldKind::Object(_));
        if is_nested && field.personal.is_none() {
            let within = self.nested(&field.kind, value, path, depth)?;
            return Ok(Condition::Nested(index, within));
        }
        let comparisons = match &field.personal {
            Some(personal) => self.each(value, path, |it, operator, value| {
                it.hidden(field, personal, operator, value)
            })?,
            None => self.comparisons(&field.kind, value, path)?,
        };
        let parts = comparisons.into_iter().map(|it| Condition::Field(index, it));
        Ok(only_or_all(parts.collect()))
    }

    /// How a value that is not personal is compared, in one way or several.
    pub(super) fn comparisons(
        &mut self,
        kind: &FieldKind,
        value: &Value,
        path: &str,
    ) -> Result<Vec<Comparison>, Problem> {
        self.each(value, path, |it, operator, value| it.comparison(kind, operator, value))
    }

    /// What is asked of a value, counted, and each of it read.
    fn each(
        &mut self,
        value: &Value,
        path: &str,
        read: impl Fn(&mut Self, &str, &Value) -> Result<Comparison, String>,
    ) -> Result<Vec<Comparison>, Problem> {
        let mut comparisons = vec![];
        for (operator, value) in object(value, path)? {
            let path = format!("{path}.{operator}");
            self.count(&path)?;
            if *value == Value::Null {
                return Err(Problem::invalid(format!("{path}: null is no value; use isNull")));
            }
            let comparison = read(self, operator, value);
            let wrong = |reason| Problem::invalid(format!("{path}: {reason}"));
            comparisons.push(comparison.map_err(wrong)?);
        }
        Ok(comparisons)
    }

    fn comparison(
        &self,
        kind: &FieldKind,
        operator: &str,
        value: &Value,
    ) -> Result<Comparison, String> {
        let one = || value::param(kind, &self.catalogue.enums, value);
        let text = || match value {
            Value::String(text) if !text.contains('\0') => Ok(text.clone()),
            _ => Err("expected a text without NUL characters".to_owned()),
        };
        Ok(match operator {
            "eq" => Comparison::Equal(one()?),
            "ne" => Comparison::Different(one()?),
            "lt" => Comparison::Less(one()?),
            "lte" => Comparison::LessOrEqual(one()?),
            "gt" => Comparison::Greater(one()?),
            "gte" => Comparison::GreaterOrEqual(one()?),
            "in" => Comparison::In(self.values(kind, value)?),
            "notIn" => Comparison::NotIn(self.values(kind, value)?),
            "isNull" => Comparison::Empty(*value == Value::Boolean(true)),
            "startsWith" => Comparison::StartsWith(text()?),
            "endsWith" => Comparison::EndsWith(text()?),
            "words" => Comparison::Words(text()?),
            "contains" if kind.is_ordered() => Comparison::Contains(text()?),
            "contains" => Comparison::ContainsJson(one()?),
            _ => return Err("there is no such operator".to_owned()),
        })
    }

    /// Personal values are the same or not; nothing else can be asked.
    fn hidden(
        &mut self,
        field: &Field,
        personal: &Personal,
        operator: &str,
        value: &Value,
    ) -> Result<Comparison, String> {
        if operator == "isNull" {
            return Ok(Comparison::Empty(*value == Value::Boolean(true)));
        }
        let values = list(value);
        if values.len() > VALUES {
            return Err(format!("at most {VALUES} values are allowed, got {}", values.len()));
        }
        let text = |value: &Value| {
            let param = value::param(&field.kind, &self.catalogue.enums, value)?;
            let cell = value::key_cell(&param);
            Ok(cell.and_then(|cell| cell.text(&personal.kind)).unwrap_or_default())
        };
        let texts = values.iter().map(text).collect::<Result<_, String>>()?;
        let negated = match operator {
            "eq" | "in" => false,
            "ne" | "notIn" => true,
            _ => return Err("there is no such operator".to_owned()),
        };
        self.hidden = true;
        Ok(Comparison::Hidden(Hidden { place: personal.place.clone(), texts, negated }))
    }

    fn values(&self, kind: &FieldKind, value: &Value) -> Result<Param, String> {
        let values = list(value);
        if values.len() > VALUES {
            return Err(format!("at most {VALUES} values are allowed, got {}", values.len()));
        }
        let params: Result<Vec<Param>, String> =
            values.iter().map(|value| value::param(kind, &self.catalogue.enums, value)).collect();
        let params = params?;
        if params.is_empty() { Ok(Param::none_of(kind)) } else { Ok(Param::list(params)) }
    }

    pub(super) fn count(&mut self, path: &str) -> Result<(), Problem> {
        self.conditions += 1;
        if self.conditions > CONDITIONS {
            let message = format!("{path}: a filter may have {CONDITIONS} conditions");
            return Err(Problem::invalid(message).with("limit", CONDITIONS));
        }
        Ok(())
    }
}

/// Refuses null, which asks for nothing.
pub(super) fn something(value: &Value, path: &str) -> Result<(), Problem> {
    if *value != Value::Null {
        return Ok(());
    }
    let message = format!("{path}: null asks for nothing; leave it out, or use isNull");
    Err(Problem::invalid(message))
}

/// Refuses what nests too deep.
pub(super) fn within_depth(path: &str, depth: usize) -> Result<(), Problem> {
    if depth <= DEPTH {
        return Ok(());
    }
    let message = format!("{path}: a filter may nest {DEPTH} levels deep");
    Err(Problem::invalid(message).with("limit", DEPTH))
}

fn only_or_all(mut parts: Vec<Condition>) -> Condition {
    match parts.len() {
        1 => parts.pop().unwrap_or(Condition::NONE),
        _ => Condition::All(parts),
    }
}
