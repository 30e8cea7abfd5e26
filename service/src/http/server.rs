//! A server, from its socket to its end.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{HttpServer, web::ServiceConfig};

use super::{Limits, app};
use crate::shutdown::Shutdown;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Why nobody can be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {}", hint(.source))]
pub struct BindError {
    listen: String,
    source: io::Error,
}

/// A socket that takes connections, before anybody serves them.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Where it listens, with the port it got.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Takes an address: `host:port`. Port 0 takes a free one.
///
/// # Errors
/// When the address is taken, or not this machine's.
pub fn bind(listen: &str) -> Result<Listener, BindError> {
    let failed = |source| BindError { listen: listen.to_owned(), source };
    let socket = TcpListener::bind(listen).map_err(failed)?;
    // The standard library's queue is too short for a crowd.
    rustix::net::listen(&socket, BACKLOG).map_err(io::Error::from).map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok(Listener { socket, address })
}

fn hint(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the address is in use; stop what uses it, or choose another port (0 takes a free one)"
                .to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            format!("{error}; choose a port above 1023")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{error}; name an address of this machine, or 0.0.0.0 for all")
        }
        io::ErrorKind::InvalidInput => format!("{error}; expected host:port"),
        _ => error.to_string(),
    }
}

/// How a server works.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// What a request may cost.
    pub limits: Limits,
    /// Serving threads; 0 means one per core.
    pub threads: usize,
    /// How long requests in flight may take once the end has begun.
    pub grace: Duration,
}

/// Serves until the end begins; then accepts no more, lets requests in flight
/// finish within the grace time, and returns.
///
/// # Errors
/// When the system fails the server.
pub async fn serve(
    listener: Listener,
    server: Server,
    shutdown: &Shutdown,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> io::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if server.threads == 0 { cores } else { server.threads };
    let running = HttpServer::new(move || app(server.limits, routes.clone()))
        .workers(threads)
        .shutdown_timeout(server.grace.as_secs())
        // Signals are the process's affair, see `Shutdown`.
        .disable_signals()
        .listen(listener.socket)?
        .run();
    let handle = running.handle();
    tokio::pin!(running);
    tokio::select! {
        ended = &mut running => return ended,
        () = shutdown.wait() => {}
    }
    // The server has to be driven while it is being stopped.
    let (ended, ()) = tokio::join!(running, handle.stop(true));
    ended
}
