//! What a wallet does.

mod booking;
mod holding;
mod living;
mod model;
