//! Fields that show a part of what was read.

use async_graphql::{
    Value,
    dynamic::{Field, FieldFuture, FieldValue, TypeRef},
};

/// A field of something that was read as a `T`; null where nothing is shown.
pub(super) fn shown<T: Send + Sync + 'static>(
    (name, of, doc): (&str, TypeRef, &str),
    show: fn(&T) -> Option<Value>,
) -> Field {
    Field::new(name, of, move |ctx| {
        let value = ctx.parent_value.downcast_ref::<T>().and_then(show);
        FieldFuture::Value(value.map(FieldValue::value))
    })
    .description(doc)
}
