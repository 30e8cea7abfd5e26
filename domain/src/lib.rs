//! The pure business of Tenantry, and the kernel it is written in.
//!
//! Each bounded context is a folder that declares its aggregates, read models
//! and reactions; [`Platform`] names the contexts. Everything else reads them
//! from [`Registry::of::<Platform>()`](kernel::Registry::of).

pub mod billing;
pub mod kernel;
pub mod payments;

use kernel::{Domain, Interpreter};

/// Everything that Tenantry is about.
pub struct Platform;

impl Domain for Platform {
    fn declare(to: &mut impl Interpreter) {
        to.context::<billing::Billing>();
        to.context::<payments::Payments>();
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Platform,
        kernel::{Registry, testing},
    };

    #[test]
    fn no_declaration_contradicts_another() {
        if let Err(faults) = Registry::of::<Platform>() {
            panic!("{faults}");
        }
    }

    #[test]
    fn what_was_ever_stored_can_be_read_for_ever() {
        testing::kept::<Platform>("src");
    }
}
