//! A wire between the services and PostgreSQL that a test can cut.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Result;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    sync::{broadcast, watch},
};

/// What becomes of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// They arrive.
    Both,
    /// Those of the services wait; the server's arrive.
    FromServer,
    /// Those of the server wait; the services' arrive.
    ToServer,
    /// All wait, and nobody is told.
    Neither,
}

/// How connections are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// Both ends, at once.
    Whole,
    /// The way to the server ends; answers still arrive.
    Half,
}

/// A TCP port that leads to a server's socket.
pub struct Proxy {
    address: SocketAddr,
    flow: watch::Sender<Flow>,
    cuts: broadcast::Sender<Cut>,
}

impl Proxy {
    /// Takes a port and leads it to the socket in a folder.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn to(socket_folder: &std::path::Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Self {
            address: listener.local_addr()?,
            flow: watch::Sender::new(Flow::Both),
            cuts: broadcast::channel(16).0,
        };
        let socket = Arc::new(socket_folder.join(".s.PGSQL.5432"));
        let (flow, cuts) = (proxy.flow.clone(), proxy.cuts.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let wire = Wire { flow: flow.subscribe(), cuts: cuts.subscribe() };
                tokio::spawn(wire.connect(stream, socket.clone()));
            }
        });
        Ok(proxy)
    }

    /// A database behind it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://tenantry@{}/{database}", self.address)
    }

    /// Changes what becomes of bytes on all connections, new ones too.
    pub fn let_flow(&self, flow: Flow) {
        self.flow.send_replace(flow);
    }

    /// Ends all connections; answers how many there were.
    #[must_use]
    pub fn cut(&self) -> usize {
        self.cuts.send(Cut::Whole).unwrap_or(0)
    }

    /// Ends the services' side of all connections only.
    #[must_use]
    pub fn half_close(&self) -> usize {
        self.cuts.send(Cut::Half).unwrap_or(0)
    }
}

struct Wire {
    flow: watch::Receiver<Flow>,
    cuts: broadcast::Receiver<Cut>,
}

impl Wire {
    async fn connect(mut self, service: tokio::net::TcpStream, socket: Arc<PathBuf>) {
        let Ok(server) = UnixStream::connect(&*socket).await else { return };
        let (from_service, to_service) = service.into_split();
        let (from_server, to_server) = server.into_split();
        let mut there = tokio::spawn(carry(from_service, to_server, self.flow.clone(), |flow| {
            matches!(flow, Flow::Both | Flow::ToServer)
        }));
        let mut back = tokio::spawn(carry(from_server, to_service, self.flow, |flow| {
            matches!(flow, Flow::Both | Flow::FromServer)
        }));
        tokio::select! {
            _ = &mut there => {}
            _ = &mut back => {}
            cut = self.cuts.recv() => if cut == Ok(Cut::Half) {
                there.abort();
                let _ = (&mut back).await;
            },
        }
        there.abort();
        back.abort();
    }
}

/// Carries bytes as long as they may flow.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut flow: watch::Receiver<Flow>,
    open: fn(Flow) -> bool,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if flow.wait_for(|flow| open(*flow)).await.is_err() {
            return;
        }
        let Some(bytes) = buffer.get(..read) else { return };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
