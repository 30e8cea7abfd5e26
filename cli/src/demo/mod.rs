//! The demo: three tenants with some weeks of history, made by real commands
//! through the command path.
//!
//! The same seed, size and last day make the same commands with the same ids,
//! so running it twice changes nothing. This is the one place outside the
//! domain that speaks of its business.

mod random;
mod run;
mod story;
mod tenant;

pub use run::{DemoError, Progress, run};
pub use tenant::DemoTenant;

use domain::kernel::{Date, Timestamp};

/// What a demo shall be like.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// Other seeds make other histories.
    pub seed: u64,
    /// The last day of the history.
    pub until: Date,
    /// How many days of history.
    pub days: u32,
    /// How many times the usual business.
    pub scale: u32,
}

impl Demo {
    /// Eight weeks up to yesterday, as `tenantry up --demo` shows them: today
    /// has not happened yet.
    #[must_use]
    pub fn until_yesterday(now: Timestamp) -> Self {
        Self { seed: 1, until: now.plus_seconds(-86_400).date(), days: 56, scale: 1 }
    }

    /// A history of about so many events.
    #[must_use]
    pub fn of_events(self, events: u64) -> Self {
        // Measured: what the commands of eight weeks come to at scale 1,
        // without the reactions to them.
        const EVENTS_AT_SCALE_ONE: u64 = 9_700;
        let scale = events.div_ceil(EVENTS_AT_SCALE_ONE).max(1);
        Self { scale: u32::try_from(scale).unwrap_or(u32::MAX), ..self }
    }

    /// The tenants, the same for all seeds.
    #[must_use]
    pub fn tenants(&self) -> Vec<DemoTenant> {
        tenant::all()
    }
}
