//! The models that filters look into: their tables are read as well.

use std::convert::Infallible;

use async_graphql::{Value, parser::types::Field};

use super::walk::{Path, Walk};
use crate::{catalogue::Model, problem::Problem};

/// A part of a filter.
#[derive(Clone, Copy)]
struct Part<'v> {
    value: &'v Value,
    /// Whether it was written in the query, where a name stands for a variable.
    is_written: bool,
}

impl<'a> Walk<'a> {
    /// Notes the models that a list's, or groups', filter looks into.
    pub(super) fn filter(
        &mut self,
        field: &Field,
        model: usize,
        path: &Path<'_>,
    ) -> Result<(), Problem> {
        let Some(given) = field.get_argument("filter") else { return Ok(()) };
        if !self.filters.insert((given.pos, model)) {
            return Ok(());
        }
        // What is in variables may be large, and is looked at where it is: until
        // then a name stands for it, which no filter of rows can be.
        let written = given.node.clone();
        let Ok(written) = written.into_const_with(|name| Ok::<_, Infallible>(Value::Enum(name)));
        self.condition(Part { value: &written, is_written: true }, model, path)
    }

    /// A filter of rows, or several of them.
    fn condition(&mut self, part: Part<'_>, model: usize, path: &Path<'_>) -> Result<(), Problem> {
        self.visit(path)?;
        let part = self.meant(part);
        let shared = self.shared;
        match (part.value, shared.model(model)) {
            (Value::List(values), Some(_)) => values
                .iter()
                .try_for_each(|value| self.condition(Part { value, ..part }, model, path)),
            (Value::Object(parts), Some(model)) => parts
                .iter()
                .try_for_each(|(name, value)| self.part(model, name, Part { value, ..part }, path)),
            _ => Ok(()),
        }
    }

    fn part(
        &mut self,
        model: &Model,
        name: &str,
        part: Part<'_>,
        path: &Path<'_>,
    ) -> Result<(), Problem> {
        self.visit(path)?;
        if matches!(name, "and" | "or" | "not") {
            return self.condition(part, model.index, path);
        }
        if let Some(parent) = model.parents.iter().find(|parent| parent.name == name) {
            self.models.insert(parent.to);
            return self.condition(part, parent.to, path);
        }
        let Some(child) = model.children.iter().find(|child| child.name == name) else {
            return Ok(());
        };
        self.models.insert(child.from);
        if child.only {
            return self.condition(part, child.from, path);
        }
        let part = self.meant(part);
        let Value::Object(quantifiers) = part.value else { return Ok(()) };
        let mut values = quantifiers.values();
        values.try_for_each(|value| self.condition(Part { value, ..part }, child.from, path))
    }

    /// What a variable stands for, if it is one.
    fn meant<'v>(&self, part: Part<'v>) -> Part<'v>
    where
        'a: 'v,
    {
        match part {
            Part { value: Value::Enum(name), is_written: true } => {
                let value = self.variable(name).unwrap_or(&Value::Null);
                Part { value, is_written: false }
            }
            part => part,
        }
    }
}
