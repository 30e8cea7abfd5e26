//! Trees, proofs and notes against the plainest form of each.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use ulid::Ulid;

use super::{
    Checkpoint, Hash, Keyring, NoteError, Tree, VerifierKey, consistency_holds, empty_root,
    inclusion_holds, leaf_hash, node_hash,
    proof::{self, Node, Plan},
    tiles::{Tiles, width},
};

/// The root as RFC 6962 defines it, word by word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// The audit path as RFC 6962 defines it.
fn naive_inclusion(leaf: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return vec![];
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, other) = if leaf < split {
        (naive_inclusion(leaf, left), right)
    } else {
        (naive_inclusion(leaf - split, right), left)
    };
    path.push(naive_root(other));
    path
}

/// The consistency proof as RFC 6962 defines it.
fn naive_consistency(smaller: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if smaller == leaves.len() {
        return if whole { vec![] } else { vec![naive_root(leaves)] };
    }
    let split = naive_split(leaves.len());
    let (left, right) = leaves.split_at(split);
    let (mut path, other) = if smaller <= split {
        (naive_consistency(smaller, left, whole), right)
    } else {
        (naive_consistency(smaller - split, right, false), left)
    };
    path.push(naive_root(other));
    path
}

fn naive_split(count: usize) -> usize {
    let mut split = 1;
    while split * 2 < count {
        split *= 2;
    }
    split
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap();
    (0..text.len() / 2).map(byte).collect()
}

/// A tree and its tiles.
fn grown(leaves: &[Hash]) -> (Tree, Tiles) {
    let (mut tree, mut tiles) = (Tree::default(), Tiles::default());
    for leaf in leaves {
        tree.push(*leaf, |level, index, hash| tiles.push(level, index, hash));
    }
    (tree, tiles)
}

fn made(plan: &Plan, tiles: &Tiles) -> Vec<Hash> {
    plan.iter().map(|nodes| tiles.hash_of(nodes).expect("the tiles have all nodes")).collect()
}

/// Every leaf and every smaller tree of one, or some of them.
fn check(all: &[Hash], some: impl Fn(u64) -> bool) {
    let size = all.len() as u64;
    let (tree, tiles) = grown(all);
    let root = tree.root();
    assert_eq!(root, naive_root(all));
    assert_eq!(tiles.tree(size), Some(tree), "it can be gone on with from its edge");
    for index in (0..size).filter(|index| some(*index)) {
        let at = usize::try_from(index).unwrap();
        let path = made(&proof::inclusion(index, size), &tiles);
        assert_eq!(path, naive_inclusion(at, all), "leaf {index} of {size}");
        assert!(inclusion_holds(all[at], index, size, &path, &root));
        assert!(!inclusion_holds(all[at], index + 1, size, &path, &root));
        assert!(!inclusion_holds(leaf_hash(b"other"), index, size, &path, &root));

        let smaller = index + 1;
        let path = made(&proof::consistency(smaller, size), &tiles);
        let whole = &all[..=at];
        assert_eq!(path, naive_consistency(at + 1, all, true), "{smaller} to {size}");
        let first = naive_root(whole);
        assert!(consistency_holds((smaller, &first), (size, &root), &path));
        if smaller < size {
            assert!(!consistency_holds((smaller, &root), (size, &root), &path));
            assert!(!consistency_holds((smaller, &first), (size, &first), &path));
        }
    }
}

#[test]
fn trees_and_proofs_are_those_of_the_standard_at_every_small_size() {
    let all = leaves(300);
    for size in 0..=300 {
        check(&all[..size], |index| size <= 40 || index % 37 == 0 || index + 2 > size as u64);
    }
}

#[test]
fn the_vectors_of_certificate_transparency_hold() {
    // The leaves and roots that every implementation of RFC 6962 is tried with.
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::default();
    for (input, root) in inputs.into_iter().zip(roots) {
        tree.push(leaf_hash(&hex(input)), |_, _, _| {});
        assert_eq!(tree.root()[..], hex(root), "{} leaves", tree.size());
    }
}

#[test]
fn tiles_are_as_wide_as_the_specification_says() {
    // Its own example, a tree of 70,000.
    let widths = [
        ((0, 272), 256),
        ((0, 273), 112),
        ((0, 274), 0),
        ((1, 0), 256),
        ((1, 1), 17),
        ((2, 0), 1),
        ((3, 0), 0),
    ];
    for (place, expected) in widths {
        assert_eq!(width(place, 70_000), expected, "{place:?}");
    }
    let (_, tiles) = grown(&leaves(70_000));
    for (place, hashes) in tiles.into_inner() {
        assert_eq!(hashes.len() as u64, width(place, 70_000) * 32, "{place:?}");
    }
}

#[test]
fn a_proof_is_made_of_few_tiles() {
    let places = |plan: &Plan| {
        let mut places: Vec<_> = plan.iter().flatten().map(|node: &Node| node.tile().0).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    };
    let size = 20_000_003;
    for index in [0, 1, 255, 256, 65_535, 65_536, 9_999_999, 19_999_999, size - 1] {
        assert!(places(&proof::inclusion(index, size)) <= 8, "leaf {index}");
        assert!(places(&proof::consistency(index + 1, size)) <= 8, "from {}", index + 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn trees_and_proofs_are_those_of_the_standard_at_any_size(
        size in 301_u64..20_000, step in 2_000_u64..4_000, first in 0_u64..2_000,
    ) {
        let all = leaves(size);
        check(&all, |index| index % step == first % step || index + 1 == size);
    }

    #[test]
    fn a_proof_with_anything_changed_does_not_hold(
        size in 2_u64..600, index in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let all = leaves(size);
        let at = index.index(all.len());
        let (tree, tiles) = grown(&all);
        let root = tree.root();
        let path = made(&proof::inclusion(at as u64, size), &tiles);
        let mut bent = path.clone();
        let byte = flip.index(bent.len() * 32);
        bent[byte / 32][byte % 32] ^= 1 << bit;
        prop_assert!(!inclusion_holds(all[at], at as u64, size, &bent, &root));
        prop_assert!(!inclusion_holds(all[at], at as u64, size, &path[1..], &root));
        let longer = [&path[..], &[root]].concat();
        prop_assert!(!inclusion_holds(all[at], at as u64, size, &longer, &root));

        let smaller = at as u64 + 1;
        let path = made(&proof::consistency(smaller, size), &tiles);
        let first = naive_root(&all[..=at]);
        if !path.is_empty() {
            let mut bent = path.clone();
            let byte = flip.index(bent.len() * 32);
            bent[byte / 32][byte % 32] ^= 1 << bit;
            prop_assert!(!consistency_holds((smaller, &first), (size, &root), &bent));
            prop_assert!(!consistency_holds((smaller, &first), (size, &root), &path[1..]));
            let longer = [&path[..], &[root]].concat();
            prop_assert!(!consistency_holds((smaller, &first), (size, &root), &longer));
        }
    }
}

/// The example of the specification of checkpoints has a key that is not
/// published; that of signed notes in Go's reference tests is.
#[test]
fn notes_of_the_reference_implementation_are_accepted() {
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    // It is well signed, and no checkpoint.
    assert!(matches!(Checkpoint::open(note, &[key]), Err(NoteError::Malformed(_))));
    let altered = note.replace("answer", "enswer");
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    assert_eq!(Checkpoint::open(&altered, &[key]), Err(NoteError::WrongSignature));
}

#[test]
fn only_what_a_known_key_has_signed_is_accepted() {
    let [ours, old, other] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let tenant = Ulid(7);
    let keyring = Keyring::signing("example.com/log", ours, &[old.verifying_key()]);
    let before = Keyring::signing("example.com/log", old, &[]);
    let forger = Keyring::signing("example.com/log", other, &[]);
    let root = leaf_hash(b"root");
    let note = keyring.sign(tenant, 5, root).unwrap();
    let origin = "example.com/log/tnt_00000000000000000000000007".to_owned();
    let checkpoint = Checkpoint { origin, size: 5, root };
    assert_eq!(keyring.open(tenant, &note), Ok(checkpoint.clone()));
    // What was signed with a key that is retired stays valid.
    let note_before = before.sign(tenant, 5, root).unwrap();
    assert_eq!(keyring.open(tenant, &note_before), Ok(checkpoint));
    assert_eq!(before.open(tenant, &note), Err(NoteError::UnknownKey));
    let by_another = forger.sign(tenant, 5, root).unwrap();
    assert_eq!(keyring.open(tenant, &by_another), Err(NoteError::UnknownKey));
    assert!(matches!(keyring.open(Ulid(8), &note), Err(NoteError::WrongOrigin { .. })));
    // A second signature, a witness's for example, takes nothing away.
    let witnessed = format!("{note}\u{2014} witness.example AAAAAQIDBA==\n");
    assert!(keyring.open(tenant, &witnessed).is_ok());
    for (from, to) in
        [("\n5\n", "\n6\n"), ("\n5\n", "\n05\n"), ("\n\n", "\nmore\n\n"), ("\n\n", "\n")]
    {
        let bent = note.replacen(from, to, 1);
        assert!(keyring.open(tenant, &bent).is_err(), "{bent}");
    }
    for at in 0..note.len() {
        let mut bent = note.clone().into_bytes();
        bent[at] ^= 1;
        let Ok(bent) = String::from_utf8(bent) else { continue };
        // Base64 has bits to spare in its last letter; they are refused too.
        assert!(keyring.open(tenant, &bent).is_err(), "byte {at}: {bent}");
    }
}

#[test]
fn keys_read_as_they_are_written() {
    let key = SigningKey::from_bytes(&[9; 32]).verifying_key();
    let verifier = VerifierKey::new("example.com/log".to_owned(), key);
    assert_eq!(verifier.to_string().parse(), Ok(verifier.clone()));
    for wrong in ["", "name", "name+00000000+AQ==", &verifier.to_string().replace("log+", "lag+")] {
        assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
    }
}
