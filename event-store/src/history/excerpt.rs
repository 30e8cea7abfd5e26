//! Reading no more than memory should hold.

/// What was taken of what there is: its beginning, or all of it.
#[derive(Debug)]
pub struct Excerpt<T> {
    /// What was taken, in its order.
    pub taken: Vec<T>,
    /// Whether it ends because these were bytes enough, so that more may follow.
    /// Something was taken then.
    pub is_cut: bool,
    /// Bytes that there is still room for.
    pub(super) room: usize,
}

impl<T> Excerpt<T> {
    /// Nothing yet of what may have so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        Self { taken: vec![], is_cut: false, room: bytes }
    }

    /// Takes one more that has so many bytes, unless they were enough before.
    /// One is always taken.
    pub(crate) fn push(&mut self, one: T, bytes: usize) {
        if self.is_cut || self.is_full() {
            self.is_cut = true;
            return;
        }
        self.room = self.room.saturating_sub(bytes);
        self.taken.push(one);
    }

    pub(super) fn is_full(&self) -> bool {
        self.room == 0 && !self.taken.is_empty()
    }

    pub(super) fn map<U>(self, into: impl FnMut(T) -> U) -> Excerpt<U> {
        let Self { taken, is_cut, room } = self;
        Excerpt { taken: taken.into_iter().map(into).collect(), is_cut, room }
    }

    pub(super) fn len(&self) -> u64 {
        self.taken.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Excerpt;

    fn taken(bytes: usize, sizes: &[usize]) -> (Vec<usize>, bool) {
        let mut excerpt = Excerpt::of(bytes);
        for size in sizes {
            excerpt.push(*size, *size);
        }
        (excerpt.taken, excerpt.is_cut)
    }

    #[test]
    fn one_is_always_taken_and_then_until_they_are_enough() {
        assert_eq!(taken(0, &[]), (vec![], false));
        assert_eq!(taken(0, &[5]), (vec![5], false));
        assert_eq!(taken(0, &[5, 1]), (vec![5], true));
        assert_eq!(taken(6, &[5, 4, 1]), (vec![5, 4], true));
        assert_eq!(taken(6, &[5, 4]), (vec![5, 4], false));
        assert_eq!(taken(usize::MAX, &[5, 4]), (vec![5, 4], false));
    }
}
