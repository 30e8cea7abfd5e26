//! Proofs as documents that stand for themselves, and how they are checked.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Hash, Leaf, LeafError, NoteError, VerifierKey, certificate, consistency_holds,
    inclusion_holds,
};

/// Something about a tenant's log that can be checked without asking anybody:
/// with the document and a public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", deny_unknown_fields)]
pub enum Document {
    /// A signed root.
    #[serde(rename = "tenantry/checkpoint/v1")]
    Checkpoint {
        /// The tenant.
        tenant: String,
        /// How many events the log had.
        size: u64,
        /// When the installation says it signed; not part of what is signed.
        signed_at: String,
        /// The signed note.
        checkpoint: String,
    },
    /// An event, and that it is in a signed log.
    #[serde(rename = "tenantry/inclusion/v1")]
    Inclusion {
        /// The tenant.
        tenant: String,
        /// The event's position, from 1.
        position: u64,
        /// How many events the log had.
        size: u64,
        /// The event as it is hashed, in base64.
        leaf: String,
        /// The hashes from the leaf to the root, in base64.
        proof: Vec<String>,
        /// The signed note.
        checkpoint: String,
    },
    /// That one signed log continues another.
    #[serde(rename = "tenantry/consistency/v1")]
    Consistency {
        /// The tenant.
        tenant: String,
        /// How many events the earlier log had.
        from: u64,
        /// How many events the later log had.
        to: u64,
        /// The hashes of the proof, in base64.
        proof: Vec<String>,
        /// The earlier signed note.
        from_checkpoint: String,
        /// The later signed note.
        to_checkpoint: String,
    },
    /// That a person was forgotten: their key was destroyed.
    #[serde(rename = "tenantry/erasure/v1")]
    Erasure {
        /// The tenant.
        tenant: String,
        /// The person, as whoever asked has named them.
        subject: String,
        /// When the key was destroyed.
        erased_at: String,
        /// Which erasure of the tenant it was.
        erasure: u64,
        /// Where the log ended then.
        log_position: u64,
        /// How many events hold something about the person, and keep it sealed.
        sealed_events: u64,
        /// The signed note, if there was a key to sign it with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<String>,
    },
    /// The keys that sign a tenant's checkpoints. Believe them as far as you
    /// believe whoever gave you this.
    #[serde(rename = "tenantry/keys/v1")]
    Keys {
        /// The tenant.
        tenant: String,
        /// The keys, the current one first.
        keys: Vec<ListedKey>,
    },
}

/// A key in a list of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedKey {
    /// The verifier key: name, id and public key.
    pub key: String,
    /// Whether it still signs.
    pub state: KeyState,
}

/// Whether a key still signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It signs.
    Current,
    /// It has signed, and what it signed stays valid.
    Retired,
}

/// What a document shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// In a sentence.
    pub told: String,
    /// The event that was proven.
    pub event: Option<Leaf>,
    /// The checkpoints in it, the earlier first.
    pub checkpoints: Vec<Checkpoint>,
}

/// Why a document shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A checkpoint is not accepted.
    #[error("the checkpoint is not accepted: {0}")]
    Note(#[from] NoteError),
    /// The event cannot be read.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// A field is not what it should be.
    #[error("{field}: {reason}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The hashes do not lead to the signed root.
    #[error("the proof does not hold: its hashes do not lead to the signed root")]
    DoesNotHold,
    /// There is nothing to check.
    #[error("a list of keys proves nothing; give it to whoever checks proofs")]
    NothingToCheck,
}

/// The field of a document that says what its checkpoint says too.
fn same<T: PartialEq + ?Sized>(
    field: &'static str,
    told: &T,
    signed: &T,
) -> Result<(), CheckError> {
    let reason = "it is not what was signed";
    if told == signed { Ok(()) } else { Err(CheckError::Field { field, reason }) }
}

fn open(
    tenant: &str,
    (field, size): (&'static str, u64),
    note: &str,
    keys: &[VerifierKey],
) -> Result<Checkpoint, CheckError> {
    let checkpoint = Checkpoint::open(note, keys)?;
    same("tenant", tenant, checkpoint.tenant())?;
    same(field, &size, &checkpoint.size)?;
    Ok(checkpoint)
}

fn hashes(proof: &[String]) -> Result<Vec<Hash>, CheckError> {
    let reason = "expected SHA-256 hashes in base64";
    let hash = |text: &String| STANDARD.decode(text).ok()?.try_into().ok();
    let hashes: Option<Vec<Hash>> = proof.iter().map(hash).collect();
    hashes.ok_or(CheckError::Field { field: "proof", reason })
}

impl Document {
    /// Checks it with keys that are trusted for another reason.
    ///
    /// # Errors
    /// When it does not show what it says.
    pub fn check(&self, keys: &[VerifierKey]) -> Result<Checked, CheckError> {
        match self {
            Self::Checkpoint { tenant, size, checkpoint, .. } => {
                let checkpoint = open(tenant, ("size", *size), checkpoint, keys)?;
                let told = format!(
                    "{} signed that its log of {size} events has the root {}",
                    checkpoint.origin,
                    STANDARD.encode(checkpoint.root)
                );
                Ok(Checked { told, event: None, checkpoints: vec![checkpoint] })
            }
            Self::Inclusion { tenant, position, size, leaf, proof, checkpoint } => {
                let checkpoint = open(tenant, ("size", *size), checkpoint, keys)?;
                let reason = "expected base64";
                let leaf = STANDARD.decode(leaf);
                let leaf = Leaf(leaf.map_err(|_| CheckError::Field { field: "leaf", reason })?);
                same("position", &Ok(leaf.position()?), &i64::try_from(*position))?;
                let index = position.wrapping_sub(1);
                let proof = hashes(proof)?;
                if !inclusion_holds(leaf.hash(), index, *size, &proof, &checkpoint.root) {
                    return Err(CheckError::DoesNotHold);
                }
                let told = format!(
                    "the event at position {position} is in the log of {size} events that {} \
                     signed",
                    checkpoint.origin
                );
                Ok(Checked { told, event: Some(leaf), checkpoints: vec![checkpoint] })
            }
            Self::Consistency { tenant, from, to, proof, from_checkpoint, to_checkpoint } => {
                let earlier = open(tenant, ("from", *from), from_checkpoint, keys)?;
                let later = open(tenant, ("to", *to), to_checkpoint, keys)?;
                same("from_checkpoint", &earlier.origin, &later.origin)?;
                let proof = hashes(proof)?;
                if !consistency_holds((*from, &earlier.root), (*to, &later.root), &proof) {
                    return Err(CheckError::DoesNotHold);
                }
                let told = format!(
                    "the log of {to} events that {} signed continues the one of {from} events",
                    later.origin
                );
                Ok(Checked { told, event: None, checkpoints: vec![earlier, later] })
            }
            Self::Erasure {
                tenant,
                subject,
                erased_at,
                erasure,
                log_position,
                sealed_events,
                certificate,
            } => {
                let numbers = (*erasure, *log_position, *sealed_events);
                let said = (&**subject, &**erased_at);
                let origin =
                    certificate::check(tenant, said, numbers, certificate.as_deref(), keys)?;
                let told = format!(
                    "{origin} signed that the key of {subject} was destroyed at {erased_at}, and \
                     that {sealed_events} events up to position {log_position} stay sealed"
                );
                Ok(Checked { told, event: None, checkpoints: vec![] })
            }
            Self::Keys { .. } => Err(CheckError::NothingToCheck),
        }
    }
}
