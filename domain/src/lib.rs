//! The pure business of Tenantry, and the kernel it is written in.

pub mod kernel;
