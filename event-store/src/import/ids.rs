//! Ids that are the same whenever they are asked for.

use sha2::{Digest, Sha256};
use ulid::Ulid;
use uuid::Uuid;

use super::Ids;

/// The id that stands for these words.
pub(super) fn derived(words: &[&str]) -> Ulid {
    let mut digest = Sha256::new();
    for word in words {
        // With their lengths, so that no two lists run into each other.
        digest.update((word.len() as u64).to_be_bytes());
        digest.update(word.as_bytes());
    }
    let digest = digest.finalize();
    Ulid(digest.iter().take(16).fold(0, |id, byte| (id << 8) | u128::from(*byte)))
}

/// The id of a stream, and whether it is the one it had.
pub(super) fn of_stream(kind: &str, id: &str, ids: Ids) -> (Ulid, bool) {
    let kept = match ids {
        Ids::Keep => shaped(id),
        Ids::Derive => None,
    };
    kept.map_or_else(|| (derived(&["stream", kind, id]), false), |kept| (kept, true))
}

/// The id of an event.
pub(super) fn of_event(tenant: Ulid, kind: &str, id: &str, sequence: i64) -> Ulid {
    derived(&["event", &tenant.to_string(), kind, id, &sequence.to_string()])
}

/// A ULID, with or without a prefix such as `inv_`, or a UUID.
pub(super) fn shaped(id: &str) -> Option<Ulid> {
    let bare = match id.split_once('_') {
        Some((prefix, rest)) if prefix.len() <= 5 && rest.len() == 26 => rest,
        _ => id,
    };
    Ulid::from_string(bare).ok().or_else(|| Some(Ulid(Uuid::parse_str(id).ok()?.as_u128())))
}
