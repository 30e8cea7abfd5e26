//! How far long work has come.

/// Where a rebuild or a verification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Events that have been folded.
    pub done: u64,
    /// Events that there are to fold, as far as is known.
    pub total: u64,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Events are folded into rows, and these written.
    Folding,
    /// The key and the indexes are built.
    Indexing,
    /// What came in meanwhile is folded.
    CatchingUp,
    /// The new table takes the place of the old one.
    Swapping,
    /// Somebody wants it to wait.
    Paused,
    /// Rows are compared.
    Comparing,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Folding => "folding",
            Self::Indexing => "indexing",
            Self::CatchingUp => "catching up",
            Self::Swapping => "swapping",
            Self::Paused => "paused",
            Self::Comparing => "comparing",
        })
    }
}
