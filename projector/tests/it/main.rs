//! The projector on a real PostgreSQL.

mod isolation;
mod library;
mod live;
mod poison;
mod racing;
mod rebuilding;
mod tables;
mod verifying;
