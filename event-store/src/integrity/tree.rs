//! The tree of RFC 6962, grown leaf by leaf.

use sha2::{Digest, Sha256};

/// SHA-256 of a leaf or of two nodes.
pub type Hash = [u8; 32];

/// The hash of a leaf's content.
#[must_use]
pub fn leaf_hash(content: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(content).finalize().into()
}

/// The hash of the node above two others.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root above nodes of one height, whose number is a power of two.
pub(super) fn root_above(nodes: impl Iterator<Item = Hash>) -> Option<Hash> {
    let mut tree = Tree::default();
    nodes.for_each(|node| tree.push(node, |_, _, _| {}));
    let mut subtrees = tree.subtrees.into_iter();
    subtrees.next().filter(|_| subtrees.next().is_none())
}

/// A tree of which only the right edge is kept: enough to grow it and to tell
/// its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// The roots of the complete subtrees it is made of, the largest first.
    subtrees: Vec<Hash>,
}

impl Tree {
    /// The tree of so many leaves that consists of these complete subtrees, of
    /// which there is one for each bit that is set in the size.
    pub(super) fn of(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (subtrees.len() == size.count_ones() as usize).then_some(Self { size, subtrees })
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf. What becomes complete by it is told: the leaf itself, and
    /// every node whose height is a multiple of eight, by its level (height
    /// divided by eight) and its place there. These are what tiles are made of.
    pub fn push(&mut self, leaf: Hash, mut complete: impl FnMut(u8, u64, Hash)) {
        complete(0, self.size, leaf);
        let (mut hash, mut index, mut height) = (leaf, self.size, 0_u8);
        while index & 1 == 1
            && let Some(left) = self.subtrees.pop()
        {
            hash = node_hash(&left, &hash);
            index >>= 1;
            height += 1;
            if height.is_multiple_of(8) {
                complete(height / 8, index, hash);
            }
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_the_right = self.subtrees.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}
