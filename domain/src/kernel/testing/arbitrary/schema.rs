//! JSON Schemas as strategies.

use proptest::{
    collection::vec,
    option,
    prelude::any,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::{Map, Value};

use super::{Manner, integer, word};

type Values = BoxedStrategy<Value>;

/// A schema and the definitions it refers to.
pub(super) struct Source<'a> {
    root: &'a Value,
    manner: Manner,
}

/// The references that led to a schema, the last one first.
#[derive(Clone, Copy)]
struct Path<'p>(Option<(&'p str, &'p Path<'p>)>);

impl Path<'_> {
    /// Whether a recursive type has come back to itself often enough.
    fn ends_at(&self, reference: &str) -> bool {
        let mut times = 0;
        let mut path = self;
        while let Some((other, outer)) = path.0 {
            times += usize::from(other == reference);
            path = outer;
        }
        times > 2
    }

    /// Whether a schema would go on with what has to end.
    fn forbids(&self, schema: &Value) -> bool {
        match schema {
            Value::Object(keywords) => keywords.iter().any(|(keyword, value)| {
                let reference = value.as_str().filter(|_| keyword == "$ref");
                reference.is_some_and(|reference| self.ends_at(reference)) || self.forbids(value)
            }),
            Value::Array(items) => items.iter().any(|item| self.forbids(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }
}

impl<'a> Source<'a> {
    pub(super) fn new(root: &'a Value, manner: Manner) -> Self {
        Self { root, manner }
    }

    pub(super) fn values(&self) -> Values {
        self.of(self.root, &Path(None))
    }

    fn of(&self, schema: &Value, path: &Path<'_>) -> Values {
        let values = if let Some(value) = schema.get("const") {
            Just(value.clone()).boxed()
        } else if let Some(words) = list(schema, "enum") {
            select(words.clone()).boxed()
        } else {
            self.composed(schema, path)
        };
        if self.manner == Manner::Wild && schema.get("x-personal").is_some() {
            return Union::new_weighted(vec![(6, values), (1, Just(Value::Null).boxed())]).boxed();
        }
        values
    }

    /// What a schema takes from elsewhere, its choices and its own properties
    /// are generated apart and put together.
    fn composed(&self, schema: &Value, path: &Path<'_>) -> Values {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let choices = list(schema, "oneOf").or_else(|| list(schema, "anyOf"));
        let mut parts: Vec<Values> = reference
            .map(|reference| self.referenced(reference, path))
            .into_iter()
            .chain(list(schema, "allOf").into_iter().flatten().map(|part| self.of(part, path)))
            .chain(choices.map(|choices| self.one_of(choices, path)))
            .collect();
        if parts.is_empty() || schema.get("properties").is_some() {
            parts.insert(0, self.typed(schema, path));
        }
        let together = parts.into_iter().reduce(|one, other| (one, other).prop_map(merged).boxed());
        together.unwrap_or_else(nothing)
    }

    fn referenced(&self, reference: &str, path: &Path<'_>) -> Values {
        let target = reference.strip_prefix('#').and_then(|place| self.root.pointer(place));
        match target {
            Some(target) if !path.ends_at(reference) => {
                self.of(target, &Path(Some((reference, path))))
            }
            Some(_) | None => nothing(),
        }
    }

    /// Nothing is less likely than something, and what failures shrink to.
    fn one_of(&self, choices: &[Value], path: &Path<'_>) -> Values {
        let (null, solid): (Vec<_>, Vec<_>) = choices
            .iter()
            .partition(|choice| choice.get("type").is_some_and(|kind| kind == "null"));
        let something = solid.into_iter().filter(|choice| !path.forbids(choice));
        let weighted: Vec<_> = null
            .into_iter()
            .map(|_| (1, nothing()))
            .chain(something.map(|choice| (3, self.of(choice, path))))
            .collect();
        if weighted.is_empty() { nothing() } else { Union::new_weighted(weighted).boxed() }
    }

    fn typed(&self, schema: &Value, path: &Path<'_>) -> Values {
        match schema.get("type") {
            Some(Value::String(kind)) => self.of_type(kind, schema, path),
            Some(Value::Array(kinds)) => {
                let (null, solid): (Vec<_>, Vec<_>) =
                    kinds.iter().filter_map(Value::as_str).partition(|kind| *kind == "null");
                let solid = solid.into_iter().map(|kind| (3, self.of_type(kind, schema, path)));
                Union::new_weighted(null.into_iter().map(|_| (1, nothing())).chain(solid).collect())
                    .boxed()
            }
            _ => select(vec![Value::Null, true.into(), 1.into(), "alpha".into()]).boxed(),
        }
    }

    fn of_type(&self, kind: &str, schema: &Value, path: &Path<'_>) -> Values {
        match kind {
            "string" => word::values(schema, self.manner),
            "integer" => integer::values(schema, self.manner),
            "number" => select(vec![Value::from(0), 1.5.into(), (-2.25).into()]).boxed(),
            "boolean" => any::<bool>().prop_map(Value::Bool).boxed(),
            "array" => self.array(schema, path),
            "object" => self.object(schema, path),
            _ => nothing(),
        }
    }

    fn array(&self, schema: &Value, path: &Path<'_>) -> Values {
        if let Some(places) = list(schema, "prefixItems") {
            let places: Vec<_> = places.iter().map(|place| self.of(place, path)).collect();
            return places.prop_map(Value::Array).boxed();
        }
        let stated = |keyword: &str| {
            schema.get(keyword).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
        };
        let least = stated("minItems").unwrap_or(0);
        let most = stated("maxItems").unwrap_or(3).clamp(least, least.max(3));
        let items = schema.get("items").cloned().unwrap_or(Value::Bool(true));
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let most = if path.forbids(&items) { least } else { most };
        vec(self.of(&items, path), least..=most)
            .prop_map(move |items| Value::Array(if unique { once_each(items) } else { items }))
            .boxed()
    }

    fn object(&self, schema: &Value, path: &Path<'_>) -> Values {
        let required = list(schema, "required").map(Vec::as_slice).unwrap_or_default();
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields: Vec<BoxedStrategy<Option<(String, Value)>>> = properties
            .into_iter()
            .flatten()
            .map(|(name, property)| {
                let value = self.of(property, path);
                let value = if required.iter().any(|one| one == name.as_str()) {
                    value.prop_map(Some).boxed()
                } else {
                    option::weighted(0.75, value).boxed()
                };
                let name = name.clone();
                value.prop_map(move |value| Some((name.clone(), value?))).boxed()
            })
            .collect();
        let entries = self.entries(schema, path);
        (fields, entries)
            .prop_map(|(fields, entries)| {
                Value::Object(fields.into_iter().flatten().chain(entries).collect())
            })
            .boxed()
    }

    /// The entries of a map, which a schema describes by their keys' pattern.
    fn entries(&self, schema: &Value, path: &Path<'_>) -> BoxedStrategy<Vec<(String, Value)>> {
        let by_pattern = schema.get("patternProperties").and_then(Value::as_object);
        let by_pattern = by_pattern.and_then(|patterns| patterns.iter().next());
        let (key, value) = match (by_pattern, schema.get("additionalProperties")) {
            (Some((pattern, value)), _) => (serde_json::json!({ "pattern": pattern }), value),
            (None, Some(value @ Value::Object(_))) => (Value::Null, value),
            _ => return Just(vec![]).boxed(),
        };
        if path.forbids(value) {
            return Just(vec![]).boxed();
        }
        vec((select(word::pool(&key, Manner::Plausible)), self.of(value, path)), 0..=3).boxed()
    }
}

fn nothing() -> Values {
    Just(Value::Null).boxed()
}

fn list<'a>(schema: &'a Value, keyword: &str) -> Option<&'a Vec<Value>> {
    schema.get(keyword)?.as_array()
}

fn merged((one, other): (Value, Value)) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            Value::Object(one.into_iter().chain(other).collect::<Map<_, _>>())
        }
        (_, other) => other,
    }
}

fn once_each(items: Vec<Value>) -> Vec<Value> {
    items.into_iter().fold(vec![], |mut kept, item| {
        if !kept.contains(&item) {
            kept.push(item);
        }
        kept
    })
}
