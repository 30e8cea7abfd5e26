//! Orders.

use async_graphql::{
    Name, Value,
    dynamic::{Enum, EnumItem, InputObject, InputValue, SchemaBuilder, TypeRef},
};

use super::types::{NULLS_ORDER, ORDER_DIRECTION};
use crate::catalogue::Model;

/// The enum of a model's fields.
pub(super) fn fields_of(model: &Model) -> String {
    format!("{}Field", model.type_name)
}

fn order_of(model: &Model) -> String {
    format!("{}Order", model.type_name)
}

pub(super) fn order_argument(model: &Model) -> InputValue {
    InputValue::new("orderBy", TypeRef::named_nn_list(order_of(model))).description(
        "In which order; rows that are equal in it, and all rows when nothing is said, \
         in the order of their key.",
    )
}

/// `direction: OrderDirection! = ASC`.
pub(super) fn direction() -> InputValue {
    InputValue::new("direction", TypeRef::named_nn(ORDER_DIRECTION))
        .description("Which way.")
        .default_value(Value::Enum(Name::new("ASC")))
}

pub(super) fn register(schema: SchemaBuilder, model: &Model) -> SchemaBuilder {
    let ordered = model.fields.iter().filter(|field| field.is_ordered());
    let fields = ordered.fold(
        Enum::new(fields_of(model)).description(format!(
            "The fields by which `{}` can be put in order or grouped.",
            model.many
        )),
        |fields, field| {
            let item = EnumItem::new(&field.choice).description(&field.doc);
            fields.item(match &field.deprecated {
                Some(reason) => item.deprecation(Some(reason)),
                None => item,
            })
        },
    );
    let order = InputObject::new(order_of(model))
        .description(format!("One term of an order of `{}`.", model.many))
        .field(
            InputValue::new("field", TypeRef::named_nn(fields_of(model)))
                .description("By which field."),
        )
        .field(direction())
        .field(InputValue::new("nulls", TypeRef::named(NULLS_ORDER)).description(
            "Where empty values stand. When nothing is said they count as the greatest, \
             which is also the fastest.",
        ));
    schema.register(fields).register(order)
}
