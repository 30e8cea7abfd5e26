//! The forms in which states are put away and found again.

use crate::kernel::Aggregate;

/// One form of snapshot: its name, and the way there and back.
pub(super) type Form<A> = (&'static str, fn(&A) -> Result<A, String>);

/// All forms of snapshots.
pub(super) fn forms<A: Aggregate>() -> [Form<A>; 2] {
    [("MessagePack", through_message_pack), ("JSON", through_json)]
}

fn through_message_pack<A: Aggregate>(state: &A) -> Result<A, String> {
    let bytes = rmp_serde::to_vec_named(state).map_err(|error| error.to_string())?;
    rmp_serde::from_slice(&bytes).map_err(|error| error.to_string())
}

fn through_json<A: Aggregate>(state: &A) -> Result<A, String> {
    let text = serde_json::to_string(state).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}
