//! The keys of an installation.

use std::{fmt, sync::Arc};

use ed25519_dalek::{SigningKey, VerifyingKey};
use ulid::Ulid;

use super::{Checkpoint, Hash, NoteError, VerifierKey};
use crate::TenantId;

/// The key that signs checkpoints, those that did before, and whose they are.
/// Cheap to copy.
#[derive(Clone)]
pub struct Keyring {
    installation: Arc<str>,
    /// Absent where checkpoints are only read.
    signing: Option<Arc<SigningKey>>,
    /// The current one first.
    public: Arc<[VerifyingKey]>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("installation", &self.installation)
            .field("signs", &self.signing.is_some())
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// The keys of a process that signs.
    #[must_use]
    pub fn signing(installation: &str, key: SigningKey, retired: &[VerifyingKey]) -> Self {
        let keyring = Self::verifying(installation, key.verifying_key(), retired);
        Self { signing: Some(Arc::new(key)), ..keyring }
    }

    /// The keys of a process that only reads what others sign.
    #[must_use]
    pub fn verifying(installation: &str, key: VerifyingKey, retired: &[VerifyingKey]) -> Self {
        let retired = retired.iter().copied().filter(|old| *old != key);
        let public = std::iter::once(key).chain(retired).collect();
        Self { installation: installation.into(), signing: None, public }
    }

    /// What a tenant's checkpoints say they are of.
    #[must_use]
    pub fn origin(&self, tenant: Ulid) -> String {
        format!("{}/{}", self.installation, TenantId(tenant))
    }

    /// The keys by which a tenant's checkpoints are verified, the current one
    /// first.
    #[must_use]
    pub fn keys(&self, tenant: Ulid) -> Vec<VerifierKey> {
        self.public.iter().map(|key| VerifierKey::new(self.origin(tenant), *key)).collect()
    }

    /// What signs, if anything does.
    pub(super) fn signing_key(&self) -> Option<&SigningKey> {
        self.signing.as_deref()
    }

    /// Signs that a tenant's tree has this root; nothing where there is no
    /// private key.
    pub(super) fn sign(&self, tenant: Ulid, size: u64, root: Hash) -> Option<String> {
        let checkpoint = Checkpoint { origin: self.origin(tenant), size, root };
        Some(checkpoint.sign(self.signing_key()?))
    }

    /// Reads a checkpoint of a tenant.
    ///
    /// # Errors
    /// When it is none, of another log, or not signed with one of these keys.
    pub fn open(&self, tenant: Ulid, note: &str) -> Result<Checkpoint, NoteError> {
        let origin = self.origin(tenant);
        let found = note.lines().next().unwrap_or_default();
        if found != origin {
            return Err(NoteError::WrongOrigin { found: found.to_owned(), expected: origin });
        }
        Checkpoint::open(note, &self.keys(tenant))
    }
}
