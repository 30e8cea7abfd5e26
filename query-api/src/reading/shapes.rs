//! Which statements are worth preparing.
//!
//! A prepared statement saves parsing and planning but is kept with every
//! connection for ever, and clients can make statements of endlessly many
//! shapes. So only shapes that come often are prepared, and only so many.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

/// The most shapes that are prepared.
const PREPARED: usize = 256;

/// The most shapes that are counted.
const COUNTED: usize = 4096;

/// How often a shape must have come.
const OFTEN: u32 = 3;

#[derive(Default)]
pub(super) struct Shapes {
    hashing: RandomState,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    seen: HashMap<u64, u32>,
    prepared: usize,
}

impl Shapes {
    /// Counts a statement, and tells whether it is to be prepared.
    pub(super) fn is_worth_preparing(&self, text: &str) -> bool {
        let shape = self.hashing.hash_one(text);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { seen, prepared } = &mut *counts;
        if seen.len() >= COUNTED {
            seen.retain(|_, count| *count >= OFTEN);
        }
        let count = seen.entry(shape).or_insert(0);
        if *count >= OFTEN {
            return true;
        }
        if *count + 1 < OFTEN {
            *count += 1;
        } else if *prepared < PREPARED {
            *count += 1;
            *prepared += 1;
        }
        *count >= OFTEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_prepared_once_it_has_come_often() {
        let shapes = Shapes::default();
        let answers: Vec<bool> = (0..4).map(|_| shapes.is_worth_preparing("a")).collect();
        assert_eq!(answers, [false, false, true, true]);
    }

    #[test]
    fn shapes_without_end_are_neither_prepared_nor_remembered() {
        let shapes = Shapes::default();
        for _ in 0..5 {
            for number in 0..1000 {
                shapes.is_worth_preparing(&format!("shape {number}"));
            }
        }
        for number in 0..100_000 {
            shapes.is_worth_preparing(&format!("other {number}"));
        }
        let counts = shapes.counts.lock().unwrap();
        assert_eq!(counts.prepared, PREPARED);
        assert!(counts.seen.len() <= COUNTED);
    }
}
