//! Certificates of erasure: that a person's key was destroyed, signed.

use ulid::Ulid;

use super::{
    CheckError, Document, Keyring, NoteError, VerifierKey,
    note::{read_note, sign_note},
};
use crate::{TenantId, keys::Erased};

/// What the second line says, where a checkpoint has a size.
const KIND: &str = "erasure";

impl Keyring {
    /// Signs that a person was forgotten, as the subject was named by whoever
    /// asked. Nothing where there is no private key.
    #[must_use]
    pub fn certify(&self, tenant: Ulid, subject: &str, erased: &Erased) -> Option<Document> {
        let origin = self.origin(tenant);
        let erased_at = erased.at.to_string();
        let text =
            text(&origin, subject, (erased.number, erased.position, erased.events), &erased_at);
        Some(Document::Erasure {
            tenant: TenantId(tenant).to_string(),
            subject: subject.to_owned(),
            erased_at,
            erasure: erased.number,
            log_position: erased.position,
            sealed_events: erased.events,
            certificate: sign_note(&origin, &text, self.signing_key()?),
        })
    }
}

/// What is signed: a line for each thing that is said. A subject has none of
/// its own: ids and ULIDs are all that is taken.
fn text(
    origin: &str,
    subject: &str,
    (number, position, events): (u64, u64, u64),
    erased_at: &str,
) -> String {
    format!("{origin}\n{KIND}\n{subject}\n{number}\n{position}\n{events}\n{erased_at}\n")
}

/// Holds what a certificate says to what was signed, and answers who signed.
pub(super) fn check(
    tenant: &str,
    (subject, erased_at): (&str, &str),
    numbers: (u64, u64, u64),
    certificate: &str,
    keys: &[VerifierKey],
) -> Result<String, CheckError> {
    let (signed, verified) = read_note(certificate, keys)?;
    verified?;
    let origin = signed.lines().next().unwrap_or_default();
    if signed.lines().nth(1) != Some(KIND) {
        return Err(NoteError::Malformed("its second line does not say erasure").into());
    }
    let field = if origin.rsplit_once('/').is_none_or(|(_, of)| of != tenant) {
        "tenant"
    } else if text(origin, subject, numbers, erased_at) == signed {
        return Ok(origin.to_owned());
    } else {
        "certificate"
    };
    Err(CheckError::Field { field, reason: "it is not what was signed" })
}
