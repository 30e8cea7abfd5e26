//! How the command path works.

/// What the command path may use, and when it takes snapshots.
#[derive(Clone, Copy, Debug)]
pub struct CommandSettings {
    /// By which its metrics are told from those of others in the same process.
    pub role: &'static str,
    /// The memory that aggregates may take which are kept between commands.
    pub cache_bytes: u64,
    /// How many events a snapshot must spare whoever loads the aggregate; 0
    /// turns snapshots off.
    pub snapshot_events: u64,
    /// How many times its own cost a snapshot must spare one load.
    pub snapshot_gain: f64,
}

impl Default for CommandSettings {
    fn default() -> Self {
        Self {
            role: "commands",
            cache_bytes: 64 * 1024 * 1024,
            snapshot_events: 200,
            snapshot_gain: 2.0,
        }
    }
}
