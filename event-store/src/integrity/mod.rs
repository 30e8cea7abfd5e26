//! Proof that nothing in a log was altered, deleted, inserted or moved.
//!
//! Each tenant's log has a Merkle tree (RFC 6962) over its stored rows, in the
//! order of positions. A [`Sealer`] follows the log, keeps the tree as tiles
//! of 256 hashes and signs its root: a checkpoint. From then on whoever has
//! the checkpoint can tell any other log from the one that was signed.
//! [`Proofs`] shows that an event is in the signed log, or that one signed log
//! continues another; [`Document::check`] verifies such a proof with nothing
//! but a public key; [`audit()`] reads everything and names what differs.
//!
//! Nothing here is on the way of an append, and nothing here opens a payload:
//! what is hashed are the bytes as they are stored. `docs/integrity.md`
//! describes every format byte by byte.

mod audit;
mod certificate;
mod document;
mod keyring;
mod leaf;
mod note;
mod proof;
mod proofs;
mod sealed;
mod sealer;
mod store;
#[cfg(test)]
mod tests;
mod tiles;
mod tree;

pub use audit::{Audited, Difference, Kind, Scope, audit};
pub use document::{CheckError, Checked, Document, KeyState, ListedKey};
pub use keyring::Keyring;
pub use leaf::{COLUMNS, Leaf, LeafError};
pub(crate) use leaf::{Places, places, stream as leaf_stream, time_sent};
pub use note::{Checkpoint, NoteError, VerifierKey};
pub use proof::{consistency_holds, inclusion_holds};
pub use proofs::{ProofError, Proofs};
pub(crate) use sealed::check_leaves;
pub use sealer::{Behind, Seal, SealError, Sealer};
pub use store::rows;
pub use tree::{Hash, Tree, empty_root, leaf_hash, node_hash};
