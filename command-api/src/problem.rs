//! From what went wrong to what the client is told.

use actix_web::http::{
    StatusCode,
    header::{ETAG, HeaderValue, RETRY_AFTER},
};
use event_store::CommandError;
use serde_json::{Map, Value, json};
use service::http::{Code, Problem};

use crate::{fields::FieldError, request::HeaderErrors, routes::NoRoute};

/// The code of an idempotency key that belongs to another order.
const KEY_REUSED: &str = "IDEMPOTENCY_KEY_REUSED";
/// The code of an order whose events are too many or too large.
const TOO_LARGE: &str = "COMMAND_TOO_LARGE";
/// The code of a unique value that another aggregate has.
const CLAIM_TAKEN: &str = "CLAIM_TAKEN";
const ERASED: &str = "ERASED";
/// The code of an order that lost every race.
const CONTENTION: &str = "CONTENTION";
/// The code of an order that may or may not have been stored.
const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";

/// Codes under which a command is refused although its aggregate was not even
/// asked, with what they mean.
pub(crate) const UNPROCESSABLE: &[(&str, &str)] = &[
    (KEY_REUSED, "The idempotency key was used before, for another order."),
    (TOO_LARGE, "The order brings about more than can be stored at once."),
];

/// Fields that are not what the command declares.
pub(crate) fn invalid(errors: &[FieldError]) -> Problem {
    let message = match errors {
        [only] if only.field.is_empty() => only.message.clone(),
        [only] => format!("{} {}", only.field, only.message),
        several => format!("{} fields are not valid", several.len()),
    };
    unprocessable(message).details(json!({ "fields": errors }))
}

/// Headers that were not understood.
pub(crate) fn headers(errors: &HeaderErrors) -> Problem {
    Problem::new(Code::Validation, "headers are not valid").details(errors.details())
}

/// A version for a whole batch.
pub(crate) fn if_match_of_batch() -> Problem {
    let message = "a version belongs to one command: give it there as if_match";
    let header = json!({ "header": "If-Match", "message": message });
    Problem::new(Code::Validation, "headers are not valid").details(json!({ "headers": [header] }))
}

/// Commands that somebody may not give.
pub(crate) fn forbidden() -> Problem {
    let message = "your roles do not allow commands; ask an admin of the tenant for another";
    Problem::new(Code::Authz, message)
}

/// Why a batch came to nothing as a whole.
pub(crate) fn of_batch(error: CommandError, repeatable: bool) -> Problem {
    match error {
        CommandError::UnknownOutcome => unknown_outcome(repeatable, None),
        error => of_command(error, "batch", "", repeatable),
    }
}

/// A path that leads nowhere.
pub(crate) fn no_route(error: &NoRoute) -> Problem {
    Problem::new(Code::NotFound, error.to_string())
}

/// An aggregate that is not there, or not this tenant's: nobody learns which.
pub(crate) fn not_found(aggregate: &str, id: &str) -> Problem {
    let shown: String = id.chars().take(64).collect();
    Problem::new(Code::NotFound, format!("there is no {} {shown}", aggregate.replace('_', " ")))
}

/// Whether a command was stored is not known.
pub(crate) fn unknown_outcome(repeatable: bool, id: Option<&str>) -> Problem {
    let advice = if repeatable {
        "repeat it with the same Idempotency-Key"
    } else {
        "look before you repeat it, and send an Idempotency-Key next time"
    };
    let (what, details) = match id {
        Some(id) => ("command", json!({ "code": OUTCOME_UNKNOWN, "id": id })),
        None => ("batch", json!({ "code": OUTCOME_UNKNOWN })),
    };
    Problem::unavailable(format!("it is unknown whether the {what} was stored; {advice}"))
        .details(details)
}

/// What became of a command that was understood but came to nothing.
pub(crate) fn of_command(
    error: CommandError,
    aggregate: &str,
    id: &str,
    repeatable: bool,
) -> Problem {
    let message = error.to_string();
    match error {
        CommandError::Invalid { field, message } => invalid(&[FieldError { field, message }]),
        CommandError::NotFound(_) => not_found(aggregate, id),
        CommandError::Refused { code, details, .. } => {
            unprocessable(message).details(refusal(code, details))
        }
        CommandError::Precondition { expected, actual } => precondition(message, expected, actual),
        CommandError::Contention(_) => Problem::new(Code::Conflict, message)
            .details(json!({ "code": CONTENTION }))
            .header(RETRY_AFTER, HeaderValue::from_static("1")),
        CommandError::ClaimTaken { scope } => Problem::new(Code::Conflict, message)
            .details(json!({ "code": CLAIM_TAKEN, "scope": scope })),
        CommandError::CommandIdReused => {
            unprocessable(message).details(json!({ "code": KEY_REUSED }))
        }
        CommandError::TooLarge(_) => unprocessable(message).details(json!({ "code": TOO_LARGE })),
        CommandError::Erased(_) => {
            Problem::new(Code::Conflict, message).details(json!({ "code": ERASED }))
        }
        CommandError::UnknownTenant => Problem::new(Code::NotFound, message),
        CommandError::Unavailable(cause) => {
            Problem::unavailable("the command cannot be taken now, nothing was stored; try again")
                .because(cause)
        }
        CommandError::UnknownOutcome => unknown_outcome(repeatable, Some(id)),
        CommandError::UnknownAggregate(_) | CommandError::Fault(_) => Problem::internal(message),
    }
}

fn unprocessable(message: String) -> Problem {
    Problem::new(Code::Validation, message).status(StatusCode::UNPROCESSABLE_ENTITY)
}

/// The code of a refusal, and what its reason names.
fn refusal(code: String, details: Value) -> Value {
    let mut members = Map::from_iter([("code".to_owned(), Value::String(code))]);
    if let Value::Object(details) = details {
        for (name, value) in details {
            members.entry(name).or_insert(value);
        }
    }
    Value::Object(members)
}

fn precondition(message: String, expected: u64, actual: u64) -> Problem {
    let problem = Problem::new(Code::Precondition, message)
        .details(json!({ "expected": expected, "actual": actual }));
    match HeaderValue::from_str(&format!("\"{actual}\"")) {
        Ok(tag) => problem.header(ETAG, tag),
        Err(_) => problem,
    }
}
