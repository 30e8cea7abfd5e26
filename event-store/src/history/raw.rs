//! An event as it was recorded, nothing in it opened.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::kernel::Envelope;
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};
use ulid::Ulid;
use uuid::Uuid;

use crate::{
    ReadError, StoredEvent,
    integrity::{Leaf, LeafError, Places, places},
    pg::{actor_and_reason, failed, ulid, unsigned},
};

/// The columns of `log.events`, in the order in which everybody reads them: the
/// tenant, and behind it what a leaf of the tenant's tree is made of.
pub const EVENT_COLUMNS: &str = "tenant_id, position, stream_id, version, stream_type, type, \
    schema_version, codec, event_id, occurred_at, recorded_at, actor, command_id, \
    correlation_id, causation_id, trace_parent, metadata, payload";

/// One of [`EVENT_COLUMNS`], by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Tenant,
    Position,
    Stream,
    Version,
    StreamType,
    Type,
    SchemaVersion,
    Codec,
    Event,
    OccurredAt,
    RecordedAt,
    Actor,
    Command,
    Correlation,
    Causation,
    TraceParent,
    Metadata,
    Payload,
}

impl Column {
    /// What PostgreSQL calls its type.
    const fn sql_type(self) -> Type {
        match self {
            Self::Tenant
            | Self::Stream
            | Self::Event
            | Self::Command
            | Self::Correlation
            | Self::Causation => Type::UUID,
            Self::Position | Self::Version => Type::INT8,
            Self::SchemaVersion | Self::Codec => Type::INT2,
            Self::OccurredAt | Self::RecordedAt => Type::TIMESTAMPTZ,
            Self::StreamType | Self::Type | Self::Actor | Self::TraceParent => Type::TEXT,
            Self::Metadata | Self::Payload => Type::BYTEA,
        }
    }
}

/// An event as it was recorded: every column, nothing opened.
#[derive(Debug)]
pub struct RawEvent(Kept);

/// Where its columns are.
#[derive(Debug)]
enum Kept {
    /// From the table, each of [`EVENT_COLUMNS`].
    Row(Row),
    /// From cold storage: what is hashed of it, and where each column is there.
    Leaf { tenant: Uuid, content: Bytes, places: Box<Places> },
}

impl RawEvent {
    /// A row of [`EVENT_COLUMNS`].
    pub(super) fn of_row(row: Row) -> Self {
        Self(Kept::Row(row))
    }

    /// An event of a tenant of which this is hashed.
    pub(crate) fn of_leaf(tenant: Uuid, content: Bytes) -> Result<Self, LeafError> {
        let places = Box::new(places(&content)?);
        Ok(Self(Kept::Leaf { tenant, content, places }))
    }

    /// What a column holds.
    ///
    /// # Errors
    /// When it does not hold what the schema says.
    pub(crate) fn get<'a, T: FromSql<'a>>(&'a self, column: Column) -> Result<T, ReadError> {
        let found = match &self.0 {
            Kept::Row(row) => row.try_get(column as usize).map_err(|error| error.to_string()),
            Kept::Leaf { tenant, .. } if column == Column::Tenant => {
                T::from_sql(&Type::UUID, tenant.as_bytes()).map_err(|error| error.to_string())
            }
            Kept::Leaf { content, places, .. } => {
                let place = places.get(column as usize - 1).cloned().flatten();
                let value = place.and_then(|place| content.get(place));
                T::from_sql_nullable(&column.sql_type(), value).map_err(|error| error.to_string())
            }
        };
        found.map_err(|error| ReadError::Fault(format!("{column:?} of an event: {error}")))
    }

    /// Its position in the tenant's log.
    ///
    /// # Errors
    /// When it has none.
    pub fn position(&self) -> Result<u64, ReadError> {
        self.get(Column::Position).map(unsigned)
    }

    /// Its version in its stream.
    ///
    /// # Errors
    /// When it has none.
    pub fn version(&self) -> Result<u64, ReadError> {
        self.get(Column::Version).map(unsigned)
    }

    /// The type of its stream's aggregate.
    ///
    /// # Errors
    /// When it has none.
    pub fn stream_type(&self) -> Result<&str, ReadError> {
        self.get(Column::StreamType)
    }

    /// Its stream.
    ///
    /// # Errors
    /// When it has none.
    pub fn stream(&self) -> Result<Ulid, ReadError> {
        self.get(Column::Stream).map(ulid)
    }

    /// What it is called behind the type of its aggregate: `loan.lent`.
    ///
    /// # Errors
    /// When it is not called anything.
    pub fn kind(&self) -> Result<&str, ReadError> {
        self.get(Column::Type)
    }

    /// How many bytes of memory its columns take.
    pub(crate) fn bytes(&self) -> usize {
        match &self.0 {
            Kept::Row(row) => row.raw_size_bytes(),
            Kept::Leaf { content, .. } => content.len(),
        }
    }

    /// When it was written down.
    ///
    /// # Errors
    /// When it does not say.
    pub fn recorded_at(&self) -> Result<DateTime<Utc>, ReadError> {
        self.get(Column::RecordedAt)
    }

    /// What is hashed of it.
    ///
    /// # Errors
    /// When a row has other columns.
    pub fn leaf(&self) -> Result<Leaf, ReadError> {
        match &self.0 {
            Kept::Row(row) => Leaf::of(row).map_err(failed),
            Kept::Leaf { content, .. } => Ok(Leaf(content.to_vec())),
        }
    }

    /// The event as readers of the log see it, its payload still sealed where
    /// it is.
    ///
    /// # Errors
    /// When a column does not hold what the schema says.
    pub fn stored(&self) -> Result<StoredEvent, ReadError> {
        let (actor, reason) =
            actor_and_reason(self.get(Column::Actor)?, self.get(Column::Metadata)?)?;
        let kind = self.kind()?;
        let id = |column| self.get::<Uuid>(column).map(ulid);
        let time = |column| self.get::<DateTime<Utc>>(column);
        Ok(StoredEvent {
            envelope: Envelope {
                tenant: id(Column::Tenant)?,
                position: self.position()?,
                stream_id: id(Column::Stream)?,
                version: self.version()?,
                stream_type: Arc::from(self.stream_type()?),
                event_id: id(Column::Event)?,
                occurred_at: time(Column::OccurredAt)?.into(),
                recorded_at: time(Column::RecordedAt)?.into(),
                actor,
                command_id: id(Column::Command)?,
                correlation_id: id(Column::Correlation)?,
                causation_id: self.get::<Option<Uuid>>(Column::Causation)?.map(ulid),
                reason,
                trace_parent: self.get(Column::TraceParent)?,
            },
            name: kind.split_once('.').map_or(kind, |(_, name)| name).to_owned(),
            schema_version: u16::try_from(self.get::<i16>(Column::SchemaVersion)?).unwrap_or(0),
            codec: self.get(Column::Codec)?,
            payload: Bytes::copy_from_slice(self.get(Column::Payload)?),
        })
    }
}
