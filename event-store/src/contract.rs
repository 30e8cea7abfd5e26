//! The contract that every store keeps, as a suite.
