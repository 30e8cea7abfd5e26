//! The key file.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey, KeypairBytes, spki::der::pem::LineEnding},
};
use event_store::keys::{SecretFile, exposed};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use super::KeyError;

/// An Ed25519 key: a pair that signs and verifies, or its public half.
#[derive(Debug)]
pub struct Key {
    public: VerifyingKey,
    /// The pair in DER form, as the signer wants it.
    private: Option<SecretSlice<u8>>,
    id: String,
}

impl Key {
    /// Reads the key of a file, or makes one there when there is no file.
    /// Several processes may do this at once: all get the same key.
    ///
    /// # Errors
    /// When the file can neither be read nor made, others can read it, or it
    /// holds something else.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::open(path) {
            Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => {
                create(path)?;
                Self::open(path)
            }
            opened => opened,
        }
    }

    /// Reads the key of a file: a pair (PKCS#8) or a public key (SPKI).
    ///
    /// # Errors
    /// When the file cannot be read, others can read it although it holds a
    /// private key, or it holds something else.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        if path.as_os_str().is_empty() {
            return Err(KeyError::NoFile);
        }
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            ErrorKind::InvalidData => KeyError::Malformed { path: path.to_owned() },
            _ => KeyError::file("read", path)(source),
        })?;
        let text = SecretString::from(text);
        if let Ok(public) = VerifyingKey::from_public_key_pem(text.expose_secret()) {
            return Ok(Self::public(public));
        }
        let pair = SigningKey::from_pkcs8_pem(text.expose_secret())
            .map_err(|_| KeyError::Malformed { path: path.to_owned() })?;
        if let Some(mode) = exposed(path).map_err(KeyError::file("look at", path))? {
            return Err(KeyError::Exposed { path: path.to_owned(), mode });
        }
        Self::pair(&pair).ok_or_else(|| KeyError::Malformed { path: path.to_owned() })
    }

    /// A new key that is kept nowhere, for tests and demonstrations.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let no_randomness = || KeyError::NoRandomness("they make no key".to_owned());
        Self::pair(&generate()?).ok_or_else(no_randomness)
    }

    /// A short name of the key that tells nothing about it: the first 64 bits
    /// of its public half's hash.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The pair, for signatures that are no tokens.
    pub(crate) fn signing(&self) -> Option<SigningKey> {
        SigningKey::from_pkcs8_der(self.private_der()?).ok()
    }

    /// The public half.
    pub(crate) fn verifying(&self) -> VerifyingKey {
        self.public
    }

    pub(super) fn public_bytes(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    pub(super) fn private_der(&self) -> Option<&[u8]> {
        self.private.as_ref().map(ExposeSecret::expose_secret)
    }

    fn public(public: VerifyingKey) -> Self {
        let hash: [u8; 32] = Sha256::digest(public.as_bytes()).into();
        let first = hash.iter().take(8).fold(0_u64, |id, byte| id << 8 | u64::from(*byte));
        Self { public, private: None, id: format!("{first:016x}") }
    }

    fn pair(pair: &SigningKey) -> Option<Self> {
        use ed25519_dalek::pkcs8::EncodePrivateKey;
        let der = pair.to_pkcs8_der().ok()?;
        let private = Some(SecretSlice::from(der.as_bytes().to_vec()));
        Some(Self { private, ..Self::public(pair.verifying_key()) })
    }
}

fn generate() -> Result<SigningKey, KeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// Makes the file complete or not at all, and never replaces one.
fn create(path: &Path) -> Result<(), KeyError> {
    use ed25519_dalek::pkcs8::EncodePrivateKey;
    // Without the public half, as openssl writes it: every tool reads that.
    let pair = KeypairBytes { secret_key: generate()?.to_bytes(), public_key: None };
    let pem = pair
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|_| KeyError::Malformed { path: path.to_owned() })?;
    let created = SecretFile::begin(path)
        .and_then(|mut file| file.write_all(pem.as_bytes()).map(|()| file))
        .and_then(SecretFile::create);
    match created {
        // Another process was faster: its key is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created.map_err(KeyError::file("create", path)),
    }
}
