//! Scalars.

use std::collections::BTreeSet;

use async_graphql::dynamic::{Scalar, SchemaBuilder, TypeRef};

use super::filter::DECIMAL_FILTER;
use crate::catalogue::{Catalogue, FieldKind};

pub(super) const BIG_INT: &str = "BigInt";
pub(super) const DECIMAL: &str = "Decimal";
pub(super) const DATE_TIME: &str = "DateTime";
pub(super) const DATE: &str = "Date";
pub(super) const JSON: &str = "JSON";

/// The scalars; numbers with decimals only where something is filtered by them.
pub(super) fn register(schema: SchemaBuilder, filters: &BTreeSet<String>) -> SchemaBuilder {
    let is_used = |name: &str| name != DECIMAL || filters.contains(DECIMAL_FILTER);
    [
        (
            BIG_INT,
            "A whole number of 64 bits, sums of more. Written as a string, \"9007199254740993\", \
             because JavaScript rounds larger JSON numbers; a JSON number is taken as well.",
            "https://tc39.es/ecma262/#prod-StrIntegerLiteral",
        ),
        (
            DECIMAL,
            "A number with decimals, like an average: \"1234.5\". Written as a string, because \
             JSON numbers are rounded; a JSON number is taken as well.",
            "https://www.w3.org/TR/xmlschema11-2/#decimal",
        ),
        (
            DATE_TIME,
            "A moment in UTC as RFC 3339 writes it: \"2026-11-20T09:30:00.123456Z\". \
             Other offsets are taken as well.",
            "https://www.rfc-editor.org/rfc/rfc3339",
        ),
        (
            DATE,
            "A day of the calendar, without a time or a zone: \"2026-11-20\".",
            "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
        ),
        (
            JSON,
            "Any JSON: a value of whatever type, or what is nested in a row without a type of its \
             own.",
            "https://www.rfc-editor.org/rfc/rfc8259",
        ),
    ]
    .into_iter()
    .filter(|(name, ..)| is_used(name))
    .fold(schema, |schema, (name, doc, specified)| {
        schema.register(Scalar::new(name).description(doc).specified_by_url(specified))
    })
}

/// The name of the type that shows a field, or an element of it.
pub(super) fn name_of(kind: &FieldKind, catalogue: &Catalogue) -> String {
    match kind {
        FieldKind::Bool => TypeRef::BOOLEAN.to_owned(),
        FieldKind::Int => BIG_INT.to_owned(),
        FieldKind::Text => TypeRef::STRING.to_owned(),
        FieldKind::Id { .. } => TypeRef::ID.to_owned(),
        FieldKind::Decimal => DECIMAL.to_owned(),
        FieldKind::Timestamp => DATE_TIME.to_owned(),
        FieldKind::Date => DATE.to_owned(),
        FieldKind::List(item) => name_of(&item.kind, catalogue),
        FieldKind::Object(object) => object.name.clone(),
        FieldKind::Json => JSON.to_owned(),
        FieldKind::Enum(index) => catalogue
            .enums
            .get(*index)
            .map_or_else(|| TypeRef::STRING.to_owned(), |it| it.name.clone()),
    }
}

/// The type that shows a field.
pub(super) fn type_of(kind: &FieldKind, nullable: bool, catalogue: &Catalogue) -> TypeRef {
    let of = match kind {
        FieldKind::List(item) => {
            TypeRef::List(Box::new(type_of(&item.kind, item.nullable, catalogue)))
        }
        plain => TypeRef::named(name_of(plain, catalogue)),
    };
    if nullable { of } else { TypeRef::NonNull(Box::new(of)) }
}
