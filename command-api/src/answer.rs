//! What became of a command, as the client is told.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ETAG, HeaderName},
    },
};
use domain::kernel::AggregateEntry;
use event_store::{ConsistencyToken, Outcome, Receipt, ReceiptEvent, TenantId};
use serde::Serialize;
use serde_json::Value;

use crate::request::PREFERENCE_APPLIED;

const CONSISTENCY_TOKEN: HeaderName = HeaderName::from_static("consistency-token");

/// A command that was not refused.
pub(crate) struct Answer<'a> {
    pub(crate) aggregate: &'a AggregateEntry,
    /// Whether it is a command that brings an aggregate into being.
    pub(crate) creates: bool,
    pub(crate) receipt: Receipt,
}

#[derive(Serialize)]
struct Envelope<'a> {
    data: Data<'a>,
}

/// What a client is told about one command.
#[derive(Serialize)]
pub(crate) struct Data<'a> {
    id: String,
    version: u64,
    position: u64,
    outcome: &'static str,
    events: Vec<Event<'a>>,
}

/// An event's name; all of it when it did not really happen.
#[derive(Serialize)]
#[serde(untagged)]
enum Event<'a> {
    Name(&'a str),
    Whole { name: &'a str, fields: &'a Value },
}

impl<'a> From<&'a ReceiptEvent> for Event<'a> {
    fn from(event: &'a ReceiptEvent) -> Self {
        match &event.fields {
            Some(fields) => Self::Whole { name: &event.name, fields },
            None => Self::Name(&event.name),
        }
    }
}

impl Answer<'_> {
    pub(crate) fn response(&self, tenant: TenantId, applied: &[String]) -> HttpResponse {
        let Receipt { outcome, version, position, .. } = &self.receipt;
        let mut response = HttpResponse::build(self.status());
        if *outcome != Outcome::Validated {
            response
                .insert_header((ETAG, format!("\"{version}\"")))
                .insert_header(consistency_token(tenant, *position));
        }
        if !applied.is_empty() {
            response.insert_header((PREFERENCE_APPLIED, applied.join(", ")));
        }
        response.json(Envelope { data: self.data() })
    }

    /// How it went, as HTTP says it.
    pub(crate) fn status(&self) -> StatusCode {
        if self.created() { StatusCode::CREATED } else { StatusCode::OK }
    }

    /// How it went, in full.
    pub(crate) fn data(&self) -> Data<'_> {
        let Receipt { id, outcome, version, position, events } = &self.receipt;
        Data {
            id: self.aggregate.id_text(*id),
            version: *version,
            position: *position,
            outcome: word(*outcome),
            events: events.iter().map(Event::from).collect(),
        }
    }

    /// Whether the aggregate began its life with this command, be it told for
    /// the first time or again.
    fn created(&self) -> bool {
        let Receipt { outcome, version, events, .. } = &self.receipt;
        self.creates
            && matches!(outcome, Outcome::Executed | Outcome::Repeated)
            && *version > 0
            && *version == events.len() as u64
    }
}

/// The header by which a query sees what was just written.
pub(crate) fn consistency_token(tenant: TenantId, position: u64) -> (HeaderName, String) {
    (CONSISTENCY_TOKEN, ConsistencyToken { tenant, position }.to_string())
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Executed => "executed",
        Outcome::AlreadyApplied => "already_applied",
        Outcome::Repeated => "repeated",
        Outcome::Validated => "validated",
    }
}
