//! The wall clock, in the resolution of the log.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::kernel::Timestamp;

/// The time by this machine's clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
