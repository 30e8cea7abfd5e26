//! How much is taken at once.

use std::time::Duration;

use crate::Settings;

/// A turn that takes longer keeps others waiting.
const LONG: Duration = Duration::from_millis(100);
/// A turn that takes no longer leaves room for more.
const SHORT: Duration = Duration::from_millis(40);
/// How often it is doubled or halved at most.
const DOUBLINGS: i32 = 3;
const HALVINGS: i32 = -6;

/// How many events are taken at once: more while there are more, fewer while
/// they take long. Always the number that was set, or that doubled or halved
/// several times, so that batches end at the same positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    batch: u64,
    turn: u64,
    /// How often it is doubled; below zero, how often halved.
    power: i32,
}

impl Pace {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { batch: settings.batch.max(1), turn: settings.turn, power: 0 }
    }

    /// Events of one tenant.
    pub(crate) fn batch(&self) -> u64 {
        self.scaled(self.batch)
    }

    /// Events of several tenants.
    pub(crate) fn turn(&self) -> u64 {
        self.scaled(self.turn)
    }

    fn scaled(&self, events: u64) -> u64 {
        let by = self.power.unsigned_abs();
        if self.power < 0 { (events >> by).max(1) } else { events << by }
    }

    /// Takes in how long a turn took, and whether it left more to do.
    pub(crate) fn took(&mut self, time: Duration, more: bool) {
        if time > LONG {
            self.power = (self.power - 1).max(HALVINGS);
        } else if time < SHORT && (more || self.power < 0) {
            self.power = (self.power + 1).min(DOUBLINGS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_taken_while_it_is_quick_and_less_while_it_takes_long() {
        let settings = Settings { batch: 1_000, turn: 2_000, ..Settings::default() };
        let mut pace = Pace::of(&settings);
        let mut taken = |time, more| {
            pace.took(Duration::from_millis(time), more);
            (pace.batch(), pace.turn())
        };
        // Nobody needs more.
        assert_eq!(taken(1, false), (1_000, 2_000));
        assert_eq!(taken(1, true), (2_000, 4_000));
        assert_eq!([taken(60, true), taken(1, true)], [(2_000, 4_000), (4_000, 8_000)]);
        assert_eq!([taken(1, true), taken(1, true)], [(8_000, 16_000); 2]);
        for batch in [4_000, 2_000, 1_000, 500, 250, 125, 62, 31, 15, 15] {
            assert_eq!(taken(101, true).0, batch);
        }
        // What was slow for a while gets well again by itself.
        assert_eq!(taken(1, false).0, 31);
    }
}
