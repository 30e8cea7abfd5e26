//! The whole, over the real program in a process of its own.

mod contention;
mod crash;
mod guides;
mod path;
mod projections;
mod readme;
mod refusals;
mod toy;
mod trace;

use tests::Up;

/// The program with the toy beside the product.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// A running program with one empty tenant.
fn up() -> Up {
    Up::start(PROGRAM, &[]).unwrap()
}
