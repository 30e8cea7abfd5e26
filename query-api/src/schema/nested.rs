//! Objects that are nested in rows.

use async_graphql::{
    Name, Value,
    dynamic::{Field, FieldFuture, FieldValue, Object, ResolverContext, SchemaBuilder},
};

use super::scalars::type_of;
use crate::catalogue::{Catalogue, ObjectType};

pub(super) fn register(schema: SchemaBuilder, catalogue: &Catalogue) -> SchemaBuilder {
    let objects = catalogue.objects();
    objects.values().fold(schema, |schema, it| schema.register(object(it, catalogue)))
}

fn object(it: &ObjectType, catalogue: &Catalogue) -> Object {
    let plain = Object::new(&it.name);
    let described = if it.doc.is_empty() { plain } else { plain.description(&it.doc) };
    it.fields.iter().fold(described, |object, field| {
        let name = Name::new(&field.name);
        let of = type_of(&field.kind, field.nullable, catalogue);
        let shown = Field::new(&field.name, of, move |ctx| {
            FieldFuture::Value(part(&ctx, &name).map(FieldValue::value))
        });
        let shown = shown.description(&field.doc);
        object.field(match &field.deprecated {
            Some(reason) => shown.deprecation(Some(reason)),
            None => shown,
        })
    })
}

fn part(context: &ResolverContext<'_>, name: &Name) -> Option<Value> {
    let Some(Value::Object(parts)) = context.parent_value.as_value() else { return None };
    parts.get(name).filter(|part| **part != Value::Null).cloned()
}
