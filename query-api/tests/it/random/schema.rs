//! The schema as the server shows it: what is asked is made from it, so that
//! whatever is added to it is asked, too.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::tenant::Tenant;

const QUERY: &str = "{ __schema { types { name
        inputFields { name type { ...T } } enumValues { name }
        fields { name args { name } type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Types by their names, and the names of their fields' types by theirs.
type Types = BTreeMap<String, BTreeMap<String, String>>;

pub(super) struct Schema {
    pub(super) inputs: Types,
    /// Fields without arguments.
    pub(super) outputs: Types,
    pub(super) enums: BTreeMap<String, Vec<String>>,
}

impl Schema {
    pub(super) async fn of(tenant: &Tenant<'_>) -> Self {
        let data = tenant.data(QUERY).await;
        let mut schema =
            Self { inputs: Types::new(), outputs: Types::new(), enums: BTreeMap::new() };
        for of in data["__schema"]["types"].as_array().unwrap() {
            let name = of["name"].as_str().unwrap().to_owned();
            let fields = |key: &str| of[key].as_array().cloned().unwrap_or_default();
            let named = |it: &Value| (text(&it["name"]), named_type(&it["type"]));
            schema.inputs.insert(name.clone(), fields("inputFields").iter().map(named).collect());
            let plain = fields("fields");
            let plain = plain.iter().filter(|it| it["args"].as_array().unwrap().is_empty());
            schema.outputs.insert(name.clone(), plain.map(named).collect());
            let values = fields("enumValues").iter().map(|it| text(&it["name"])).collect();
            schema.enums.insert(name, values);
        }
        schema
    }

    /// Whether a filter is of single values.
    pub(super) fn is_of_values(&self, filter: &str) -> bool {
        self.inputs[filter].contains_key("eq") || filter == "JSONFilter"
    }

    /// What is selected to see all of a row but those it is related to.
    pub(super) fn selection(&self, of: &str, rows: &[&str]) -> String {
        let fields = self.outputs[of].iter().filter_map(|(name, of)| {
            let parts = &self.outputs[of];
            match parts.is_empty() {
                true => Some(name.clone()),
                false if rows.contains(&of.as_str()) => None,
                false => Some(format!("{name} {{ {} }}", self.selection(of, rows))),
            }
        });
        fields.collect::<Vec<_>>().join(" ")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The name of a type without "not null" and "list of".
fn named_type(of: &Value) -> String {
    match &of["ofType"] {
        Value::Null => text(&of["name"]),
        inner => named_type(inner),
    }
}
