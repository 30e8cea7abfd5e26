//! The messages of the protocol `graphql-transport-ws`.

use async_graphql::{Request, Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Told, is_refused};

/// The protocol's name.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// What clients say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Said {
    ConnectionInit { payload: Option<Value> },
    Ping { payload: Option<Value> },
    Pong {},
    Subscribe { id: String, payload: Box<Request> },
    Complete { id: String },
}

/// What is told to clients.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tells<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    Next {
        id: &'a str,
        payload: Told<'a>,
    },
    Error {
        id: &'a str,
        payload: &'a [ServerError],
    },
    Complete {
        id: &'a str,
    },
}

fn json(message: &Tells<'_>) -> String {
    // There is nothing in a message that JSON cannot say.
    serde_json::to_string(message).unwrap_or_default()
}

pub(super) fn acknowledged() -> String {
    json(&Tells::ConnectionAck)
}

pub(super) fn pong(payload: Option<Value>) -> String {
    json(&Tells::Pong { payload })
}

pub(super) fn complete(id: &str) -> String {
    json(&Tells::Complete { id })
}

/// An answer, and whether it is the last of its query.
pub(super) fn answer(id: &str, answer: &Response) -> (String, bool) {
    if is_refused(answer) {
        (json(&Tells::Error { id, payload: &answer.errors }), true)
    } else {
        (json(&Tells::Next { id, payload: Told(answer) }), false)
    }
}

/// Why a socket is closed. The numbers are the protocol's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Farewell {
    pub(super) code: u16,
    pub(super) reason: String,
}

pub(super) fn farewell(code: u16, reason: impl Into<String>) -> Farewell {
    Farewell { code, reason: reason.into() }
}
