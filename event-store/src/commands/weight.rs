//! How much memory a state takes, as nearly as its serialised form can tell.

use std::fmt::{self, Write};

use serde::{
    Serialize, Serializer,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

/// The weight of a state that is moved on event by event.
///
/// To weigh takes as long as to serialise, which is too long to do it for
/// every command. In between the weight grows by what the events can have
/// added at most; once that is as much as the last weighing found, the state
/// is weighed again. So the weight is never more than about twice too high, and
/// the time spent on weighing is in proportion to the bytes folded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    weighed: usize,
    grown: usize,
}

/// What any state may grow by before it is weighed again.
const SLACK: usize = 2_048;
/// What an entry takes in the cache beside the state.
const ENTRY: usize = 256;

impl Weight {
    /// Takes in that events of so many bytes were folded.
    pub(super) fn grow(&mut self, events: usize, bytes: usize) {
        // A payload of small numbers may grow to several times its size.
        self.grown = self.grown.saturating_add(events * 32 + bytes * 4);
    }

    /// Weighs the state if the last weighing says too little by now.
    pub(super) fn settle<A: Serialize>(&mut self, state: &A) {
        if self.weighed == 0 || self.grown > self.weighed.max(SLACK) {
            *self = Self { weighed: weigh(state), grown: 0 };
        }
    }

    /// The bytes to reckon with.
    pub(super) fn bytes(self) -> usize {
        ENTRY.saturating_add(self.weighed).saturating_add(self.grown)
    }
}

/// The bytes a value takes with everything it owns.
fn weigh<T: Serialize>(value: &T) -> usize {
    let mut scales = Scales(0);
    // What cannot be serialised is as large as what was seen of it.
    let _ = value.serialize(&mut scales);
    // Vectors have room to spare, and so have the nodes of trees.
    size_of::<T>() + scales.0 * 3 / 2
}

/// Adds up what the parts of a value take.
struct Scales(usize);

/// Which variant of an enum it is.
const WORD: usize = 8;
/// What owns memory: a pointer, a length, a capacity.
const OWNER: usize = 24;
/// What an allocation takes beside its content.
const ALLOCATION: usize = 16;

impl Scales {
    #[expect(clippy::unnecessary_wraps, reason = "the shape that serde asks for")]
    fn add(&mut self, bytes: usize) -> Result<(), fmt::Error> {
        self.0 = self.0.saturating_add(bytes);
        Ok(())
    }

    fn owned(&mut self, bytes: usize) -> Result<(), fmt::Error> {
        self.add(OWNER + ALLOCATION + bytes)
    }

    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }
}

/// Counts what is displayed.
impl Write for Scales {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.len())
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<(), fmt::Error> {
            // Small ones seldom lie as close as they could.
            self.add(size_of::<$type>().max(2))
        })*
    };
}

impl<'a> Serializer for &'a mut Scales {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = &'a mut Scales;
    type SerializeTuple = &'a mut Scales;
    type SerializeTupleStruct = &'a mut Scales;
    type SerializeTupleVariant = &'a mut Scales;
    type SerializeMap = &'a mut Scales;
    type SerializeStruct = &'a mut Scales;
    type SerializeStructVariant = &'a mut Scales;

    numbers! {
        serialize_bool: bool, serialize_char: char, serialize_i8: i8, serialize_i16: i16,
        serialize_i32: i32, serialize_i64: i64, serialize_i128: i128, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64
    }

    fn is_human_readable(&self) -> bool {
        false
    }
    fn serialize_str(self, text: &str) -> Result<(), fmt::Error> {
        self.owned(text.len())
    }
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        write!(self, "{value}")
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), fmt::Error> {
        self.owned(bytes.len())
    }
    fn serialize_none(self) -> Result<(), fmt::Error> {
        self.add(OWNER)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        self.part(value)
    }
    fn serialize_unit(self) -> Result<(), fmt::Error> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), fmt::Error> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &str, _: u32, _: &str) -> Result<(), fmt::Error> {
        self.add(WORD)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        self.part(value)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        self.add(WORD)?;
        self.part(value)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self, fmt::Error> {
        self.owned(0)?;
        Ok(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, fmt::Error> {
        self.add(WORD)?;
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self, fmt::Error> {
        self.owned(0)?;
        Ok(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, fmt::Error> {
        Ok(self)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, fmt::Error> {
        self.add(WORD)?;
        Ok(self)
    }
}

macro_rules! parts {
    ($($trait:ident :: $method:ident ( $($name:ty)? )),*) => {
        $(impl $trait for &mut Scales {
            type Ok = ();
            type Error = fmt::Error;
            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $(_: $name,)?
                value: &T,
            ) -> Result<(), fmt::Error> {
                self.part(value)
            }
            fn end(self) -> Result<(), fmt::Error> {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq::serialize_element(), SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(), SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(&'static str),
    SerializeStructVariant::serialize_field(&'static str)
}

impl SerializeMap for &mut Scales {
    type Ok = ();
    type Error = fmt::Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.part(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.part(value)
    }
    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Between what is surely taken and three times that.
    fn fair<T: Serialize>(value: &T, taken: usize) {
        let weighed = weigh(value);
        assert!((taken..=3 * taken).contains(&weighed), "weighs {weighed}, takes {taken}");
    }

    #[test]
    fn a_weight_is_neither_too_low_nor_far_too_high() {
        fair(&vec![7_u64; 1_000], 8_000);
        fair(&"x".repeat(10_000), 10_000);
        fair(&vec!["abc".to_owned(); 1_000], 1_000 * (24 + 16));
        let map: BTreeMap<u64, Option<String>> =
            (0..1_000).map(|key| (key, Some(key.to_string()))).collect();
        fair(&map, 1_000 * (8 + 24 + 16));
        // Words of one letter on the wire, all of a variant in memory.
        fair(&vec![Some([0_u8; 16]); 1_000], 17_000);
    }

    #[test]
    fn a_state_is_weighed_again_when_it_may_have_doubled() {
        let mut state = vec![0_u64; 10_000];
        let mut weight = Weight::default();
        weight.settle(&state);
        let first = weight.bytes();
        weight.grow(1, 80);
        weight.settle(&state);
        assert_eq!(weight.bytes(), first + 32 + 320, "reckoned, not weighed");
        state.clear();
        weight.grow(1, 80_000);
        weight.settle(&state);
        assert!(weight.bytes() < 1_000, "weighed: {}", weight.bytes());
    }
}
