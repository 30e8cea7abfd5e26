//! How a worker works.

use std::{sync::Arc, time::Duration};

use domain::kernel::Timestamp;

/// Tells the time by which timers are due. Time can be injected: in tests, and
/// where a demonstration lets months pass in a minute.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most events or timers of one tenant taken at once.
    pub batch: usize,
    /// How many tenants are served at once.
    pub tenants: usize,
    /// How many commands of one tenant may be under way at once. Commands that
    /// touch the same aggregate wait for each other all the same.
    pub commands: usize,
    /// How long to wait before something that failed is tried again; each time
    /// twice as long.
    pub first_pause: Duration,
    /// The longest such wait.
    pub longest_pause: Duration,
    /// After how many attempts a passing failure is recorded as one that
    /// somebody should look at. It is tried again all the same.
    pub max_retries: u32,
    /// How long a tenant whose new events called for nothing is left alone
    /// before it is looked at again; twice as long each time, up to sixteen
    /// times this.
    pub rest: Duration,
    /// For how many days at least a command that is repeated gets its first
    /// answer.
    pub retention_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch: 500,
            tenants: 8,
            commands: 16,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_mins(1),
            max_retries: 10,
            rest: Duration::from_millis(10),
            retention_days: 30,
        }
    }
}

impl From<&service::config::Worker> for Settings {
    fn from(config: &service::config::Worker) -> Self {
        Self {
            batch: config.batch,
            max_retries: config.max_retries,
            retention_days: config.command_retention_days,
            ..Self::default()
        }
    }
}
