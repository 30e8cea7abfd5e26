//! Certificates of erasure: that a person's key was destroyed, signed.

use ulid::Ulid;

use super::{
    CheckError, Document, Keyring, NoteError, VerifierKey,
    note::{read_note, sign_note},
};
use crate::{TenantId, keys::Erased};

/// What the second line says, where a checkpoint has a size.
const KIND: &str = "erasure";

impl Document {
    /// That a person was forgotten, as the subject was named by whoever asked;
    /// signed where there is a private key.
    #[must_use]
    pub fn of_erasure(
        tenant: Ulid,
        subject: &str,
        erased: &Erased,
        keyring: Option<&Keyring>,
    ) -> Self {
        let erased_at = erased.at.to_string();
        let numbers = (erased.number, erased.position, erased.events);
        let certificate = keyring.and_then(|keyring| {
            let origin = keyring.origin(tenant);
            let text = text(&origin, subject, numbers, &erased_at);
            Some(sign_note(&origin, &text, keyring.signing_key()?))
        });
        Self::Erasure {
            tenant: TenantId(tenant).to_string(),
            subject: subject.to_owned(),
            erased_at,
            erasure: erased.number,
            log_position: erased.position,
            sealed_events: erased.events,
            certificate,
        }
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
    certificate: Option<&str>,
    keys: &[VerifierKey],
) -> Result<String, CheckError> {
    let certificate = certificate
        .ok_or(CheckError::Field { field: "certificate", reason: "nobody has signed it" })?;
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
