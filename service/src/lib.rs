//! What every process shares: configuration, telemetry, health, shutdown,
//! credentials, HTTP, database pools, and a PostgreSQL to start with.
//!
//! Nothing here knows what a process is for. A process loads its
//! [`Config`](config::Config), installs [`telemetry`], listens for
//! [`Shutdown`](shutdown::Shutdown), connects its
//! [`Database`](database::Database) and serves its routes with [`http::serve`].

pub mod auth;
mod causes;
pub mod config;
pub mod database;
pub mod health;
pub mod http;
pub mod integrity;
pub mod postgres;
#[cfg(test)]
mod scratch;
pub mod shutdown;
pub mod telemetry;
mod time;

pub use time::now;
