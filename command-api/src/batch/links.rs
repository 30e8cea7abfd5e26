//! References to what earlier commands of a batch bring into being: `bok_$0` is
//! the book of `commands[0]`, whose id nobody knows yet.

use domain::kernel::Registry;
use serde_json::Value;
use service::http::Problem;

use super::envelope::Sent;
use crate::{
    fields::{FieldError, below},
    problem,
};

/// What commands may refer to, and what refers to what.
pub(super) struct Links {
    prefixes: Vec<&'static str>,
    /// The ids of the commands so far; none where there is no such command.
    ids: Vec<Option<String>>,
    /// Commands, each with one it must come after.
    after: Vec<(usize, usize)>,
}

impl Links {
    pub(super) fn of(registry: &Registry) -> Self {
        let prefixes = registry.aggregates().iter().map(|aggregate| aggregate.prefix).collect();
        Self { prefixes, ids: vec![], after: vec![] }
    }

    /// Puts ids in the place of references.
    pub(super) fn resolve(&mut self, index: usize, sent: &mut Sent) -> Result<(), Problem> {
        let mut errors = vec![];
        let parts: Vec<String> = sent.path.split('/').map(str::to_owned).collect();
        let mut path = Vec::with_capacity(parts.len());
        for part in parts {
            let mut part = Value::String(part);
            self.resolve_in(index, &mut part, &format!("commands[{index}].path"), &mut errors);
            path.push(part.as_str().unwrap_or_default().to_owned());
        }
        sent.path = path.join("/");
        let place = format!("commands[{index}].body");
        for (name, value) in &mut sent.body {
            self.resolve_in(index, value, &below(&place, name), &mut errors);
        }
        if errors.is_empty() { Ok(()) } else { Err(problem::invalid(&errors)) }
    }

    /// Takes in the id of the next command.
    pub(super) fn learn(&mut self, id: Option<String>) {
        self.ids.push(id);
    }

    /// Which commands must come after which, among those at some places, by
    /// where they are there.
    pub(super) fn among(&self, places: &[usize]) -> Vec<(usize, usize)> {
        let find = |place: usize| places.iter().position(|known| *known == place);
        self.after.iter().filter_map(|(one, other)| Some((find(*one)?, find(*other)?))).collect()
    }

    fn resolve_in(
        &mut self,
        index: usize,
        value: &mut Value,
        place: &str,
        errors: &mut Vec<FieldError>,
    ) {
        match value {
            Value::String(text) => match self.target(index, text) {
                Some(Ok((target, id))) => {
                    self.after.push((index, target));
                    *text = id;
                }
                Some(Err(message)) => {
                    errors.push(FieldError { field: place.to_owned(), message });
                }
                None => {}
            },
            Value::Array(items) => {
                for (number, item) in items.iter_mut().enumerate() {
                    self.resolve_in(index, item, &format!("{place}[{number}]"), errors);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.resolve_in(index, field, &below(place, name), errors);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What a text refers to, unless it is only a text.
    fn target(&self, index: usize, text: &str) -> Option<Result<(usize, String), String>> {
        let (prefix, place) = text.split_once("_$")?;
        let place: usize = place.parse().ok().filter(|_| self.prefixes.contains(&prefix))?;
        let wrong = |why: &str| Some(Err(format!("must be an id, is {text:?}, {why}")));
        if place >= index {
            return wrong("which is not the id of an earlier command");
        }
        match self.ids.get(place).and_then(Option::as_deref) {
            None => wrong(&format!("but commands[{place}] is not valid")),
            Some(id) if id.split_once('_').is_some_and(|(of, _)| of == prefix) => {
                Some(Ok((place, id.to_owned())))
            }
            Some(id) => wrong(&format!("but commands[{place}] is about {id}")),
        }
    }
}
