//! The fields of an event in words.

use std::collections::BTreeMap;

use domain::kernel::is_personal;
use serde_json::Value;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds: `text, up to 120`.
    pub kind: String,
    /// Whether it may be empty.
    pub optional: bool,
    /// Whether it is, or holds, personal data.
    pub personal: bool,
    /// Its doc comment.
    pub doc: String,
}

/// A type that fields refer to by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its doc comment.
    pub doc: String,
    /// What it is made of.
    pub shape: Shape,
}

/// What a type is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Fields.
    Fields(Vec<Field>),
    /// One of several variants: name with what it holds, comment, and perhaps
    /// fields.
    Variants(Vec<(String, String, Vec<Field>)>),
}

/// The fields of an event's schema; the types they refer to go into `types`.
pub fn fields(schema: &Value, types: &mut BTreeMap<String, Type>) -> Vec<Field> {
    Reader { root: schema, types }.fields(schema)
}

struct Reader<'a> {
    root: &'a Value,
    types: &'a mut BTreeMap<String, Type>,
}

impl Reader<'_> {
    fn fields(&mut self, object: &Value) -> Vec<Field> {
        let required: Vec<&str> = list(object, "required").filter_map(Value::as_str).collect();
        let properties = object.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties
            .map(|(name, schema)| {
                let (core, null) = without_null(schema);
                let own = text(schema, "description");
                let core_doc = text(self.resolved(&core), "description");
                let doc = if own.is_empty() { core_doc } else { own }.to_owned();
                Field {
                    kind: self.kind(&core),
                    optional: null || !required.contains(&name.as_str()),
                    personal: is_personal(self.root, schema),
                    doc,
                    name: name.clone(),
                }
            })
            .collect()
    }

    fn resolved<'b>(&'b self, schema: &'b Value) -> &'b Value {
        let target = schema.get("$ref").and_then(Value::as_str);
        target.and_then(|target| self.root.pointer(target.strip_prefix('#')?)).unwrap_or(schema)
    }

    /// What a schema holds, in words.
    fn kind(&mut self, schema: &Value) -> String {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            let target = self.resolved(schema).clone();
            return self.named(&name, &target);
        }
        if let Some(aggregate) = schema.get("x-id").and_then(Value::as_str) {
            return format!(
                "id of {} {aggregate} ({}_…)",
                article(aggregate),
                text(schema, "x-prefix")
            );
        }
        if schema.get("x-currency").is_some() {
            return "currency code".to_owned();
        }
        let words = words(schema);
        if !words.is_empty() {
            return words.join(" | ");
        }
        match text(schema, "type") {
            "string" => match text(schema, "format") {
                "date" => "date".to_owned(),
                "date-time" => "time".to_owned(),
                _ => bounded("text", schema, "minLength", "maxLength", Some(1)),
            },
            "integer" => bounded("integer", schema, "minimum", "maximum", None),
            "boolean" => "yes or no".to_owned(),
            "array" => match schema.get("items") {
                Some(items) => format!("list of {}", self.kind(items)),
                None => "list".to_owned(),
            },
            "object" => match schema.get("additionalProperties") {
                Some(values @ Value::Object(_)) => format!("{} by name", self.kind(values)),
                _ => "object".to_owned(),
            },
            "" => "anything".to_owned(),
            other => other.to_owned(),
        }
    }

    /// A type with a name: told once, and by its words alone where it has
    /// nothing else.
    fn named(&mut self, name: &str, schema: &Value) -> String {
        let branches: Vec<&Value> = list(schema, "oneOf").collect();
        let has_fields = |branch: &&Value| branch.get("properties").is_some();
        if schema.get("properties").is_none() && !branches.iter().any(has_fields) {
            return self.kind(schema);
        }
        if self.types.contains_key(name) {
            return name.to_owned();
        }
        // Its name is taken before it is looked into: it may refer to itself.
        let doc = text(schema, "description").to_owned();
        let empty = Type { doc: doc.clone(), shape: Shape::Fields(vec![]) };
        self.types.insert(name.to_owned(), empty);
        let shape = if branches.is_empty() {
            Shape::Fields(self.fields(schema))
        } else {
            Shape::Variants(branches.into_iter().flat_map(|branch| self.variants(branch)).collect())
        };
        self.types.insert(name.to_owned(), Type { doc, shape });
        name.to_owned()
    }

    fn variants(&mut self, branch: &Value) -> Vec<(String, String, Vec<Field>)> {
        let doc = text(branch, "description");
        let bare = words(branch).into_iter().map(|word| (word, doc.to_owned(), vec![]));
        let bodies = branch.get("properties").and_then(Value::as_object).into_iter().flatten();
        let bodies: Vec<_> = bodies
            .map(|(name, body)| {
                let held = self.resolved(body).clone();
                let doc = if doc.is_empty() { text(&held, "description") } else { doc };
                let fields = self.fields(&held);
                let object = held.get("type").is_some_and(|kind| kind == "object");
                let name =
                    if object { name.clone() } else { format!("{name}: {}", self.kind(body)) };
                (name, doc.to_owned(), fields)
            })
            .collect();
        bare.chain(bodies).collect()
    }
}

/// The words of an enum without fields.
fn words(schema: &Value) -> Vec<String> {
    let branches = list(schema, "oneOf").chain([schema]);
    let words =
        branches.flat_map(|branch| branch.get("const").into_iter().chain(list(branch, "enum")));
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn bounded(kind: &str, schema: &Value, low: &str, high: &str, usual: Option<i64>) -> String {
    let low = schema.get(low).and_then(Value::as_i64).filter(|low| Some(*low) != usual);
    let high = schema.get(high).and_then(Value::as_i64);
    match (low, high) {
        (Some(low), Some(high)) if low == -high => format!("{kind}, within ±{}", grouped(high)),
        (Some(low), Some(high)) => format!("{kind}, {} to {}", grouped(low), grouped(high)),
        (None, Some(high)) => format!("{kind}, up to {}", grouped(high)),
        (Some(low), None) => format!("{kind}, from {}", grouped(low)),
        (None, None) => kind.to_owned(),
    }
}

/// `1000000` as `1 000 000`.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digits.len() > 4 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Sees through "or null".
fn without_null(schema: &Value) -> (Value, bool) {
    let null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
    let mut solid = list(schema, "anyOf").filter(|choice| !null(choice));
    if let (Some(one), None) = (solid.next(), solid.next()) {
        return (one.clone(), true);
    }
    let mut plain = schema.clone();
    if let Some(Value::Array(kinds)) = schema.get("type")
        && let Some(kind) = kinds.iter().find(|kind| *kind != "null")
        && let Value::Object(plain) = &mut plain
    {
        plain.insert("type".to_owned(), kind.clone());
        return (Value::Object(plain.clone()), true);
    }
    (plain, false)
}

fn list<'a>(schema: &'a Value, keyword: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(schema: &'a Value, keyword: &str) -> &'a str {
    schema.get(keyword).and_then(Value::as_str).unwrap_or_default()
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
