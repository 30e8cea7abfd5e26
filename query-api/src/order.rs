//! The order of fields in an answer: that of the query, as the specification
//! says and people expect. The library answers in the order in which fields
//! were ready.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

/// The fields of an object by the names they go by, in order, and those of the
/// objects in them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Order(IndexMap<Name, Order>);

impl Order {
    /// The order of an operation's answer. Its fragments have to be known to
    /// end.
    pub(crate) fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Self {
        let mut order = Self::default();
        order.add(document, &operation.selection_set.node);
        order
    }

    fn add(&mut self, document: &ExecutableDocument, selections: &SelectionSet) {
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = field.node.response_key().node.clone();
                    let below = self.0.entry(name).or_default();
                    below.add(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(document, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = document.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = fragment {
                        self.add(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// Puts an answer into this order.
    pub(crate) fn put(&self, value: &mut Value) {
        match value {
            // What has no fields here is shown as it is: nested JSON, dates.
            _ if self.0.is_empty() => {}
            Value::List(values) => values.iter_mut().for_each(|value| self.put(value)),
            Value::Object(fields) => {
                let place = |name: &Name| self.0.get_index_of(name).unwrap_or(usize::MAX);
                if !fields.keys().map(place).is_sorted() {
                    fields.sort_by_cached_key(|name, _| place(name));
                }
                for (name, value) in fields {
                    if let Some(below) = self.0.get(name) {
                        below.put(value);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::{parse_query, types::DocumentOperations};
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_come_as_they_were_asked_for() {
        let query = "{ b { y ...F x: z } a ... on Query { c } } fragment F on B { w y }";
        let document = parse_query(query).unwrap();
        let DocumentOperations::Single(operation) = &document.operations else { panic!() };
        let order = Order::of(&document, &operation.node);
        let answer = json!({ "c": { "z": 1, "a": 2 }, "a": 3, "b": [
            { "x": 1, "w": 2, "y": 3 }, null, { "y": 1, "x": 3 },
        ] });
        let mut answer = Value::from_json(answer).unwrap();
        order.put(&mut answer);
        let expected = r#"{"b":[{"y":3,"w":2,"x":1},null,{"y":1,"x":3}],"a":3,"c":{"z":1,"a":2}}"#;
        assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
    }
}
