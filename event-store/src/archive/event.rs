//! An event as its table holds it, and as a line of an archive.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::kernel::{Envelope, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny};
use uuid::Uuid;

use super::readable;
use crate::{
    ReadError, StoredEvent,
    history::{Column, RawEvent},
    integrity::{Leaf, time_sent},
    pg::{self, ulid, unsigned},
};

/// A row of `log.events`, every column as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventRow {
    pub(super) tenant_id: Uuid,
    pub(super) position: i64,
    pub(super) stream_id: Uuid,
    pub(super) version: i64,
    pub(super) stream_type: String,
    pub(super) r#type: String,
    pub(super) schema_version: i16,
    pub(super) codec: i16,
    pub(super) event_id: Uuid,
    pub(super) occurred_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    pub(super) actor: String,
    pub(super) command_id: Uuid,
    pub(super) correlation_id: Uuid,
    pub(super) causation_id: Option<Uuid>,
    pub(super) trace_parent: Option<String>,
    pub(super) metadata: Option<Base64>,
    pub(super) payload: Base64,
    /// What the payload says, for readers alone; written, never read.
    #[serde(default, skip_serializing, rename = "data")]
    _data: Ignored,
}

/// Bytes, written in Base64.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Base64(pub(super) Vec<u8>);

/// Whatever it is.
#[derive(Clone, Debug, PartialEq, Default)]
struct Ignored;

impl EventRow {
    /// The columns of an event.
    pub(crate) fn of(event: &RawEvent) -> Result<Self, ReadError> {
        let time = |column| event.get::<DateTime<Utc>>(column).map(Timestamp::from);
        Ok(Self {
            tenant_id: event.get(Column::Tenant)?,
            position: event.get(Column::Position)?,
            stream_id: event.get(Column::Stream)?,
            version: event.get(Column::Version)?,
            stream_type: event.get(Column::StreamType)?,
            r#type: event.get(Column::Type)?,
            schema_version: event.get(Column::SchemaVersion)?,
            codec: event.get(Column::Codec)?,
            event_id: event.get(Column::Event)?,
            occurred_at: time(Column::OccurredAt)?,
            recorded_at: time(Column::RecordedAt)?,
            actor: event.get(Column::Actor)?,
            command_id: event.get(Column::Command)?,
            correlation_id: event.get(Column::Correlation)?,
            causation_id: event.get(Column::Causation)?,
            trace_parent: event.get(Column::TraceParent)?,
            metadata: event.get::<Option<Vec<u8>>>(Column::Metadata)?.map(Base64),
            payload: Base64(event.get(Column::Payload)?),
            _data: Ignored,
        })
    }

    /// What is hashed of it: every column but the tenant, as PostgreSQL sends it.
    pub(super) fn leaf(&self) -> Leaf {
        let (position, version) = (self.position.to_be_bytes(), self.version.to_be_bytes());
        let (schema, codec) = (self.schema_version.to_be_bytes(), self.codec.to_be_bytes());
        let occurred_at = time_sent(self.occurred_at.micros());
        let recorded_at = time_sent(self.recorded_at.micros());
        Leaf::of_values(&[
            Some(&position),
            Some(self.stream_id.as_bytes()),
            Some(&version),
            Some(self.stream_type.as_bytes()),
            Some(self.r#type.as_bytes()),
            Some(&schema),
            Some(&codec),
            Some(self.event_id.as_bytes()),
            Some(&occurred_at),
            Some(&recorded_at),
            Some(self.actor.as_bytes()),
            Some(self.command_id.as_bytes()),
            Some(self.correlation_id.as_bytes()),
            self.causation_id.as_ref().map(|id| &id.as_bytes()[..]),
            self.trace_parent.as_deref().map(str::as_bytes),
            self.metadata.as_ref().map(|metadata| &*metadata.0),
            Some(&self.payload.0),
        ])
    }

    /// Reads a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(line)
    }

    /// Adds the event to a text as one line, together with what its payload
    /// says as far as anybody can read it.
    pub(super) fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(&mut *text, self)?;
        let end = text.len();
        // In place of the closing brace.
        text.truncate(end - 1);
        text.extend_from_slice(b",\"data\":");
        if !readable::write(&self.payload.0, text) {
            text.truncate(end - 1);
        }
        text.extend_from_slice(b"}\n");
        Ok(())
    }

    /// The position.
    pub(super) fn position(&self) -> u64 {
        unsigned(self.position)
    }

    /// The event as readers of the log see it.
    pub(super) fn stored(&self) -> Result<StoredEvent, ReadError> {
        let metadata = self.metadata.as_ref().map(|metadata| metadata.0.as_slice());
        let (actor, reason) = pg::actor_and_reason(&self.actor, metadata)?;
        let name = self.r#type.split_once('.').map_or(&*self.r#type, |(_, name)| name);
        Ok(StoredEvent {
            envelope: Envelope {
                event_id: ulid(self.event_id),
                tenant: ulid(self.tenant_id),
                position: self.position(),
                stream_type: Arc::from(&*self.stream_type),
                stream_id: ulid(self.stream_id),
                version: unsigned(self.version),
                occurred_at: self.occurred_at,
                recorded_at: self.recorded_at,
                actor,
                command_id: ulid(self.command_id),
                correlation_id: ulid(self.correlation_id),
                causation_id: self.causation_id.map(ulid),
                reason,
                trace_parent: self.trace_parent.clone(),
            },
            name: name.to_owned(),
            schema_version: u16::try_from(self.schema_version).unwrap_or(0),
            codec: self.codec,
            payload: Bytes::copy_from_slice(&self.payload.0),
        })
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_and_what_is_hashed_of_it_tell_the_same() {
        let id = |number: u128| Uuid::from_u128(number << 64 | 7);
        let whole = EventRow {
            tenant_id: id(1),
            position: 300,
            stream_id: id(2),
            version: 70_000,
            stream_type: "loan".to_owned(),
            r#type: "loan.lent".to_owned(),
            schema_version: 258,
            codec: 2,
            event_id: id(3),
            occurred_at: Timestamp::from_micros(-1),
            recorded_at: Timestamp::from_micros(1_768_467_600_000_001),
            actor: "user:thandi".to_owned(),
            command_id: id(4),
            correlation_id: id(5),
            causation_id: Some(id(6)),
            trace_parent: Some(String::new()),
            metadata: Some(Base64(vec![0x80])),
            payload: Base64(vec![0x81, 0xa1, b'x', 7]),
            _data: Ignored,
        };
        let bare =
            EventRow { causation_id: None, trace_parent: None, metadata: None, ..whole.clone() };
        for row in [whole, bare] {
            let raw = RawEvent::of_leaf(row.tenant_id, row.leaf().0.into()).unwrap();
            assert_eq!(EventRow::of(&raw).unwrap(), row);
        }
    }
}
