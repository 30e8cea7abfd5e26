//! What an answer has to say beside its values.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{
    Response, ServerError, Value,
    dynamic::{FieldValue, ResolverContext},
};

use crate::problem::Problem;

/// What fields of an answer leave to be said. Kept by ourselves, because the
/// library loses what fails inside the answers of a subscription, and cannot
/// send null as one.
#[derive(Clone, Default)]
pub(crate) struct Footnotes(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    errors: Vec<ServerError>,
    /// Fields, by the names they go by in the answer, that are null.
    nulls: Vec<String>,
}

impl Footnotes {
    /// Puts what has gathered into the answer it belongs to.
    pub(crate) fn add_to(&self, answer: &mut Response) {
        let Notes { errors, nulls } = std::mem::take(&mut *self.notes());
        answer.errors.extend(errors);
        for name in nulls {
            if let Value::Object(fields) = &mut answer.data
                && let Some(field) = fields.get_mut(name.as_str())
            {
                *field = Value::Null;
            }
        }
    }

    /// The next answer of a subscription is null.
    pub(super) fn is_null(&self, name: &str) {
        self.notes().nulls.push(name.to_owned());
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value of a field that may fail: null and a note if it did.
#[expect(clippy::unnecessary_wraps, reason = "this is what the library takes from a field")]
pub(super) fn settle<'a>(
    context: &ResolverContext<'_>,
    result: Result<Option<FieldValue<'a>>, Problem>,
) -> async_graphql::Result<Option<FieldValue<'a>>> {
    let problem = match result {
        Ok(value) => return Ok(value),
        Err(problem) => problem,
    };
    let mut error = context.set_error_path(ServerError::from(problem));
    error.locations = vec![context.item.pos];
    match context.data::<Footnotes>() {
        Ok(footnotes) => footnotes.notes().errors.push(error),
        Err(_) => context.add_error(error),
    }
    Ok(None)
}
