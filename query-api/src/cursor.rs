//! Cursors: the sort values of a row, opaque to clients.
//!
//! A cursor names a place in one order of one list. It says which by a short
//! hash, so that a cursor taken from another order is refused instead of
//! landing anywhere.

use async_graphql::Value;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    catalogue::{Catalogue, Model},
    sql::{Param, Sort},
    value,
};

/// How the cursors of one list in one order are written and read.
#[derive(Clone, Debug)]
pub(crate) struct Cursors {
    order: String,
    sorts: Vec<Sort>,
}

impl Cursors {
    /// The cursors of a model's rows in an order that is complete with the
    /// key.
    pub(crate) fn new(model: &Model, sorts: Vec<Sort>) -> Self {
        let mut hash = Sha256::new();
        hash.update(&model.consumer);
        for sort in &sorts {
            hash.update(sort.field.to_be_bytes());
            hash.update([u8::from(sort.descending), u8::from(sort.empty_first)]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let order = URL_SAFE_NO_PAD.encode(digest.split_at(4).0);
        Self { order, sorts }
    }

    /// The order.
    pub(crate) fn sorts(&self) -> &[Sort] {
        &self.sorts
    }

    /// The cursor of a row, given its values by field.
    pub(crate) fn write<'a>(&self, values: impl Fn(usize) -> Option<&'a Value>) -> String {
        let mut parts = vec![serde_json::Value::from(self.order.as_str())];
        parts.extend(self.sorts.iter().map(|sort| {
            values(sort.field)
                .and_then(|value| value.clone().into_json().ok())
                .unwrap_or(serde_json::Value::Null)
        }));
        URL_SAFE_NO_PAD.encode(serde_json::Value::Array(parts).to_string())
    }

    /// The sort values that a cursor stands for.
    ///
    /// # Errors
    /// When it is not a cursor of this list in this order.
    pub(crate) fn read(
        &self,
        cursor: &str,
        catalogue: &Catalogue,
        model: &Model,
    ) -> Result<Vec<Option<Param>>, String> {
        let parts = URL_SAFE_NO_PAD.decode(cursor).ok();
        let parts: Option<Vec<Value>> = parts.and_then(|it| serde_json::from_slice(&it).ok());
        let Some((Value::String(order), values)) = parts.as_deref().and_then(<[_]>::split_first)
        else {
            return Err("this is not a cursor; use one from edges or pageInfo".to_owned());
        };
        if *order != self.order || values.len() != self.sorts.len() {
            return Err("the cursor belongs to another list or order; begin without it".to_owned());
        }
        let read = |(sort, value): (&Sort, &Value)| match (model.field(sort.field), value) {
            (_, Value::Null) | (None, _) => Ok(None),
            (Some(field), value) => value::param(&field.kind, &catalogue.enums, value).map(Some),
        };
        self.sorts.iter().zip(values).map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::kernel::{Registry, testing::toy::Toy};

    use super::*;

    #[test]
    fn a_cursor_gives_back_the_values_of_its_row() {
        let catalogue = Catalogue::of(&Registry::of::<Toy>().unwrap()).unwrap();
        let shelf = catalogue.models.iter().find(|model| model.name == "shelf").unwrap();
        let field = |name| shelf.position(name).unwrap();
        let sorts = vec![
            Sort { field: field("lastLentAt"), descending: true, empty_first: false },
            Sort::ascending(field("timesLent")),
        ];
        let cursors = Cursors::new(shelf, Sort::with_key(sorts, shelf));
        let id = "bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B";
        let row = |index: usize| match index {
            index if index == field("lastLentAt") => Some(&Value::Null),
            index if index == field("timesLent") => None,
            _ => None,
        };
        let times = Value::from("9007199254740993");
        let id = Value::from(id);
        let cursor = cursors.write(|index| match index {
            index if index == field("timesLent") => Some(&times),
            index if index == field("id") => Some(&id),
            index => row(index),
        });
        let values = cursors.read(&cursor, &catalogue, shelf).unwrap();
        assert_eq!(values[0], None);
        assert_eq!(values[1], Some(Param::Int(9_007_199_254_740_993)));
        assert!(matches!(values[2], Some(Param::Id(_))));

        let other = Cursors::new(shelf, Sort::with_key(vec![], shelf));
        assert!(other.read(&cursor, &catalogue, shelf).unwrap_err().contains("another list"));
        for nonsense in ["", "%", "W10", "bm90IGpzb24", &cursor[1..]] {
            let error = cursors.read(nonsense, &catalogue, shelf).unwrap_err();
            assert!(error.contains("cursor"), "{nonsense}: {error}");
        }
    }
}
