//! Reactions and timers.
