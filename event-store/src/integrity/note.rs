//! Checkpoints: signed notes as C2SP signed-note and tlog-checkpoint have them.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::Hash;

/// Ed25519 among the signature types of signed notes.
const ED25519: u8 = 1;

/// More signatures than any checkpoint has.
const MOST_SIGNATURES: usize = 100;

/// What a checkpoint says: this tree had this root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log: the installation and the tenant.
    pub origin: String,
    /// How many events it had.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is no checkpoint.
    #[error("it is no checkpoint: {0}")]
    Malformed(&'static str),
    /// It is not signed with any key that is trusted.
    #[error("it is not signed with a trusted key")]
    UnknownKey,
    /// It says who signed it, and they did not sign this.
    #[error("its signature does not fit")]
    WrongSignature,
    /// It speaks of another log.
    #[error("it is of {found:?}, expected {expected:?}")]
    WrongOrigin {
        /// Of which it speaks.
        found: String,
        /// Of which it should.
        expected: String,
    },
}

/// A public key and the name under which it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl Checkpoint {
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Signs it in its origin's name.
    pub(super) fn sign(&self, key: &SigningKey) -> String {
        sign_note(&self.origin, &self.text(), key)
    }

    /// Reads a checkpoint that one of these keys has signed.
    ///
    /// # Errors
    /// When it is none, or nobody known has signed it.
    pub fn open(note: &str, keys: &[VerifierKey]) -> Result<Self, NoteError> {
        let (checkpoint, verified) = Self::read(note, keys)?;
        verified.map(|()| checkpoint)
    }

    /// Reads a checkpoint, and whether one of these keys has signed it.
    ///
    /// # Errors
    /// When it is none, or one of these keys is said to have signed it and has
    /// not.
    pub(crate) fn read(
        note: &str,
        keys: &[VerifierKey],
    ) -> Result<(Self, Result<(), NoteError>), NoteError> {
        let (text, verified) = read_note(note, keys)?;
        Ok((Self::parse(text)?, verified))
    }

    /// Whose log it is of, as its origin says.
    pub(crate) fn tenant(&self) -> &str {
        self.origin.rsplit_once('/').map_or("", |(_, tenant)| tenant)
    }

    /// Reads the text of a checkpoint, whoever signed it.
    fn parse(text: &str) -> Result<Self, NoteError> {
        use NoteError::Malformed;
        let mut lines = text.lines();
        let origin = lines.next().filter(|line| !line.is_empty());
        let origin = origin.ok_or(Malformed("it has no origin"))?.to_owned();
        let size = lines
            .next()
            .and_then(|line| line.parse::<u64>().ok().filter(|size| size.to_string() == line));
        let size = size.ok_or(Malformed("its second line is no size"))?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok()?.try_into().ok());
        let root = root.ok_or(Malformed("its third line is no SHA-256 in base64"))?;
        let checkpoint = Self { origin, size, root };
        if checkpoint.text() != text {
            return Err(Malformed("it has more than three lines"));
        }
        Ok(checkpoint)
    }
}

/// Signs a text, whose lines all end, in a name.
pub(super) fn sign_note(name: &str, text: &str, key: &SigningKey) -> String {
    let verifier = VerifierKey { name: name.to_owned(), key: key.verifying_key() };
    let signature = key.sign(text.as_bytes()).to_bytes();
    let signed = [&verifier.id()[..], &signature].concat();
    format!("{text}\n\u{2014} {name} {}\n", STANDARD.encode(signed))
}

/// The text of a signed note, and whether one of these keys has signed it.
///
/// # Errors
/// When it is no signed note.
pub(super) fn read_note<'n>(
    note: &'n str,
    keys: &[VerifierKey],
) -> Result<(&'n str, Result<(), NoteError>), NoteError> {
    use NoteError::Malformed;
    if note.chars().any(|letter| letter < ' ' && letter != '\n') {
        return Err(Malformed("it has control characters"));
    }
    let (text, signatures) = note
        .rfind("\n\n")
        .and_then(|end| Some((note.get(..=end)?, note.get(end + 2..)?)))
        .ok_or(Malformed("there is no blank line before the signatures"))?;
    if !signatures.ends_with('\n') || signatures.lines().count() > MOST_SIGNATURES {
        return Err(Malformed("the signatures do not end as they should"));
    }
    let mut verified = Err(NoteError::UnknownKey);
    for line in signatures.lines() {
        let (name, signature) = line
            .strip_prefix("\u{2014} ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(Malformed("a signature line is not what it should be"))?;
        let signature =
            STANDARD.decode(signature).map_err(|_| Malformed("a signature is not base64"))?;
        let (id, signature) =
            signature.split_first_chunk::<4>().ok_or(Malformed("a signature is too short"))?;
        for key in keys.iter().filter(|key| key.name == name && key.id() == *id) {
            let signature =
                Signature::from_slice(signature).map_err(|_| NoteError::WrongSignature)?;
            key.key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| NoteError::WrongSignature)?;
            verified = Ok(());
        }
    }
    Ok((text, verified))
}

impl VerifierKey {
    /// A key under a name, which has neither spaces nor a plus sign.
    #[must_use]
    pub fn new(name: String, key: VerifyingKey) -> Self {
        Self { name, key }
    }

    /// The name it signs under: the origin of its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells a name's keys apart.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash: Hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        let [a, b, c, d, ..] = hash;
        [a, b, c, d]
    }
}

impl fmt::Display for VerifierKey {
    /// `{name}+{id}+{key}`, as C2SP tools take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let key = STANDARD.encode([&[ED25519], &self.key.as_bytes()[..]].concat());
        write!(f, "{}+{id:08x}+{key}", self.name)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let read = || {
            let (name, rest) = text.trim().split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            let key = STANDARD.decode(key).ok()?;
            let (kind, key) = key.split_first()?;
            let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
            let verifier = Self::new(name.to_owned(), key);
            // The id is compared by writing the whole anew.
            (*kind == ED25519 && verifier.to_string() == text.trim()).then_some(verifier)
        };
        read().ok_or_else(|| KeyTextError(text.chars().take(80).collect()))
    }
}

/// A text that is no verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a verifier key like name+1a2b3c4d+AQ…, as `tenantry proof keys` prints, got {0:?}"
)]
pub struct KeyTextError(String);
