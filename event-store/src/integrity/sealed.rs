//! Whether some events are those that were signed.

use ulid::Ulid;

use super::{
    Hash, Keyring, SealError, consistency_holds,
    proof::{self, Node},
    store,
};
use crate::{
    history::Session,
    pg::{failed, uuid},
};

/// Holds consecutive leaves of a tenant's tree, from a position on, to the
/// checkpoint that was signed over `size` events: the subtrees before them and
/// the leaves make a tree that the signed one continues.
///
/// # Errors
/// When they are not what was signed, the checkpoint is none of ours, or the
/// session fails.
pub(crate) async fn check_leaves<S: Session>(
    session: &S,
    keyring: &Keyring,
    (tenant, first): (Ulid, u64),
    (size, note): (u64, &str),
    leaves: &[Hash],
) -> Result<Result<(), SealError>, S::Error> {
    let checkpoint = match keyring.open(tenant, note) {
        Ok(checkpoint) if checkpoint.size == size => checkpoint,
        Ok(_) => return Ok(Err(SealError::Tiles { size })),
        Err(source) => return Ok(Err(SealError::Checkpoint { size, source })),
    };
    let before = first - 1;
    let last = before + leaves.len() as u64;
    let plan = proof::consistency(last, size);
    let mut needed = plan.clone();
    needed.push(Node::all_of(0, before));
    let (levels, places) = store::places_of(&needed);
    let sql = include_str!("sql/tiles.sql");
    let rows = session.rows(sql, &[&uuid(tenant), &levels, &places]).await?;
    let tiles = store::tiles(&rows).map_err(failed)?;
    let hashes: Option<Vec<Hash>> = plan.iter().map(|nodes| tiles.hash_of(nodes)).collect();
    let (Some(mut tree), Some(hashes)) = (tiles.tree(before), hashes) else {
        return Ok(Err(SealError::Tiles { size }));
    };
    for leaf in leaves {
        tree.push(*leaf, |_, _, _| {});
    }
    let holds = consistency_holds((last, &tree.root()), (size, &checkpoint.root), &hashes);
    Ok(if holds { Ok(()) } else { Err(SealError::Altered { first, last }) })
}
