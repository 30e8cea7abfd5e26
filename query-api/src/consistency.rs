//! What a client has to have seen, and what an answer has seen.

use std::{collections::BTreeSet, time::Duration};

use async_graphql::{Name, Request, Value, indexmap::IndexMap};
use domain::kernel::Timestamp;
use event_store::{ConsistencyToken, TenantId};
use ulid::Ulid;

use crate::{
    problem::{Code, Problem},
    reading::{Put, Reached},
    rows::Shared,
};

/// The extension by which clients and answers say it.
pub(crate) const CONSISTENCY: &str = "consistency";

/// The extension by which answers from a past say which.
pub(crate) const AS_OF: &str = "asOf";

/// The position that the client has to have seen, if it says so: in the
/// header, or in the request's extensions.
pub(crate) fn token(
    tenant: Ulid,
    header: Option<String>,
    request: &Request,
) -> Result<Option<u64>, Problem> {
    let extension = match request.extensions.get(CONSISTENCY) {
        Some(Value::Object(fields)) => match fields.get("token") {
            Some(Value::String(token)) => Some(token.clone()),
            Some(Value::Null) | None => None,
            Some(_) => {
                return Err(Problem::invalid("extensions.consistency.token: expected a text"));
            }
        },
        _ => None,
    };
    let (name, text) = match (header, extension) {
        (_, Some(text)) => ("extensions.consistency.token", text),
        (Some(text), None) => ("Consistency-Token", text),
        (None, None) => return Ok(None),
    };
    let token: ConsistencyToken =
        text.parse().map_err(|error| Problem::invalid(format!("{name}: {error}")))?;
    if token.tenant != TenantId(tenant) {
        return Err(Problem::invalid(format!("{name}: the token belongs to another tenant")));
    }
    Ok(Some(token.position))
}

/// What was to be seen is not there yet.
pub(crate) fn stale(wanted: u64, reached: u64, after: Duration) -> Problem {
    let lag = wanted.saturating_sub(reached);
    let waited_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    let message = format!("position {wanted} is not visible yet: {lag} events are to be folded");
    Problem::new(Code::Stale, message)
        .with("position", reached.to_string())
        .with("requested", wanted.to_string())
        .with("lag", lag)
        .with("waitedMs", waited_ms)
}

/// The position of an answer: that of its oldest read model, how many events
/// that lies behind the log, and since when.
pub(crate) fn told(
    shared: &Shared,
    tenant: Ulid,
    models: &BTreeSet<usize>,
    reached: &Reached,
) -> Value {
    // Without read models it is the log that was read.
    let position = reached.position().unwrap_or(reached.head);
    let token = ConsistencyToken { tenant: TenantId(tenant), position };
    let models = models.iter().filter_map(|model| shared.model(*model));
    let positions = models.map(|model| {
        let place = reached.consumers.get(&model.consumer).copied().unwrap_or_default();
        (Name::new(model.name), Value::from(place.position.to_string()))
    });
    let mut told = IndexMap::new();
    let mut tell = |name: &str, value| told.insert(Name::new(name), value);
    tell("token", token.to_string().into());
    tell("position", position.to_string().into());
    tell("lag", reached.head.saturating_sub(position).into());
    tell("ageMs", u64::try_from(reached.age.as_millis()).unwrap_or(u64::MAX).into());
    tell("readModels", Value::Object(positions.collect()));
    Value::Object(told)
}

/// The past that an answer is from.
pub(crate) fn told_of(put: &Put) -> Value {
    let told = [
        ("past", put.name()),
        ("position", put.position.to_string()),
        ("expiresAt", Timestamp::from(put.expires_at).to_string()),
    ];
    Value::Object(told.into_iter().map(|(name, value)| (Name::new(name), value.into())).collect())
}
