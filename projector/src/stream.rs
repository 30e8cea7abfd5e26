//! Long stretches of a log, sent to another thread while they are read.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use domain::kernel::Registry;
use event_store::{
    history::{self, History, Prepared, RawEvent},
    keys::KeyRing,
};
use tokio::{runtime::Handle, sync::mpsc};
use tokio_postgres::Error;
use ulid::Ulid;

use crate::{
    StepError,
    batch::{Stretch, Taken},
    session::{ENTER, InTransaction},
};

/// Positions that are read at the same moment: snapshots that are held for long
/// keep the server from cleaning up.
const CHUNK: u64 = 65_536;
/// Events that are read and handed over at once: so many at first, and more as
/// long as they are small.
const FIRST: u64 = 1_024;
const MOST: u64 = 8_192;
/// Bytes of them.
const BYTES: usize = 4 << 20;
/// Parcels that may wait before reading does.
const WAITING: usize = 4;

/// Where events, or rows, go.
pub(crate) type Parcels<T> = mpsc::Sender<Vec<T>>;

/// A way from whoever reads to whoever folds or compares.
pub(crate) fn channel<T>() -> (Parcels<T>, mpsc::Receiver<Vec<T>>) {
    mpsc::channel(WAITING)
}

/// Makes the open transaction see one tenant, and use indexes.
pub(crate) async fn enter(client: &ClientWrapper, tenant: Ulid) -> Result<(), Error> {
    let statement = client.prepare_cached(ENTER).await?;
    let tenant = event_store::pg::uuid(tenant).to_string();
    client.execute(&statement, &[&tenant]).await.map(drop)
}

/// The stretches that a long one is read in.
pub(crate) fn chunks(stretch: Stretch) -> impl Iterator<Item = Stretch> {
    let Stretch { mut after, until, .. } = stretch;
    std::iter::from_fn(move || {
        let chunk = Stretch { after, until: (after + CHUNK).min(until), ..stretch };
        after = chunk.until;
        (chunk.after < chunk.until).then_some(chunk)
    })
}

/// Reads the events of these types of aggregates, all at the same moment. Stops
/// early when nobody takes them any more.
pub(crate) async fn chunk(
    client: &ClientWrapper,
    history: &History,
    chunk: Stretch,
    types: &[&str],
    to: &Parcels<RawEvent>,
) -> Result<(), StepError> {
    let transaction = InTransaction::on(client);
    // What is in the table and what is cold, at the same moment.
    client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    enter(client, chunk.tenant).await?;
    events(client, history, chunk, types, to).await?;
    client.batch_execute("COMMIT").await?;
    transaction.ended();
    Ok(())
}

/// The same in the open transaction.
pub(crate) async fn events(
    client: &ClientWrapper,
    history: &History,
    stretch: Stretch,
    types: &[&str],
    to: &Parcels<RawEvent>,
) -> Result<(), StepError> {
    let Stretch { tenant, mut after, until } = stretch;
    let mut limit = FIRST;
    while after < until {
        let asked = history::Stretch { tenant, after, until, types: Some(types), limit };
        let parcel = history.excerpt(&Prepared(client), asked, BYTES).await?;
        let taken = parcel.taken.len() as u64;
        let goes_on = parcel.is_cut || taken == limit;
        after = match parcel.taken.last() {
            Some(last) if goes_on => last.position()?,
            _ => until,
        };
        // What is sent beyond the bytes is sent in vain.
        limit = if parcel.is_cut { taken } else { (limit * 2).min(MOST) };
        if to.send(parcel.taken).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Takes events on a thread of its own.
pub(crate) struct Taker {
    tenant: Ulid,
    registry: Arc<Registry>,
    ring: Arc<KeyRing>,
    /// Where keys are waited for.
    pub(crate) runtime: Handle,
}

impl Taker {
    /// For a thread that this one starts.
    pub(crate) fn new(tenant: Ulid, registry: &Arc<Registry>, ring: &Arc<KeyRing>) -> Self {
        let (registry, ring) = (registry.clone(), ring.clone());
        Self { tenant, registry, ring, runtime: Handle::current() }
    }

    /// Takes all events that come, as they come out of the log.
    pub(crate) fn each<E: From<StepError>>(
        &self,
        mut parcels: mpsc::Receiver<Vec<RawEvent>>,
        mut take: impl FnMut(Taken) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(parcel) = parcels.blocking_recv() {
            let events = Taken::from_log(&self.registry, &self.ring, self.tenant, parcel.iter());
            for event in self.runtime.block_on(events)? {
                take(event)?;
            }
        }
        Ok(())
    }
}
