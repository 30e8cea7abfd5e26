//! Tiles: 256 hashes of one level side by side, as C2SP tlog-tiles has them.
//!
//! The tile `n` of level `l` holds the roots of the complete subtrees of
//! `256^l` leaves from the `256·n`th on. The levels between are not kept: they
//! are hashed anew from the nearest tile below.

use std::collections::BTreeMap;

use super::{Hash, Tree, proof::Node, tree::root_above};

/// Hashes in a full tile.
pub(super) const WIDTH: u64 = 256;

/// Levels of tiles. Seven hold a tree of 2^56 leaves, more than positions can
/// number.
pub(super) const LEVELS: u8 = 7;

/// A tile's level, and its place there.
pub(super) type Place = (u8, u64);

/// How many hashes a tile has in a tree of so many leaves.
pub(super) fn width((level, index): Place, size: u64) -> u64 {
    (size >> (8 * u32::from(level))).saturating_sub(index * WIDTH).min(WIDTH)
}

/// Some tiles of one tree, each as it is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Tiles(BTreeMap<Place, Vec<u8>>);

impl Tiles {
    /// Takes in a tile.
    pub(super) fn insert(&mut self, place: Place, hashes: Vec<u8>) {
        self.0.insert(place, hashes);
    }

    /// Adds a hash at the end of its level.
    pub(super) fn push(&mut self, level: u8, index: u64, hash: Hash) {
        self.0.entry((level, index / WIDTH)).or_default().extend(hash);
    }

    /// A tile as it is stored.
    pub(super) fn get(&self, place: Place) -> Option<&[u8]> {
        self.0.get(&place).map(Vec::as_slice)
    }

    /// Without what was added behind a tree of so many leaves.
    pub(super) fn cut_to(mut self, size: u64) -> Self {
        for (place, hashes) in &mut self.0 {
            let most = usize::try_from(width(*place, size) * 32).unwrap_or(usize::MAX);
            hashes.truncate(most);
        }
        self
    }

    /// All of them.
    pub(super) fn into_inner(self) -> BTreeMap<Place, Vec<u8>> {
        self.0
    }

    /// Leaves out what is there already, with this many leaves in the tree.
    pub(super) fn grown_since(mut self, size: u64) -> Self {
        self.0.retain(|place, hashes| hashes.len() as u64 > width(*place, size) * 32);
        self
    }

    /// A node's hash, from the tile that has it or what it is made of.
    pub(super) fn node(&self, node: Node) -> Option<Hash> {
        let (place, first, count) = node.tile();
        let hashes = self.0.get(&place)?;
        let first = usize::try_from(first * 32).ok()?;
        let count = usize::try_from(count * 32).ok()?;
        root_above(hashes.get(first..first + count)?.as_chunks::<32>().0.iter().copied())
    }

    /// The hash above several nodes, the leftmost first.
    pub(super) fn hash_of(&self, nodes: &[Node]) -> Option<Hash> {
        let hashes: Option<Vec<Hash>> = nodes.iter().map(|node| self.node(*node)).collect();
        hashes?.into_iter().rev().reduce(|right, left| super::node_hash(&left, &right))
    }

    /// The tree of so many leaves; nothing when a tile of its edge is missing
    /// or too short.
    pub(super) fn tree(&self, size: u64) -> Option<Tree> {
        let nodes = Node::all_of(0, size);
        let subtrees: Option<Vec<Hash>> = nodes.iter().map(|node| self.node(*node)).collect();
        Tree::of(size, subtrees?)
    }
}

/// The hash at a place in the bytes of a tile.
pub(super) fn hash_at(hashes: &[u8], index: u64) -> Option<Hash> {
    hashes.as_chunks::<32>().0.get(usize::try_from(index).ok()?).copied()
}
