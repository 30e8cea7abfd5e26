//! Events as bytes: MessagePack with field names, versioned by event.
//!
//! Only the fields are stored; the name of the variant lives in the envelope.
//! Field names cost bytes and buy the freedom to reorder, add and read the
//! fields for ever, with any tool.

use std::marker::PhantomData;

use rmp_serde::{decode, encode};
use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};
use ulid::Ulid;

use super::{
    Aggregate, AnyRecorded, Envelope, Event, Id, Recorded,
    personal::{OPEN, Opened, Replacement, WireError, fields, rewrite},
    schema, variant_name,
};

/// The codec number of named-field MessagePack.
pub const NAMED_MESSAGE_PACK: i16 = 1;

/// An event ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The variant's name, for example `issued`.
    pub name: &'static str,
    /// The version of the event's shape.
    pub schema_version: u16,
    /// The fields.
    pub payload: Vec<u8>,
    /// Whether personal values may be among them, as extensions of the type
    /// [`OPEN`].
    pub personal: bool,
}

/// Why stored bytes are not the event they claim to be.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// No such event is declared.
    #[error("{stream_type} has no event {name}")]
    UnknownEvent {
        /// The aggregate's type.
        stream_type: &'static str,
        /// The event's name as stored.
        name: String,
    },
    /// The event was written by a newer program.
    #[error("{name} has schema version {stored}, this program knows up to {known}")]
    NewerSchema {
        /// The event's name.
        name: String,
        /// The version as stored.
        stored: u16,
        /// The newest version declared.
        known: u16,
    },
    /// The fields do not fit the event.
    #[error("{name} v{version}: {source}")]
    Payload {
        /// The event's name.
        name: String,
        /// The version as stored.
        version: u16,
        /// What did not fit.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Reads a stored event without knowing its type: envelope, name, schema
/// version, payload.
pub type DecodeFn =
    dyn Fn(Envelope, &str, u16, &[u8]) -> Result<AnyRecorded, CodecError> + Send + Sync;

/// Writes and reads the events of one aggregate.
pub struct EventCodec<A: Aggregate> {
    shapes: Vec<Shape>,
    aggregate: PhantomData<fn() -> A>,
}

struct Shape {
    name: String,
    personal: bool,
    lifts: Vec<fn(&mut Map<String, Value>)>,
}

impl Shape {
    fn version(&self) -> u16 {
        u16::try_from(self.lifts.len() + 1).unwrap_or(u16::MAX)
    }
}

impl<A: Aggregate> Default for EventCodec<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Aggregate> EventCodec<A> {
    /// Learns the shapes of the aggregate's events from their declaration.
    #[must_use]
    pub fn new() -> Self {
        let shapes = schema::variants::<A::Event>()
            .into_iter()
            .map(|variant| Shape {
                lifts: A::Event::UPCASTS
                    .iter()
                    .filter(|upcast| upcast.event == variant.name)
                    .map(|upcast| upcast.lift)
                    .collect(),
                personal: schema::is_personal(&variant.schema, &variant.schema),
                name: variant.name,
            })
            .collect();
        Self { shapes, aggregate: PhantomData }
    }

    /// The names and current schema versions of all events.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, u16)> {
        self.shapes.iter().map(|shape| (shape.name.as_str(), shape.version()))
    }

    /// Writes an event.
    ///
    /// # Errors
    /// When the event cannot be serialised, which its laws rule out.
    pub fn encode(&self, event: &A::Event) -> Result<Encoded, CodecError> {
        let name = variant_name(event).unwrap_or_default();
        let shape = self.shape(name)?;
        let fail = |source: encode::Error| CodecError::Payload {
            name: shape.name.clone(),
            version: shape.version(),
            source: source.into(),
        };
        let tagged = rmp_serde::to_vec_named(event).map_err(fail)?;
        // A map of one entry, then the name: what is left are the fields.
        let mut tag = vec![0x81];
        rmp_serde::encode::write_named(&mut tag, name).map_err(fail)?;
        let payload = tagged.strip_prefix(tag.as_slice()).unwrap_or_default().to_vec();
        let (schema_version, personal) = (shape.version(), shape.personal);
        Ok(Encoded { name, schema_version, payload, personal })
    }

    /// Makes the personal values of a new event that are nobody's yet those of
    /// its owner, so that they stay the owner's wherever they are copied. An
    /// event that cannot be written stays as it is, until writing it fails.
    pub fn owned(&self, event: A::Event, owner: Ulid) -> A::Event {
        self.attributed(&event, owner).ok().flatten().unwrap_or(event)
    }

    /// Nothing if the event is not personal.
    fn attributed(&self, event: &A::Event, owner: Ulid) -> Result<Option<A::Event>, CodecError> {
        let name = variant_name(event).unwrap_or_default();
        let shape = self.shape(name)?;
        if !shape.personal {
            return Ok(None);
        }
        let fail = |source: WireError| CodecError::Payload {
            name: shape.name.clone(),
            version: shape.version(),
            source: source.into(),
        };
        let payload = rewrite(&self.encode(event)?.payload, OPEN, |body| {
            let value = Opened::parse(body)?;
            let subject = Some(value.subject.unwrap_or(owner));
            Ok(Replacement::Extension(OPEN, Opened { subject, ..value }.body()))
        });
        self.decode(name, shape.version(), &payload.map_err(fail)?).map(Some)
    }

    /// Reads an event of any schema version up to the current one.
    ///
    /// # Errors
    /// When the event is unknown, newer than this program, or does not fit.
    pub fn decode(&self, name: &str, version: u16, payload: &[u8]) -> Result<A::Event, CodecError> {
        let shape = self.shape(name)?;
        if version > shape.version() {
            return Err(CodecError::NewerSchema {
                name: shape.name.clone(),
                stored: version,
                known: shape.version(),
            });
        }
        let decoded = if version == shape.version() {
            A::Event::deserialize(Tagged { name: &shape.name, payload }).map_err(Into::into)
        } else {
            lift::<A::Event>(shape, version, payload)
        };
        decoded.map_err(|source| {
            let source = if shape.personal { without_values(source) } else { source };
            CodecError::Payload { name: shape.name.clone(), version, source }
        })
    }

    /// Reads an event together with its envelope.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn recorded(
        &self,
        envelope: Envelope,
        name: &str,
        version: u16,
        payload: &[u8],
    ) -> Result<Recorded<A>, CodecError> {
        let event = self.decode(name, version, payload)?;
        Ok(Recorded { id: Id::new(envelope.stream_id), event, envelope })
    }

    fn shape(&self, name: &str) -> Result<&Shape, CodecError> {
        self.shapes
            .iter()
            .find(|shape| shape.name == name)
            .ok_or_else(|| CodecError::UnknownEvent { stream_type: A::TYPE, name: name.to_owned() })
    }
}

/// What is wrong, without quoting what does not fit: it may be personal, and
/// errors end in logs and tables.
fn without_values(
    source: Box<dyn std::error::Error + Send + Sync>,
) -> Box<dyn std::error::Error + Send + Sync> {
    if source.to_string().starts_with("missing field") {
        return source;
    }
    "a field does not fit its type (which is not shown: the event has personal data)".into()
}

/// The slow path for old shapes: through a JSON value and the upcasts, and on
/// as if the fields had been stored that way.
fn lift<E: Event>(
    shape: &Shape,
    version: u16,
    payload: &[u8],
) -> Result<E, Box<dyn std::error::Error + Send + Sync>> {
    let mut fields = fields::read(payload)?;
    for lift in shape.lifts.iter().skip(usize::from(version.saturating_sub(1))) {
        lift(&mut fields);
    }
    let payload = fields::write(&fields)?;
    Ok(E::deserialize(Tagged { name: &shape.name, payload: &payload })?)
}

/// Shows serde an externally tagged enum whose tag is kept elsewhere.
struct Tagged<'a> {
    name: &'a str,
    payload: &'a [u8],
}

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = decode::Error;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, decode::Error> {
        visitor.visit_enum(self)
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = decode::Error;
    type Variant = Fields<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Fields<'de>), decode::Error> {
        let name: StrDeserializer<'_, decode::Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Fields(self.payload)))
    }
}

struct Fields<'a>(&'a [u8]);

impl<'de> VariantAccess<'de> for Fields<'de> {
    type Error = decode::Error;

    fn unit_variant(self) -> Result<(), decode::Error> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, decode::Error> {
        seed.deserialize(&mut rmp_serde::Deserializer::from_read_ref(self.0))
    }
    fn tuple_variant<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, decode::Error> {
        rmp_serde::Deserializer::from_read_ref(self.0).deserialize_any(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, decode::Error> {
        rmp_serde::Deserializer::from_read_ref(self.0).deserialize_any(visitor)
    }
}
