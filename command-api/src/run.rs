//! Serving the API.

use std::io;

use service::{
    config::Config,
    http::{Limits, Listener, Server, serve},
    shutdown::Shutdown,
};

use crate::CommandApi;

/// Serves until the end begins, then finishes what is in flight.
///
/// # Errors
/// When the system fails the server.
pub async fn run(
    api: CommandApi,
    listener: Listener,
    config: &Config,
    shutdown: &Shutdown,
) -> io::Result<()> {
    let server = Server {
        limits: Limits::from(&config.command_api),
        threads: config.command_api.threads,
        grace: config.shutdown.grace,
    };
    serve(listener, server, shutdown, move |routes| api.routes(routes)).await
}
