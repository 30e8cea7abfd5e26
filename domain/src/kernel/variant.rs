//! The wire name of an enum's variant, as serde sees it.

use serde::{
    Serialize, Serializer,
    ser::{Error, Impossible},
};
use serde_json::Value;

/// The wire name of the variant that a value is.
///
/// # Errors
/// When the value is not a variant of an externally tagged enum.
pub fn variant_name<T: Serialize>(value: &T) -> Result<&'static str, NotAVariant> {
    match value.serialize(NameOnly) {
        Err(Stop::Name(name)) => Ok(name),
        Ok(()) | Err(Stop::Other) => Err(NotAVariant),
    }
}

/// The fields of the variant that a value is, as JSON; null when it has none.
pub fn variant_fields<T: Serialize>(value: &T) -> Value {
    // An externally tagged variant is a map of one entry: name to fields.
    match serde_json::to_value(value) {
        Ok(Value::Object(variant)) => variant.into_values().next().unwrap_or_default(),
        Ok(_) | Err(_) => Value::Null,
    }
}

/// A value that should have been a variant of an enum was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a variant of an externally tagged enum")]
pub struct NotAVariant;

/// Stops at the first variant, before any field is looked at: the name leaves
/// through the error.
struct NameOnly;

#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("{0}")]
    Name(&'static str),
    #[error("not a variant")]
    Other,
}

impl Error for Stop {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Other
    }
}

macro_rules! not_a_variant {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<(), Stop> { Err(Stop::Other) })*
    };
}

type Never = Impossible<(), Stop>;

impl Serializer for NameOnly {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    not_a_variant!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_str: &str, serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    );
    fn serialize_none(self) -> Result<(), Stop> {
        Err(Stop::Other)
    }
    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<(), Stop> {
        Err(Stop::Other)
    }
    fn serialize_unit(self) -> Result<(), Stop> {
        Err(Stop::Other)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Stop> {
        Err(Stop::Name(variant))
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), Stop> {
        Err(Stop::Other)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<(), Stop> {
        Err(Stop::Name(variant))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Never, Stop> {
        Err(Stop::Other)
    }
    fn serialize_tuple(self, _: usize) -> Result<Never, Stop> {
        Err(Stop::Other)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Stop> {
        Err(Stop::Other)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Never, Stop> {
        Err(Stop::Name(variant))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Never, Stop> {
        Err(Stop::Other)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never, Stop> {
        Err(Stop::Other)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Never, Stop> {
        Err(Stop::Name(variant))
    }
}
