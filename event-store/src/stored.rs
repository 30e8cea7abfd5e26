//! Events as the log holds them, and the way back to what was declared.

use bytes::Bytes;
use domain::kernel::{AnyRecorded, CodecError, Envelope, NAMED_MESSAGE_PACK, Registry};

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// What the log knows about it.
    pub envelope: Envelope,
    /// The variant's name, for example `issued`.
    pub name: String,
    /// The version of its shape.
    pub schema_version: u16,
    /// How the payload is encoded.
    pub codec: i16,
    /// Its fields.
    pub payload: Bytes,
}

/// Why a stored event could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No such aggregate is declared.
    #[error("no aggregate {stream_type} is declared (position {position})")]
    UnknownAggregate {
        /// The type as stored.
        stream_type: String,
        /// The event's position.
        position: u64,
    },
    /// The payload's encoding is not one this program knows.
    #[error("codec {codec} is unknown (position {position})")]
    UnknownCodec {
        /// The codec as stored.
        codec: i16,
        /// The event's position.
        position: u64,
    },
    /// The payload is not the event it claims to be.
    #[error("{source} (position {position})")]
    Event {
        /// The event's position.
        position: u64,
        /// What is wrong with it.
        source: CodecError,
    },
}

/// Reads a stored event back as it was declared.
///
/// # Errors
/// When the event is unknown, newer than this program, or does not fit.
pub fn decode(registry: &Registry, event: StoredEvent) -> Result<AnyRecorded, DecodeError> {
    let position = event.envelope.position;
    if event.codec != NAMED_MESSAGE_PACK {
        return Err(DecodeError::UnknownCodec { codec: event.codec, position });
    }
    let Some(aggregate) = registry.aggregate(&event.envelope.stream_type) else {
        let stream_type = event.envelope.stream_type.to_string();
        return Err(DecodeError::UnknownAggregate { stream_type, position });
    };
    aggregate
        .decode(event.envelope, &event.name, event.schema_version, &event.payload)
        .map_err(|source| DecodeError::Event { position, source })
}
