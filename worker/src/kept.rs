//! Orders as they are kept: with timers, and with refused commands.
//!
//! An order may repeat what its event says about people. Then it is sealed as a
//! whole with the keys of all of them, and once one of them is erased nobody
//! can read it any more. A byte in front tells what follows.

use domain::kernel::{
    Dispatch,
    personal::{Opened, Replacement, SEALED as SEALED_VALUE, rewrite},
};
use event_store::{
    StoredEvent,
    keys::{KeyError, Keys, SEALED_MESSAGE_PACK, subject_of},
};
use ulid::Ulid;

/// JSON follows.
const PLAIN: u8 = 0;
/// The number of people, who they are, and the sealed JSON follow.
const SEALED: u8 = 1;
/// Nothing follows: one of the people had been erased by then.
const ERASED: u8 = 2;

/// Whose personal data an event holds, as it is stored.
pub(crate) fn subjects_of(event: &StoredEvent) -> Vec<Ulid> {
    let mut subjects = vec![];
    if event.codec == SEALED_MESSAGE_PACK {
        // Bytes that are none are found out by whoever opens them.
        let _ = rewrite::<KeyError>(&event.payload, SEALED_VALUE, |sealed| {
            subjects.extend(subject_of(sealed));
            Ok(Replacement::Nil)
        });
    }
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

/// An order as it is kept at a place, given the keys of these people.
///
/// # Errors
/// When a key is missing.
pub(crate) fn keep(
    keys: &Keys,
    place: &[u8],
    subjects: &[Ulid],
    dispatch: &Dispatch,
) -> Result<Vec<u8>, KeyError> {
    let mut value = serde_json::to_vec(dispatch).unwrap_or_default();
    if subjects.is_empty() {
        value.insert(0, PLAIN);
        return Ok(value);
    }
    let mut kept = vec![SEALED];
    kept.extend_from_slice(&u32::try_from(subjects.len()).unwrap_or(u32::MAX).to_be_bytes());
    for subject in subjects {
        kept.extend_from_slice(&subject.to_bytes());
        match keys.seal(place, &Opened { subject: Some(*subject), value })? {
            Some(sealed) => value = sealed,
            None => return Ok(vec![ERASED]),
        }
    }
    kept.extend_from_slice(&value);
    Ok(kept)
}

/// An order that was kept, before it is opened.
pub(crate) struct Kept<'a> {
    /// Whose keys seal it, from within.
    pub(crate) subjects: Vec<Ulid>,
    body: Option<&'a [u8]>,
}

impl<'a> Kept<'a> {
    /// Reads what is in front.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        match bytes.split_first()? {
            (&PLAIN, body) => Some(Self { subjects: vec![], body: Some(body) }),
            (&ERASED, _) => Some(Self { subjects: vec![], body: None }),
            (&SEALED, rest) => {
                let (count, rest) = rest.split_first_chunk::<4>()?;
                let length = usize::try_from(u32::from_be_bytes(*count)).ok()?.checked_mul(16)?;
                let (subjects, body) = rest.split_at_checked(length)?;
                let (subjects, _) = subjects.as_chunks::<16>();
                let subjects = subjects.iter().map(|bytes| Ulid::from_bytes(*bytes)).collect();
                Some(Self { subjects, body: Some(body) })
            }
            _ => None,
        }
    }

    /// Opens it: JSON, or nothing once one of the people has been erased.
    ///
    /// # Errors
    /// When it was altered or moved.
    pub(crate) fn open(&self, keys: &Keys, place: &[u8]) -> Result<Option<Vec<u8>>, KeyError> {
        let Some(body) = self.body else { return Ok(None) };
        let mut value = body.to_vec();
        for _ in &self.subjects {
            match keys.open(place, &value)? {
                Some(opened) => value = opened.value,
                None => return Ok(None),
            }
        }
        Ok(Some(value))
    }
}

/// Where the order of a timer is kept.
pub(crate) fn timer_place(stream: Ulid, name: &str) -> Vec<u8> {
    [b"log.timers ", &stream.to_bytes()[..], name.as_bytes()].concat()
}

/// Where a refused order is kept.
pub(crate) fn refused_place(command: Ulid) -> Vec<u8> {
    [b"log.refused_intents ", &command.to_bytes()[..]].concat()
}
