//! Command schemas as components: the definitions of all commands side by
//! side, each under one name.

use std::collections::BTreeMap;

use domain::kernel::{AggregateEntry, CommandEntry, pascal_case};
use serde_json::{Map, Value, json};

use super::components;
use crate::example;

const DEFINITIONS: &str = "#/$defs/";

/// All schemas of the document so far.
pub(super) struct Schemas {
    components: Map<String, Value>,
    /// What each name stands for, with all it refers to.
    meanings: BTreeMap<String, String>,
}

impl Default for Schemas {
    fn default() -> Self {
        let components = components::schemas();
        let taken = components.keys().map(String::as_str).chain(["Batch", "BatchReceipt"]);
        let meanings = taken.map(|name| (name.to_owned(), String::new())).collect();
        Self { components, meanings }
    }
}

/// The definitions of one aggregate's commands.
pub(super) struct Definitions<'a> {
    schemas: &'a mut Schemas,
    aggregate: &'a AggregateEntry,
}

impl Schemas {
    pub(super) fn definitions<'a>(&'a mut self, aggregate: &'a AggregateEntry) -> Definitions<'a> {
        Definitions { schemas: self, aggregate }
    }

    /// Takes in schemas that belong to no command.
    pub(super) fn extend(&mut self, schemas: Map<String, Value>) {
        self.components.extend(schemas);
    }

    pub(super) fn components(&self) -> &Map<String, Value> {
        &self.components
    }
}

impl Definitions<'_> {
    /// Takes a command's body in and gives its name.
    pub(super) fn body(&mut self, command: &CommandEntry) -> String {
        let root = &command.schema;
        let name = format!("{}{}", pascal_case(self.aggregate.name), pascal_case(&command.name));
        self.schemas.meanings.insert(name.clone(), String::new());
        let mut body = self.rewritten(root, root);
        if let Value::Object(body) = &mut body {
            body.insert("title".to_owned(), name.clone().into());
            if command.creates {
                self.add_id(body);
            }
            if let Some(example) = example::of(root, root) {
                body.insert("examples".to_owned(), json!([example]));
            }
        }
        self.schemas.components.insert(name.clone(), body);
        name
    }

    fn add_id(&self, body: &mut Map<String, Value>) {
        let properties = body.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(properties) = properties {
            let id = json!({
                "type": "string",
                "pattern": format!("^{}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$", self.aggregate.prefix),
                "description": "The id it shall have. Left out, it gets a new one.",
            });
            properties.insert("id".to_owned(), id);
        }
    }

    /// A schema whose references lead to components, which are taken in.
    fn rewritten(&mut self, root: &Value, schema: &Value) -> Value {
        match schema {
            Value::Object(fields) => fields
                .iter()
                .filter(|(keyword, _)| *keyword != "$defs")
                .map(|(keyword, value)| {
                    let target = value.as_str().and_then(|text| text.strip_prefix(DEFINITIONS));
                    let value = match target {
                        Some(target) if keyword == "$ref" => {
                            format!("#/components/schemas/{}", self.definition(root, target)).into()
                        }
                        _ => self.rewritten(root, value),
                    };
                    (keyword.clone(), value)
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => {
                items.iter().map(|item| self.rewritten(root, item)).collect::<Vec<_>>().into()
            }
            leaf => leaf.clone(),
        }
    }

    /// The component of a definition. Two that mean different things under one
    /// name are told apart by the aggregate.
    fn definition(&mut self, root: &Value, name: &str) -> String {
        let meaning = meaning(root, name);
        let own = format!("{}{name}", pascal_case(self.aggregate.name));
        let component = match self.schemas.meanings.get(name) {
            Some(known) if *known != meaning => own,
            _ => name.to_owned(),
        };
        if !self.schemas.components.contains_key(&component) {
            // Its name is taken before it is looked into: it may refer to itself.
            self.schemas.meanings.insert(component.clone(), meaning);
            self.schemas.components.insert(component.clone(), Value::Null);
            let pointer = format!("/$defs/{name}");
            let definition = root.pointer(&pointer).cloned().unwrap_or_default();
            let definition = self.rewritten(root, &definition);
            self.schemas.components.insert(component.clone(), definition);
        }
        component
    }
}

/// A definition and all it refers to, as text.
fn meaning(root: &Value, name: &str) -> String {
    let mut seen: Vec<String> = vec![name.to_owned()];
    let mut text = String::new();
    let mut next = 0;
    while let Some(name) = seen.get(next).cloned() {
        next += 1;
        let definition = root.pointer(&format!("/$defs/{name}")).unwrap_or(&Value::Null);
        let written = definition.to_string();
        for found in written.split(DEFINITIONS).skip(1) {
            let found = found.split('"').next().unwrap_or_default().to_owned();
            if !seen.contains(&found) {
                seen.push(found);
            }
        }
        text.push_str(&written);
    }
    text
}
