//! Events as the arguments of one statement: an array per column.

use chrono::{DateTime, Utc};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::event::{Base64, EventRow};

/// Events of one tenant, column by column.
#[derive(Default)]
pub(crate) struct Columns {
    payload_bytes: usize,
    positions: Vec<i64>,
    stream_ids: Vec<Uuid>,
    versions: Vec<i64>,
    stream_types: Vec<String>,
    types: Vec<String>,
    schema_versions: Vec<i16>,
    codecs: Vec<i16>,
    event_ids: Vec<Uuid>,
    occurred_at: Vec<DateTime<Utc>>,
    recorded_at: Vec<DateTime<Utc>>,
    actors: Vec<String>,
    command_ids: Vec<Uuid>,
    correlation_ids: Vec<Uuid>,
    causation_ids: Vec<Option<Uuid>>,
    trace_parents: Vec<Option<String>>,
    metadata: Vec<Option<Vec<u8>>>,
    payloads: Vec<Vec<u8>>,
}

impl Columns {
    /// Adds an event behind the others.
    pub(crate) fn add(&mut self, event: EventRow) {
        self.payload_bytes += event.payload.0.len();
        self.positions.push(event.position);
        self.stream_ids.push(event.stream_id);
        self.versions.push(event.version);
        self.stream_types.push(event.stream_type);
        self.types.push(event.r#type);
        self.schema_versions.push(event.schema_version);
        self.codecs.push(event.codec);
        self.event_ids.push(event.event_id);
        self.occurred_at.push(event.occurred_at.into());
        self.recorded_at.push(event.recorded_at.into());
        self.actors.push(event.actor);
        self.command_ids.push(event.command_id);
        self.correlation_ids.push(event.correlation_id);
        self.causation_ids.push(event.causation_id);
        self.trace_parents.push(event.trace_parent);
        self.metadata.push(event.metadata.map(|Base64(bytes)| bytes));
        self.payloads.push(event.payload.0);
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.positions.len()
    }

    /// How many bytes their payloads have.
    pub(super) fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }

    /// Where they stand.
    pub(super) fn positions(&self) -> &[i64] {
        &self.positions
    }

    /// The columns behind the position, in the order of the table.
    pub(crate) fn params(&self) -> [&(dyn ToSql + Sync); 16] {
        [
            &self.stream_ids,
            &self.versions,
            &self.stream_types,
            &self.types,
            &self.schema_versions,
            &self.codecs,
            &self.event_ids,
            &self.occurred_at,
            &self.recorded_at,
            &self.actors,
            &self.command_ids,
            &self.correlation_ids,
            &self.causation_ids,
            &self.trace_parents,
            &self.metadata,
            &self.payloads,
        ]
    }
}
