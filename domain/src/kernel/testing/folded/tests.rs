use std::path::PathBuf;

use schemars::JsonSchema;

use super::*;
use crate::kernel::{
    Facts, Kind,
    testing::toy::{Book, BookCommand, BookEvent, BookRejection, Loan},
};

/// A shelf that counts books, one way or another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Counter")]
struct Counter<const STEP: u32, const NUMBER: u32> {
    count: u32,
}

impl<const STEP: u32, const NUMBER: u32> Kind for Counter<STEP, NUMBER> {
    const TYPE: &'static str = "counter";
    const PREFIX: &'static str = "cnt";
}

impl<const STEP: u32, const NUMBER: u32> Aggregate for Counter<STEP, NUMBER> {
    const SNAPSHOT: u32 = NUMBER;
    type Command = BookCommand;
    type Event = BookEvent;
    type Rejection = BookRejection;

    fn decide(&self, _: BookCommand, _: &Facts) -> Result<Vec<BookEvent>, BookRejection> {
        Ok(vec![])
    }

    fn evolve(&mut self, event: &BookEvent) {
        match event {
            BookEvent::Acquired { .. } => self.count += 1,
            BookEvent::Withdrawn { .. } => self.count += STEP,
        }
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = format!("tenantry-folded-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(folder))
    }

    fn faults<A: Aggregate>(&self, write: bool) -> String {
        super::faults::<A>(&self.0, write, "WRITE=1").join("\n")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_fold_changes_only_with_its_number() {
    let scratch = Scratch::new("number");
    assert!(scratch.faults::<Counter<0, 1>>(false).contains("run this test with WRITE=1"));
    assert_eq!(scratch.faults::<Counter<0, 1>>(true), "");
    assert_eq!(scratch.faults::<Counter<0, 1>>(false), "");
    // Another meaning under the same number, whoever asks for it to be written.
    let changed = scratch.faults::<Counter<1, 1>>(true);
    assert!(changed.contains("event 2, withdrawn, comes to another state"), "{changed}");
    assert!(changed.contains("raise SNAPSHOT of counter to 2"), "{changed}");
    // Under the next one it is written anew.
    assert!(scratch.faults::<Counter<1, 2>>(false).contains("run this test with WRITE=1"));
    assert_eq!(scratch.faults::<Counter<1, 2>>(true), "");
    assert_eq!(scratch.faults::<Counter<1, 2>>(false), "");
}

#[test]
fn another_shape_has_another_fingerprint() {
    let prints = [
        fingerprint::<Book>(),
        fingerprint::<Loan>(),
        fingerprint::<Counter<0, 1>>(),
        fingerprint::<Counter<0, 2>>(),
    ];
    for (place, print) in prints.iter().enumerate() {
        assert!(!prints[..place].contains(print), "{place}");
    }
    assert_eq!(fingerprint::<Counter<0, 1>>(), fingerprint::<Counter<1, 1>>(), "shapes alone");
}

#[test]
fn every_event_happens_in_the_history() {
    let names: Vec<String> = imagined::<Loan>().into_iter().map(|(name, _)| name).collect();
    for event in ["lent", "renewed", "reminded", "returned"] {
        assert_eq!(names.iter().filter(|name| *name == event).count(), ROUNDS, "{event}");
    }
}
