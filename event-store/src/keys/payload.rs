//! Payloads with personal values in them, each sealed for its place.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use domain::kernel::{
    NAMED_MESSAGE_PACK,
    personal::{OPEN, Opened, Replacement, SEALED, rewrite},
};
use ulid::Ulid;

use super::{KeyError, Keys, SEALED_MESSAGE_PACK, sealed::subject_of};
use crate::{Append, NewKey, StoredEvent};

/// Where a value stands, so that it opens nowhere else.
#[derive(Clone)]
pub(super) struct Place {
    bytes: Vec<u8>,
    values: u32,
}

impl Place {
    pub(super) fn event(id: Ulid) -> Self {
        let mut bytes = b"event ".to_vec();
        bytes.extend_from_slice(&id.0.to_be_bytes());
        Self { bytes, values: 0 }
    }

    pub(super) fn state(stream: Ulid, version: u64) -> Self {
        let mut bytes = b"state ".to_vec();
        bytes.extend_from_slice(&stream.0.to_be_bytes());
        bytes.extend_from_slice(&version.to_be_bytes());
        Self { bytes, values: 0 }
    }

    /// The place of the next value there.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let mut place = self.bytes.clone();
        place.extend_from_slice(&self.values.to_be_bytes());
        self.values += 1;
        place
    }
}

/// Where the key of a person stands.
pub(super) fn place_of(subject: Ulid) -> [u8; 16] {
    subject.0.to_be_bytes()
}

/// Seals the personal values of an append, each for its event.
pub(super) fn seal_append(
    keys: &Keys,
    new: &mut HashMap<Ulid, NewKey>,
    append: &mut Append,
) -> Result<(), KeyError> {
    for event in append.events.iter_mut().filter(|event| event.personal) {
        let mut subjects = BTreeSet::new();
        let mut place = Place::event(event.id);
        event.payload = rewrite::<KeyError>(&event.payload, OPEN, |body| {
            let mut value = Opened::parse(body)?;
            let subject = *value.subject.get_or_insert(append.stream);
            subjects.insert(subject);
            let sealed = keys.seal(&place.next(), &value)?.ok_or(KeyError::Erased(subject))?;
            Ok(Replacement::Extension(SEALED, sealed))
        })?;
        append.new_keys.extend(subjects.iter().filter_map(|subject| new.remove(subject)));
        event.subjects.extend(subjects);
    }
    Ok(())
}

/// Opens the sealed values of events.
pub(super) fn open_all(keys: &Keys, events: &mut [StoredEvent]) -> Result<(), KeyError> {
    for event in events.iter_mut().filter(|event| event.codec == SEALED_MESSAGE_PACK) {
        let place = Place::event(event.envelope.event_id);
        event.payload = Bytes::from(open(keys, place, &event.payload)?);
        event.codec = NAMED_MESSAGE_PACK;
    }
    Ok(())
}

/// Opens the sealed values of one payload.
pub(super) fn open(keys: &Keys, mut place: Place, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
    rewrite::<KeyError>(payload, SEALED, |sealed| {
        Ok(match keys.open(&place.next(), sealed)? {
            Some(value) => Replacement::Extension(OPEN, value.body()),
            None => Replacement::Nil,
        })
    })
}

/// Leaves out of an event all that is sealed, as though everybody were erased.
pub(crate) fn leave_out_sealed(event: &mut StoredEvent) -> Result<(), KeyError> {
    if event.codec == SEALED_MESSAGE_PACK {
        let payload = rewrite::<KeyError>(&event.payload, SEALED, |_| Ok(Replacement::Nil))?;
        event.payload = Bytes::from(payload);
        event.codec = NAMED_MESSAGE_PACK;
    }
    Ok(())
}

/// Adds whose the sealed values of a payload are.
pub(super) fn subjects_in(payload: &[u8], subjects: &mut BTreeSet<Ulid>) -> Result<(), KeyError> {
    rewrite::<KeyError>(payload, SEALED, |sealed| {
        subjects.insert(subject_of(sealed).ok_or(KeyError::Tampered)?);
        Ok(Replacement::Nil)
    })
    .map(drop)
}
