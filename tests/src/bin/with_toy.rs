//! The program with one context more: a test's own, in a folder of its own.

use std::process::ExitCode;

use domain::{
    Platform,
    kernel::{Domain, Interpreter, testing::toy::Library},
};

/// The product and the toy.
struct WithToy;

impl Domain for WithToy {
    fn declare(to: &mut impl Interpreter) {
        Platform::declare(to);
        to.context::<Library>();
    }
}

fn main() -> ExitCode {
    cli::main::<WithToy>()
}
