//! The write-only REST API.
