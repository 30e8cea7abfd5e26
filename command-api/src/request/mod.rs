//! Reading requests.

mod body;
mod headers;
mod json;
mod preferences;

pub(crate) use body::read as read_body;
pub(crate) use headers::{HeaderErrors, Headers, LONGEST_KEY, LONGEST_REASON};
pub(crate) use json::{kind, write_object};
pub(crate) use preferences::PREFERENCE_APPLIED;
