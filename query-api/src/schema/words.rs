//! Enums of words.

use async_graphql::dynamic::{Enum, EnumItem, SchemaBuilder};

use crate::catalogue::{Catalogue, EnumType};

pub(super) fn register(schema: SchemaBuilder, catalogue: &Catalogue) -> SchemaBuilder {
    catalogue.enums.iter().fold(schema, |schema, it| schema.register(enum_type(it)))
}

fn enum_type(it: &EnumType) -> Enum {
    let items = it.values.iter().zip(&it.words).map(|(value, word)| {
        let mut item = EnumItem::new(value);
        if !word.doc.is_empty() {
            item = item.description(&word.doc);
        }
        match &word.deprecated {
            Some(reason) => item.deprecation(Some(reason)),
            None => item,
        }
    });
    let plain = Enum::new(&it.name).items(items);
    if it.doc.is_empty() { plain } else { plain.description(&it.doc) }
}
