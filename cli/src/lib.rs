//! The one binary: every role, every tool.
