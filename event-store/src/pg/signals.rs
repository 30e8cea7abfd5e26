//! Hints between processes, over LISTEN and NOTIFY on a connection of its own.
//!
//! A transaction with a NOTIFY in it takes a lock that the whole server shares
//! until it has committed: inside an append it would cost most of the
//! throughput. Here hints go out afterwards, gathered for a few milliseconds.
//! They may be lost with the connection; whoever waits for them also polls.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, broadcast};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;
use uuid::Uuid;

use super::ulid;
use crate::Wakeups;

/// What a hint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Tenants, as UUIDs, have new events.
    Log,
    /// Read models have moved: `{tenant as UUID}:{position}`.
    Read,
    /// Somebody was erased in tenants, as UUIDs.
    Erased,
    /// Shards of tenants are to be had: `{group}:{process as UUID}`.
    Leases,
}

impl Channel {
    const ALL: [Self; 4] = [Self::Log, Self::Read, Self::Erased, Self::Leases];

    const fn name(self) -> &'static str {
        match self {
            Self::Log => "tenantry_log",
            Self::Read => "tenantry_read",
            Self::Erased => "tenantry_erased",
            Self::Leases => "tenantry_leases",
        }
    }
}

/// Sends and receives hints. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Signals {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    outgoing: Mutex<BTreeSet<(Channel, Arc<str>)>>,
    dirty: Notify,
    log: broadcast::Sender<Arc<str>>,
    read: broadcast::Sender<Arc<str>>,
    erased: broadcast::Sender<Arc<str>>,
    leases: broadcast::Sender<Arc<str>>,
}

/// The most that PostgreSQL takes in one notification is 8000 bytes.
const PAYLOAD: usize = 7_900;

impl Signals {
    /// Hints that stay within this process, for whoever only reads.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            shared: Arc::new(Shared {
                outgoing: Mutex::default(),
                dirty: Notify::new(),
                log: broadcast::channel(1024).0,
                read: broadcast::channel(4096).0,
                erased: broadcast::channel(1024).0,
                leases: broadcast::channel(64).0,
            }),
        }
    }

    /// Connects, and stays connected until `shutdown`. Hints go out at most
    /// once per `interval`.
    #[must_use]
    pub fn start(config: Config, interval: Duration, shutdown: CancellationToken) -> Self {
        let signals = Self::silent();
        let running = signals.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = running.stay_connected(&config, interval) => {}
                () = shutdown.cancelled() => {}
            }
        });
        signals
    }

    /// Sends hints: at once within this process, soon to the others.
    pub fn send(&self, channel: Channel, hints: impl Iterator<Item = Arc<str>>) {
        let mut outgoing = self.shared.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        for hint in hints {
            let _ = self.sender(channel).send(hint.clone());
            outgoing.insert((channel, hint));
        }
        drop(outgoing);
        self.shared.dirty.notify_one();
    }

    /// Receives the hints of a channel, from this process and all others.
    #[must_use]
    pub fn listen(&self, channel: Channel) -> broadcast::Receiver<Arc<str>> {
        self.sender(channel).subscribe()
    }

    /// Passes hints about new events on, until nobody can wait for them.
    pub(super) fn wake_on_appends(&self, wakeups: Wakeups) {
        let mut hints = self.listen(Channel::Log);
        tokio::spawn(async move {
            loop {
                match hints.recv().await {
                    Ok(hint) => {
                        let mut tenants: BTreeSet<Ulid> = tenant(&hint).into_iter().collect();
                        while let Ok(hint) = hints.try_recv() {
                            tenants.extend(tenant(&hint));
                        }
                        wakeups.wake(tenants.into_iter().collect::<Vec<_>>());
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
        });
    }

    /// Tells whoever remembers something of a tenant that somebody was erased
    /// there, for as long as they answer true.
    pub fn on_erasure(&self, mut forget: impl FnMut(Ulid) -> bool + Send + 'static) {
        let mut hints = self.listen(Channel::Erased);
        tokio::spawn(async move {
            loop {
                match hints.recv().await {
                    Ok(hint) if !tenant(&hint).is_none_or(&mut forget) => return,
                    Err(broadcast::error::RecvError::Closed) => return,
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                }
            }
        });
    }

    fn sender(&self, channel: Channel) -> &broadcast::Sender<Arc<str>> {
        match channel {
            Channel::Log => &self.shared.log,
            Channel::Read => &self.shared.read,
            Channel::Erased => &self.shared.erased,
            Channel::Leases => &self.shared.leases,
        }
    }

    async fn stay_connected(&self, config: &Config, interval: Duration) {
        loop {
            if let Err(error) = self.converse(config, interval).await {
                let error =
                    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
                tracing::warn!(error, "lost the connection for wake-ups, polling meanwhile");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Speaks and listens until the connection ends.
    async fn converse(
        &self,
        config: &Config,
        interval: Duration,
    ) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = config.connect(NoTls).await?;
        // What this process said, it has heard already.
        let own = OnceLock::new();
        let speaking = self.speak(&client, &own, interval);
        let listening = async {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(notification) = message?
                    && own.get() != Some(&notification.process_id())
                {
                    self.heard(notification.channel(), notification.payload());
                }
            }
            Ok(())
        };
        tokio::select! {
            ended = listening => ended,
            ended = speaking => ended,
        }
    }

    async fn speak(
        &self,
        client: &Client,
        own: &OnceLock<i32>,
        interval: Duration,
    ) -> Result<(), tokio_postgres::Error> {
        let pid = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
        own.get_or_init(|| pid);
        for channel in Channel::ALL {
            client.batch_execute(&format!("LISTEN {}", channel.name())).await?;
        }
        let notify = client.prepare("SELECT pg_notify($1, $2)").await?;
        loop {
            self.shared.dirty.notified().await;
            let outgoing = std::mem::take(
                &mut *self.shared.outgoing.lock().unwrap_or_else(PoisonError::into_inner),
            );
            for (channel, payload) in payloads(&outgoing) {
                client.execute(&notify, &[&channel.name(), &payload]).await?;
            }
            tokio::time::sleep(interval).await;
        }
    }

    fn heard(&self, channel: &str, payload: &str) {
        let Some(channel) = Channel::ALL.into_iter().find(|known| known.name() == channel) else {
            return;
        };
        for hint in payload.split(',').filter(|hint| !hint.is_empty()) {
            let _ = self.sender(channel).send(Arc::from(hint));
        }
    }
}

fn tenant(hint: &str) -> Option<Ulid> {
    hint.parse::<Uuid>().ok().map(ulid)
}

/// Joins hints into as few notifications as they fit in.
fn payloads(hints: &BTreeSet<(Channel, Arc<str>)>) -> Vec<(Channel, String)> {
    let mut payloads: Vec<(Channel, String)> = vec![];
    for (channel, hint) in hints {
        match payloads.last_mut() {
            Some((last, payload)) if last == channel && payload.len() + hint.len() < PAYLOAD => {
                payload.push(',');
                payload.push_str(hint);
            }
            _ => payloads.push((*channel, hint.to_string())),
        }
    }
    payloads
}
