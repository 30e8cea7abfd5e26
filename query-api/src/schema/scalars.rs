//! Scalars.

use async_graphql::dynamic::{Scalar, SchemaBuilder, TypeRef};

use crate::catalogue::{Catalogue, FieldKind};

pub(super) const BIG_INT: &str = "BigInt";
pub(super) const DATE_TIME: &str = "DateTime";
pub(super) const DATE: &str = "Date";
pub(super) const JSON: &str = "JSON";

pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let scalar = |name: &str, doc: &str| Scalar::new(name).description(doc);
    schema
        .register(scalar(
            BIG_INT,
            "A whole number of 64 bits, sums of more. Written as a string, \"9007199254740993\", \
             because JavaScript rounds larger JSON numbers; a JSON number is taken as well.",
        ))
        .register(
            scalar(
                DATE_TIME,
                "A moment in UTC as RFC 3339 writes it: \"2026-11-20T09:30:00.123456Z\". \
                 Other offsets are taken as well.",
            )
            .specified_by_url("https://www.rfc-editor.org/rfc/rfc3339"),
        )
        .register(scalar(DATE, "A day of the calendar, without a time or a zone: \"2026-11-20\"."))
        .register(scalar(JSON, "Any JSON: what is nested in a row, as it is."))
}

/// The type that shows a field.
pub(super) fn name_of(kind: &FieldKind, catalogue: &Catalogue) -> String {
    match kind {
        FieldKind::Bool => TypeRef::BOOLEAN.to_owned(),
        FieldKind::Int => BIG_INT.to_owned(),
        FieldKind::Text => TypeRef::STRING.to_owned(),
        FieldKind::Id { .. } => TypeRef::ID.to_owned(),
        FieldKind::Timestamp => DATE_TIME.to_owned(),
        FieldKind::Date => DATE.to_owned(),
        FieldKind::Json => JSON.to_owned(),
        FieldKind::Enum(index) => catalogue
            .enums
            .get(*index)
            .map_or_else(|| TypeRef::STRING.to_owned(), |it| it.name.clone()),
    }
}

/// The type, with or without null.
pub(super) fn type_of(name: &str, nullable: bool) -> TypeRef {
    if nullable { TypeRef::named(name) } else { TypeRef::named_nn(name) }
}
