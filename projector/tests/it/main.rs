//! The projector on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking, in what they share as well")]

mod building;
mod discarding;
mod erasing;
mod isolation;
mod keys;
mod library;
mod live;
mod newer;
mod panicking;
mod pasts;
mod poison;
mod racing;
mod rebuilding;
mod sharing;
mod tables;
mod verifying;
mod versions;
