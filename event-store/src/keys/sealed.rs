//! How a sealed personal value looks: what sealed it, whose it is, and the
//! value, which nobody reads without that person's key.

use std::collections::HashMap;

use domain::kernel::personal::Opened;
use ulid::Ulid;

use super::{KeyError, cipher::Cipher};

/// AES-256-GCM under the subject's key.
const FORMAT: u8 = 1;

/// Whose a sealed value is; nobody's if it is none.
#[must_use]
pub fn subject_of(sealed: &[u8]) -> Option<Ulid> {
    parts(sealed).ok().map(|(subject, _)| subject)
}

fn parts(sealed: &[u8]) -> Result<(Ulid, &[u8]), KeyError> {
    let (&FORMAT, rest) = sealed.split_first().ok_or(KeyError::Tampered)? else {
        return Err(KeyError::Tampered);
    };
    let (subject, rest) = rest.split_first_chunk::<16>().ok_or(KeyError::Tampered)?;
    Ok((Ulid(u128::from_be_bytes(*subject)), rest))
}

/// The keys of some people of one tenant.
#[derive(Clone, Debug, Default)]
pub struct Keys(pub(super) HashMap<Ulid, SubjectKey>);

/// A person's key, or what is left of it.
#[derive(Clone, Debug)]
pub(super) enum SubjectKey {
    Live(Cipher),
    Erased,
}

impl Keys {
    /// Opens a value that was sealed for this place. None: its subject has
    /// been erased.
    ///
    /// # Errors
    /// When the value was altered or moved, or the key is not among these.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Option<Opened>, KeyError> {
        let (subject, sealed) = parts(sealed)?;
        match self.0.get(&subject) {
            Some(SubjectKey::Live(cipher)) => {
                let value = cipher.open(place, sealed)?.to_vec();
                Ok(Some(Opened { subject: Some(subject), value }))
            }
            Some(SubjectKey::Erased) => Ok(None),
            None => Err(KeyError::Broken("the key of a sealed value was not looked up")),
        }
    }

    /// Seals a value for one place. None: its subject has been erased.
    ///
    /// # Errors
    /// When the value is nobody's, or the key is not among these.
    pub fn seal(&self, place: &[u8], value: &Opened) -> Result<Option<Vec<u8>>, KeyError> {
        let subject = value.subject.ok_or(KeyError::Broken("a personal value that is nobody's"))?;
        match self.0.get(&subject) {
            Some(SubjectKey::Live(cipher)) => {
                let mut sealed = vec![FORMAT];
                sealed.extend_from_slice(&subject.0.to_be_bytes());
                sealed.extend_from_slice(&cipher.seal(place, &value.value)?);
                Ok(Some(sealed))
            }
            Some(SubjectKey::Erased) => Ok(None),
            None => Err(KeyError::Broken("the key of a personal value was not looked up")),
        }
    }
}
