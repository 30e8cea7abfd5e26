//! Which streams a segment has events of: eight bytes for each, enough to open
//! only the segments that a reader of a stream needs.

use bytes::Bytes;
use uuid::Uuid;

/// The streams of a segment, in order: four bytes of each one's id, and four
/// with its first version there. Two ids may have the same four bytes; whoever
/// looks for one then looks into a segment for nothing.
#[derive(Clone, Debug)]
pub(crate) struct Index(Bytes);

impl Index {
    /// The index as it is stored.
    pub(super) fn pack(streams: impl Iterator<Item = (Uuid, u64)>) -> Vec<u8> {
        let mut entries: Vec<[u8; 8]> = streams
            .map(|(stream, version)| {
                let mut entry = [0; 8];
                let (id, first) = entry.split_at_mut(4);
                id.copy_from_slice(&brief(stream));
                first.copy_from_slice(&u32::try_from(version).unwrap_or(u32::MAX).to_be_bytes());
                entry
            })
            .collect();
        entries.sort_unstable();
        entries.concat()
    }

    pub(crate) fn of(stored: Bytes) -> Self {
        Self(stored)
    }

    pub(super) fn weight(&self) -> u32 {
        u32::try_from(self.0.len() + 64).unwrap_or(u32::MAX)
    }

    /// The first versions that a stream may have here; none if it has no event.
    pub(crate) fn find(&self, stream: Uuid) -> impl Iterator<Item = u64> {
        let (brief, entries) = (brief(stream), self.0.as_chunks::<8>().0);
        let from = entries.partition_point(|entry| entry.as_chunks::<4>().0.first() < Some(&brief));
        let of_it = entries.iter().skip(from).map(|entry| entry.as_chunks::<4>().0);
        of_it
            .take_while(move |entry| entry.first() == Some(&brief))
            .filter_map(|entry| entry.last().map(|version| u64::from(u32::from_be_bytes(*version))))
    }
}

/// Four bytes of an id, from its random end.
fn brief(stream: Uuid) -> [u8; 4] {
    stream.as_bytes().as_chunks::<4>().0.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_found_with_their_first_version_and_others_are_not() {
        let ids: Vec<Uuid> = (0..1_000_u128).map(|n| Uuid::from_u128(n * 7)).collect();
        let versions = ids.iter().copied().zip(1..);
        let index = Index::of(Index::pack(versions.clone()).into());
        for (id, version) in versions {
            assert_eq!(index.find(id).collect::<Vec<_>>(), [version]);
        }
        assert_eq!(index.find(Uuid::from_u128(3)).count(), 0);
        assert_eq!(index.find(Uuid::from_u128(7_000)).count(), 0);
    }

    #[test]
    fn streams_that_look_alike_are_both_told() {
        let [one, other] = [Uuid::from_u128(1 << 64 | 5), Uuid::from_u128(2 << 64 | 5)];
        let index = Index::of(Index::pack([(one, 9), (other, 4)].into_iter()).into());
        assert_eq!(index.find(one).collect::<Vec<_>>(), [4, 9]);
    }
}
