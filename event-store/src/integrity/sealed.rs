//! Whether some events are those that were signed.

use ulid::Ulid;

use super::{
    Hash, Keyring, SealError, Tree, consistency_holds,
    proof::{self, Node, Plan},
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
    leaves: impl Iterator<Item = Hash> + Send,
) -> Result<Result<(), SealError>, S::Error> {
    let checkpoint = match keyring.open(tenant, note) {
        Ok(checkpoint) if checkpoint.size == size => checkpoint,
        Ok(_) => return Ok(Err(SealError::Tiles { size })),
        Err(source) => return Ok(Err(SealError::Checkpoint { size, source })),
    };
    let leaves: Vec<Hash> = leaves.collect();
    let before = first - 1;
    let last = before + leaves.len() as u64;
    let beginning: Plan = vec![Node::all_of(0, before)];
    let plan = if last < size { proof::consistency(last, size) } else { vec![] };
    let (levels, places) = store::places_of(&beginning.into_iter().chain(plan.clone()).collect());
    let sql = include_str!("sql/tiles.sql");
    let rows = session.rows(sql, &[&uuid(tenant), &levels, &places]).await?;
    let tiles = store::tiles(&rows).map_err(failed)?;
    let tree = if before == 0 { Some(Tree::default()) } else { tiles.tree(before) };
    let hashes: Option<Vec<Hash>> = plan.iter().map(|nodes| tiles.hash_of(nodes)).collect();
    let (Some(mut tree), Some(hashes)) = (tree, hashes) else {
        return Ok(Err(SealError::Tiles { size }));
    };
    for leaf in leaves {
        tree.push(leaf, |_, _, _| {});
    }
    let (smaller, root) = ((last, &tree.root()), (size, &checkpoint.root));
    let holds =
        if last == size { smaller.1 == root.1 } else { consistency_holds(smaller, root, &hashes) };
    Ok(if holds { Ok(()) } else { Err(SealError::Altered { first, last }) })
}
