//! AES-256-GCM: what is sealed can neither be read nor moved elsewhere.

use std::{fmt, sync::Arc};

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use zeroize::Zeroizing;

use super::KeyError;

/// The size of a key in bytes.
pub(super) const KEY: usize = 32;
const NONCE: usize = 12;

/// The bytes of a key, wiped when they are dropped.
pub(super) type Secret = Zeroizing<Vec<u8>>;

/// A new key.
pub(super) fn generate() -> Result<Secret, KeyError> {
    let mut key = Zeroizing::new(vec![0; KEY]);
    random(&mut key)?;
    Ok(key)
}

fn random(bytes: &mut [u8]) -> Result<(), KeyError> {
    getrandom::fill(bytes).map_err(|error| KeyError::NoRandomness(error.to_string()))
}

/// A key ready for use.
#[derive(Clone)]
pub(super) struct Cipher(Arc<Aes256Gcm>);

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

impl Cipher {
    pub(super) fn new(key: &[u8]) -> Result<Self, KeyError> {
        Aes256Gcm::new_from_slice(key)
            .map(|cipher| Self(Arc::new(cipher)))
            .map_err(|_| KeyError::Broken("a key of wrong size"))
    }

    /// Seals bytes for one place: the nonce, then the ciphertext with its tag.
    pub(super) fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let sealed = self
            .0
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: place })
            .map_err(|_| KeyError::Broken("a value that is too large to be sealed"))?;
        let mut bytes = Vec::with_capacity(NONCE + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// Opens what was sealed for the same place.
    pub(super) fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Secret, KeyError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(KeyError::Tampered)?;
        self.0
            .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: place })
            .map(Zeroizing::new)
            .map_err(|_| KeyError::Tampered)
    }
}
