//! Running a law over many random cases.

use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};

use crate::kernel::testing::arbitrary::steady;

use super::Broken;

/// How many cases there are unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 128;

/// Checks many cases and answers the simplest that breaks a law.
pub(super) fn run<S: Strategy>(
    cases: &S,
    check: impl Fn(&S::Value) -> Result<(), Broken>,
) -> Result<(), (Broken, Option<S::Value>)> {
    let outcome =
        TestRunner::new(config()).run(cases, |case| check(&case).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, case)) => Err((why.message().to_owned(), Some(case))),
        Err(TestError::Abort(why)) => Err((why.message().to_owned(), None)),
    }
}

/// Whether there are enough cases to say that something never happens.
pub(super) fn are_many() -> bool {
    config().cases >= CASES
}

fn config() -> Config {
    let mut config = steady();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    config
}
