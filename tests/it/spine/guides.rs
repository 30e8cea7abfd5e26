//! The examples of the guides, run as they are written.

use tests::Up;

use super::{PROGRAM, readme::Examples};

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_guides_work_as_written() {
    let up = Up::start(PROGRAM, &["--demo"]).unwrap();
    let examples = Examples::of(&up);
    let live = examples.run(include_str!("../../../docs/live.md"));
    assert!(live.said.contains("event: next"), "{live:?}");
    assert!(live.said.contains("invoiceGroups") && !live.said.contains("errors"), "{live:?}");

    let travel = examples.run(include_str!("../../../docs/time-travel.md"));
    assert!(!travel.said.contains("\"errors\""), "{travel:?}");
    for part in ["\"position\":\"400\"", "\"event\":\"invoice.", "\"past\":\"past_", "past_"] {
        assert!(travel.said.contains(part), "{part} is missing: {travel:?}");
    }
    assert!(travel.errors.contains("ask for it with the header As-Of: past_"), "{travel:?}");
}
