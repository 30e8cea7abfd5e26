//! Which nodes make a proof, and whether a proof holds: RFC 9162, section 2.1.

use super::{
    Hash, node_hash,
    tiles::{Place, WIDTH},
};

/// A complete subtree, by its height and its place among those of that height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    pub(super) height: u8,
    pub(super) index: u64,
}

impl Node {
    /// The complete subtrees that make up the leaves from one to before
    /// another, the leftmost first.
    pub(super) fn all_of(mut from: u64, to: u64) -> Vec<Self> {
        let mut nodes = vec![];
        while from < to {
            let height = (to - from).ilog2();
            let height = height.min(if from == 0 { height } else { from.trailing_zeros() });
            nodes.push(Self { height: u8::try_from(height).unwrap_or(0), index: from >> height });
            from += 1 << height;
        }
        nodes
    }

    /// The tile that has what it is made of, from which place on, how many.
    pub(super) fn tile(self) -> (Place, u64, u64) {
        let (level, above) = (self.height / 8, self.height % 8);
        let first = self.index << above;
        ((level, first / WIDTH), first % WIDTH, 1 << above)
    }
}

/// The hashes of a proof, each by the nodes it is made of.
pub(super) type Plan = Vec<Vec<Node>>;

/// The proof that a leaf, counted from 0, is in a tree.
pub(super) fn inclusion(leaf: u64, size: u64) -> Plan {
    let (mut from, mut to, mut plan) = (0, size, vec![]);
    while to - from > 1 {
        let middle = from + split(to - from);
        if leaf < middle {
            plan.push(Node::all_of(middle, to));
            to = middle;
        } else {
            plan.push(Node::all_of(from, middle));
            from = middle;
        }
    }
    plan.reverse();
    plan
}

/// The proof that a tree continues a smaller one, which is not empty.
pub(super) fn consistency(smaller: u64, size: u64) -> Plan {
    let (mut from, mut to, mut plan) = (0, size, vec![]);
    while smaller < to {
        let middle = from + split(to - from);
        if smaller <= middle {
            plan.push(Node::all_of(middle, to));
            to = middle;
        } else {
            plan.push(Node::all_of(from, middle));
            from = middle;
        }
    }
    if from > 0 {
        plan.push(Node::all_of(from, to));
    }
    plan.reverse();
    plan
}

/// The largest power of two that is less than this, which is at least two.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// Whether a proof shows that the leaf at a place, counted from 0, is in the
/// tree with this root.
#[must_use]
pub fn inclusion_holds(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for other in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(other, &hash);
            (node, last) = up_to_a_right_node(node, last);
        } else {
            hash = node_hash(&hash, other);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether a proof shows that the tree with the second root continues the tree
/// with the first.
#[must_use]
pub fn consistency_holds(
    (first_size, first_root): (u64, &Hash),
    (size, root): (u64, &Hash),
    proof: &[Hash],
) -> bool {
    if first_size == 0 || first_size > size {
        return false;
    }
    if first_size == size {
        return proof.is_empty() && first_root == root;
    }
    // A complete tree is a node of the larger one, and needs not be told.
    let begin = if first_size.is_power_of_two() { Some(first_root) } else { None };
    let mut hashes = begin.into_iter().chain(proof);
    let Some(begin) = hashes.next() else { return false };
    let (mut node, mut last) = (first_size - 1, size - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut first, mut second) = (*begin, *begin);
    for other in hashes {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            first = node_hash(other, &first);
            second = node_hash(other, &second);
            (node, last) = up_to_a_right_node(node, last);
        } else {
            second = node_hash(&second, other);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && first == *first_root && second == *root
}

/// Climbs until the node is a right one or there is nothing above: on the way
/// it stood alone, and was not hashed.
fn up_to_a_right_node(mut node: u64, mut last: u64) -> (u64, u64) {
    while node & 1 == 0 && node != 0 {
        (node, last) = (node >> 1, last >> 1);
    }
    (node, last)
}
