//! Connections on which no statement keeps a name.
//!
//! A pooler in transaction mode gives every transaction whichever server
//! connection is free, where a statement that was prepared on another does not
//! exist. `PgBouncer` minds that from 1.21 on; before, and with
//! `max_prepared_statements = 0`, somebody else has to. So everybody above goes
//! on to prepare statements and use them by name, and here, on the way to the
//! socket, a name becomes the unnamed statement, parsed anew in front of each
//! use, in the same packet. It costs the server a parse and a plan per use,
//! and nobody a round trip.

mod stream;
mod translator;

use std::{io, pin::Pin};

use deadpool_postgres::Connect;
use tokio::{
    net::{TcpStream, UnixStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{Client, Config, Error, NoTls, config::Host};

use self::stream::{Broken, Unnamed, Wire};

/// Makes such connections for a pool.
pub(super) struct WithoutNames;

type Connecting<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + 'a>>;

impl Connect for WithoutNames {
    fn connect(&self, config: &Config) -> Connecting<'_> {
        let config = config.clone();
        Box::pin(async move {
            // Only the driver can make its errors: it finds out at the first
            // byte.
            let wire = open(&config).await.unwrap_or_else(|error| Box::new(Broken(Some(error))));
            let (client, connection) = config.connect_raw(Unnamed::over(wire), NoTls).await?;
            let task = tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended");
                }
            });
            Ok((client, task))
        })
    }
}

/// Opens the first of the configured places that can be reached.
async fn open(config: &Config) -> io::Result<Box<dyn Wire>> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "no host is configured");
    let ports = config.get_ports();
    for (place, host) in config.get_hosts().iter().enumerate() {
        let port = ports.get(place).or(ports.first()).copied().unwrap_or(5432);
        let opening = open_at(host, port);
        let opened = match config.get_connect_timeout() {
            Some(limit) => timeout(*limit, opening).await.unwrap_or_else(|late| Err(late.into())),
            None => opening.await,
        };
        match opened {
            Ok(wire) => return Ok(wire),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn open_at(host: &Host, port: u16) -> io::Result<Box<dyn Wire>> {
    match host {
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        Host::Unix(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{port}"));
            Ok(Box::new(UnixStream::connect(socket).await?))
        }
    }
}
