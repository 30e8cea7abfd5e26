//! What types say about themselves through serde and schemars.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::{Column, ColumnKind, Search, Table, Word};

mod nested;

/// One variant of an externally tagged enum.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    /// The wire name.
    pub(super) name: String,
    /// The doc comment of the variant, else of the struct it holds.
    pub(super) doc: String,
    /// The schema of what it holds, complete with the definitions it refers to.
    pub(super) schema: Value,
}

/// The doc comment of a type.
pub(super) fn doc<T: JsonSchema>() -> String {
    text(&root::<T>(), "description")
}

/// The schema of a type as it is written.
pub(super) fn of<T: JsonSchema>() -> Value {
    root::<T>()
}

/// The variants of an externally tagged enum as they are written. Empty for
/// any other type.
pub(super) fn variants<T: JsonSchema>() -> Vec<Variant> {
    variants_in(&root::<T>())
}

/// The same as they may be read: whoever writes them need not say what has a
/// default.
pub(super) fn variants_as_read<T: JsonSchema>() -> Vec<Variant> {
    variants_in(&root_under::<T>(SchemaSettings::draft2020_12().for_deserialize()))
}

fn variants_in(root: &Value) -> Vec<Variant> {
    let bare = |word| variant(root, &Value::Null, word, &Value::Null);
    let branches = root.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    branches
        .flat_map(|branch| variants_of_branch(root, branch))
        // An enum of which no variant has fields or a comment is one branch.
        .chain(words_of(root).into_iter().map(bare))
        .collect()
}

fn variants_of_branch(root: &Value, branch: &Value) -> Vec<Variant> {
    let fields = branch.get("properties").and_then(Value::as_object).into_iter().flatten();
    let bare = words_of(branch).into_iter().map(|word| variant(root, branch, word, &Value::Null));
    fields.map(|(name, body)| variant(root, branch, name, body)).chain(bare).collect()
}

fn variant(root: &Value, branch: &Value, name: &str, body: &Value) -> Variant {
    let resolved = resolve(root, body);
    let own = text(branch, "description");
    let mut schema = resolved.as_object().cloned().unwrap_or_default();
    if let Some(definitions) = root.get("$defs") {
        schema.insert("$defs".to_owned(), definitions.clone());
    }
    Variant {
        name: name.to_owned(),
        doc: if own.is_empty() { text(resolved, "description") } else { own },
        schema: Value::Object(schema),
    }
}

/// The table of a row type: its fields in order.
pub(super) fn table<R: JsonSchema>() -> Table {
    let root = root::<R>();
    let required: Vec<&str> = root
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let none = Map::new();
    let properties = root.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let columns = properties
        .iter()
        .map(|(name, property)| {
            let is_required = required.contains(&name.as_str());
            column(&root, name, property, is_required, &mut vec![])
        })
        .collect();
    Table { doc: text(&root, "description"), columns }
}

/// A field as a column. `within` are the definitions that it is nested in.
fn column<'a>(
    root: &'a Value,
    name: &str,
    property: &'a Value,
    required: bool,
    within: &mut Vec<&'a Value>,
) -> Column {
    let (core, null) = without_null(root, property);
    let personal = core.get("x-personal").is_some();
    let own = text(property, "description");
    let kind = kind(core);
    let is_nested = kind == ColumnKind::Json && !personal;
    Column {
        name: name.to_owned(),
        kind,
        nullable: null || personal || !required,
        personal,
        doc: if own.is_empty() { text(core, "description") } else { own },
        default: property.get("default").cloned(),
        deprecated: deprecation(property),
        nested: if is_nested { nested::of(root, core, within) } else { None },
        search: match property.get(SEARCH).and_then(Value::as_str) {
            Some("parts") => Some(Search::Parts),
            Some("words") => Some(Search::Words),
            _ => None,
        },
    }
}

/// Says by what text is found.
const SEARCH: &str = "x-search";

/// The fields of a row type that ask to be found by something, and cannot.
pub(super) fn unsearchable<R: JsonSchema>() -> Vec<String> {
    let root = root::<R>();
    let table = table::<R>();
    let properties = root.get("properties").and_then(Value::as_object);
    let asking = properties.into_iter().flatten().filter(|(_, it)| it.get(SEARCH).is_some());
    let cannot = asking.filter(|(name, _)| {
        let column = table.column(name);
        !column.is_some_and(|it| it.search.is_some() && it.kind == ColumnKind::Text && !it.personal)
    });
    cannot.map(|(name, _)| name.clone()).collect()
}

/// Why nobody should use something any more.
fn deprecation(schema: &Value) -> Option<String> {
    let reason = schema.get("x-deprecated").and_then(Value::as_str).map(str::to_owned);
    let is_marked = schema.get("deprecated").and_then(Value::as_bool).unwrap_or(false);
    reason.or_else(|| is_marked.then(|| "Not to be used any more.".to_owned()))
}

/// The fields of a row type that hold personal data somewhere within.
pub(super) fn nested_personal<R: JsonSchema>() -> Vec<String> {
    let root = root::<R>();
    let properties = root.get("properties").and_then(Value::as_object);
    let nested = properties.into_iter().flatten().filter(|(_, property)| {
        let (core, _) = without_null(&root, property);
        core.get("x-personal").is_none() && mentions_personal(&root, core, &mut vec![])
    });
    nested.map(|(name, _)| name.clone()).collect()
}

/// Whether what a schema describes may hold personal data. `root` has the
/// definitions that the schema refers to, of which others may not count.
#[must_use]
pub fn is_personal(root: &Value, schema: &Value) -> bool {
    mentions_personal(root, schema, &mut vec![])
}

fn mentions_personal<'a>(root: &'a Value, schema: &'a Value, seen: &mut Vec<&'a str>) -> bool {
    match schema {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            let referenced = reference.filter(|name| !seen.contains(name)).is_some_and(|name| {
                seen.push(name);
                mentions_personal(root, resolve(root, schema), seen)
            });
            let mut within = fields.iter().filter(|(name, _)| *name != "$defs");
            referenced
                || fields.contains_key("x-personal")
                || within.any(|(_, part)| mentions_personal(root, part, seen))
        }
        Value::Array(items) => items.iter().any(|item| mentions_personal(root, item, seen)),
        _ => false,
    }
}

/// Sees through references and through "or null".
fn without_null<'a>(root: &'a Value, schema: &'a Value) -> (&'a Value, bool) {
    let schema = resolve(root, schema);
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let is_null = |choice: &Value| text(choice, "type") == "null";
        let mut solid = choices.iter().filter(|choice| !is_null(choice));
        if let (Some(one), None) = (solid.next(), solid.next()) {
            return (resolve(root, one), choices.iter().any(is_null));
        }
    }
    let null = schema
        .get("type")
        .and_then(Value::as_array)
        .is_some_and(|types| types.iter().any(|t| t == "null"));
    (schema, null)
}

fn kind(schema: &Value) -> ColumnKind {
    if let Some(aggregate) = schema.get("x-id").and_then(Value::as_str) {
        return ColumnKind::Id {
            aggregate: aggregate.to_owned(),
            prefix: text(schema, "x-prefix"),
        };
    }
    if let Some(values) = words(schema) {
        let (name, doc) = (text(schema, "title"), text(schema, "description"));
        return ColumnKind::Enum { name, doc, values };
    }
    let is = |name: &str| match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    };
    match text(schema, "format").as_str() {
        "date-time" if is("string") => ColumnKind::Timestamp,
        "date" if is("string") => ColumnKind::Date,
        _ if is("string") => ColumnKind::Text,
        _ if is("integer") => ColumnKind::Int,
        _ if is("boolean") => ColumnKind::Bool,
        _ => ColumnKind::Json,
    }
}

/// The words of an enum without fields.
fn words(schema: &Value) -> Option<Vec<Word>> {
    let branches: Vec<&Value> =
        schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().collect();
    if branches.iter().any(|branch| words_of(branch).is_empty()) {
        return None;
    }
    let commented = branches.iter().flat_map(|branch| {
        let (doc, deprecated) = (text(branch, "description"), deprecation(branch));
        let word = move |name: &str| Word {
            name: name.to_owned(),
            doc: doc.clone(),
            deprecated: deprecated.clone(),
        };
        words_of(branch).into_iter().map(word)
    });
    let bare = |name: &str| Word { name: name.to_owned(), doc: String::new(), deprecated: None };
    let words: Vec<Word> = commented.chain(words_of(schema).into_iter().map(bare)).collect();
    (!words.is_empty()).then_some(words)
}

/// The variants without fields that one branch stands for: the one that has a
/// comment of its own, or all those that have none.
fn words_of(branch: &Value) -> Vec<&str> {
    let alone = branch.get("const").into_iter();
    let together = branch.get("enum").and_then(Value::as_array).into_iter().flatten();
    alone.chain(together).filter_map(Value::as_str).collect()
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.strip_prefix('#')?))
        .unwrap_or(schema)
}

fn text(schema: &Value, keyword: &str) -> String {
    schema.get(keyword).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn root<T: JsonSchema>() -> Value {
    root_under::<T>(SchemaSettings::draft2020_12().for_serialize())
}

fn root_under<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| {
        settings.meta_schema = None;
        settings.transforms.push(Box::new(name_enums));
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// A definition is known by its key alone; an enum's words need a name where
/// they are used, in GraphQL for example.
fn name_enums(schema: &mut schemars::Schema) {
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        for (name, definition) in definitions {
            if let Value::Object(definition) = definition {
                definition.entry("title").or_insert_with(|| name.clone().into());
            }
        }
    }
}

/// `daily_revenue` as `DailyRevenue`.
#[must_use]
pub fn pascal_case(name: &str) -> String {
    name.split(['_', '-'])
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}
