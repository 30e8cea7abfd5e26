//! Arguments of a field as what they ask for. The schema has checked their
//! types; what is wrong beyond that is told with the path of the argument.

mod by;
mod filter;
mod having;
mod key;
mod nested;
mod order;
mod page;

use async_graphql::{Name, Value, dynamic::ObjectAccessor, indexmap::IndexMap};

pub(crate) use by::groups;
pub(crate) use filter::filter;
pub(crate) use key::{Moment, key, moment, position};
pub(crate) use order::order;
pub(crate) use page::{Window, first, window};

use crate::problem::Problem;

/// An argument, unless it is absent or null.
fn given<'a>(arguments: &'a ObjectAccessor<'_>, name: &str) -> Option<&'a Value> {
    let value = arguments.as_index_map().get(name)?;
    (*value != Value::Null).then_some(value)
}

fn object<'a>(value: &'a Value, path: &str) -> Result<&'a IndexMap<Name, Value>, Problem> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(Problem::invalid(format!("{path}: expected an object"))),
    }
}

/// A list, or the one thing that GraphQL lets stand for a list of it.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::List(values) => values,
        one => std::slice::from_ref(one),
    }
}

/// An enum value, written as one or, in variables, as a text.
fn choice(value: Option<&Value>) -> &str {
    match value {
        Some(Value::Enum(name)) => name.as_str(),
        Some(Value::String(name)) => name,
        _ => "",
    }
}
