//! From the log into a table without indexes.

use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, FoldError, Registry};
use event_store::{history::RawEvent, keys::KeyRing, pg::unsigned};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use tokio::{runtime::Handle, sync::mpsc};
use ulid::Ulid;

use super::{Positions, Reached, Rebuild, RebuildError};
use crate::{
    Phase, StepError,
    batch::{Stretch, Taken},
    cells,
    fold::Stopped,
    model::Model,
    session::{InTransaction, is_about_rows, reason},
    stream as reading,
    vault::{self, Seal, SealError},
};

/// Positions that one statement reads: snapshots that are held for long keep
/// the server from cleaning up.
const CHUNK: u64 = 65_536;
/// Bytes of rows that are sent at once.
const PIECE: usize = 256 * 1024;
/// Rows whose personal values are sealed at once.
const PARCEL: usize = 4_096;

impl Rebuild<'_> {
    /// Loads the tenants that are not done, the largest first.
    pub(super) async fn load(
        &self,
        heads: &Positions,
        done: &mut Positions,
        workers: usize,
    ) -> Result<(), RebuildError> {
        let left = heads.iter().filter(|(tenant, _)| !done.contains_key(tenant));
        let mut largest: Vec<(Ulid, Reached)> = left.map(|(id, at)| (*id, *at)).collect();
        largest.sort_by_key(|(_, head)| std::cmp::Reverse(head.position));
        let loads = largest.into_iter().map(|(tenant, head)| self.load_tenant(tenant, head));
        let mut loaded = stream::iter(loads).buffer_unordered(workers);
        while let Some((tenant, reached)) = loaded.try_next().await? {
            done.insert(tenant, reached);
        }
        Ok(())
    }

    /// Loads one tenant up to its head, or up to the event that cannot be
    /// folded, and says how far it came.
    async fn load_tenant(
        &self,
        tenant: Ulid,
        head: Reached,
    ) -> Result<(Ulid, Reached), RebuildError> {
        self.build.may_go_on().await;
        let client = self.pool.get().await?;
        let beginning = self.beginning(tenant, head.erasures);
        let mut until = head.position;
        loop {
            let reached = Reached { position: until, ..beginning };
            match self.load_stretch(&client, tenant, reached).await? {
                Loaded::Rows(rows) => {
                    self.build.rows.fetch_add(rows, Ordering::Relaxed);
                    return Ok((tenant, reached));
                }
                Loaded::Stopped(stopped) => until = stopped.position - 1,
                // A projector that came by has found out which event it is.
                Loaded::Unfit(reason) => match self.known_failure(&client, tenant).await? {
                    Some(position) if position <= until => until = position - 1,
                    _ => return Err(RebuildError::Unfit { tenant, reason }),
                },
                Loaded::Failed(error) => return Err(error.into()),
            }
        }
    }

    async fn known_failure(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
    ) -> Result<Option<u64>, RebuildError> {
        let statement = client.prepare_cached(include_str!("../sql/failure.sql")).await?;
        let tenant = event_store::pg::uuid(tenant);
        let row = client.query_opt(&statement, &[&self.model.consumer, &tenant]).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.map(unsigned))
    }

    /// Loads one tenant up to a position.
    async fn load_stretch(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
        reached: Reached,
    ) -> Result<Loaded, RebuildError> {
        let (parcels, incoming) = reading::channel();
        let (pieces, outgoing) = mpsc::channel(8);
        let folding = Folding {
            tenant,
            registry: self.registry.clone(),
            ring: self.ring.clone(),
            model: self.model.clone(),
            runtime: Handle::current(),
        };
        let folding = tokio::task::spawn_blocking(move || {
            folding.fold(incoming).and_then(|mut work| folding.send(&mut *work, &pieces))
        });
        let stretch = Stretch { tenant, after: 0, until: reached.position };
        self.read(client, stretch, parcels).await?;
        let transaction = InTransaction::on(client);
        client.batch_execute("BEGIN").await?;
        let copied = self.copy(client, outgoing).await;
        let loaded = folding.await?;
        match (copied, loaded) {
            (Err(error), _) if is_about_rows(&error) => Ok(Loaded::Unfit(reason(&error))),
            (Err(error), _) => Err(error.into()),
            (Ok(()), Err(unloaded)) => Ok(unloaded),
            (Ok(()), Ok(rows)) => {
                self.build.note(client, tenant, reached, rows).await?;
                client.batch_execute("COMMIT").await?;
                transaction.ended();
                Ok(Loaded::Rows(rows))
            }
        }
    }

    async fn read(
        &self,
        client: &ClientWrapper,
        stretch: Stretch,
        parcels: reading::Parcels<RawEvent>,
    ) -> Result<(), RebuildError> {
        let types = self.model.entry().fold.sources();
        let mut after = stretch.after;
        while after < stretch.until && !parcels.is_closed() {
            self.build.may_go_on().await;
            let until = (after + CHUNK).min(stretch.until);
            let transaction = InTransaction::on(client);
            // What is in the table and what is cold, at the same moment.
            client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            reading::enter(client, stretch.tenant).await?;
            let chunk = Stretch { after, until, ..stretch };
            reading::events(client, self.ring.history(), chunk, types, &parcels).await?;
            client.batch_execute("COMMIT").await?;
            transaction.ended();
            self.report.add(Phase::Folding, until - after);
            after = until;
        }
        Ok(())
    }

    async fn copy(
        &self,
        client: &ClientWrapper,
        mut pieces: mpsc::Receiver<Bytes>,
    ) -> Result<(), tokio_postgres::Error> {
        let Some(first) = pieces.recv().await else { return Ok(()) };
        let mut sink = pin!(client.copy_in::<_, Bytes>(&self.model.table.copy_in).await?);
        sink.send(first).await?;
        while let Some(piece) = pieces.recv().await {
            sink.send(piece).await?;
        }
        sink.finish().await.map(drop)
    }
}

/// What became of a stretch.
enum Loaded {
    /// So many rows.
    Rows(u64),
    /// Nothing: an event cannot be folded.
    Stopped(Stopped),
    /// Nothing: rows cannot be written.
    Unfit(String),
    /// Nothing: the database or the keys are away.
    Failed(StepError),
}

/// What happens on a thread of its own.
struct Folding {
    tenant: Ulid,
    registry: Arc<Registry>,
    ring: Arc<KeyRing>,
    model: Arc<Model>,
    /// Where keys are waited for.
    runtime: Handle,
}

type Work = Box<dyn domain::kernel::Work>;

impl Folding {
    fn fold(&self, mut parcels: mpsc::Receiver<Vec<RawEvent>>) -> Result<Work, Loaded> {
        let mut work = self.model.entry().fold.work();
        while let Some(parcel) = parcels.blocking_recv() {
            let events = Taken::from_log(&self.registry, &self.ring, self.tenant, parcel.iter());
            for event in self.runtime.block_on(events).map_err(Loaded::Failed)? {
                Self::take(event, &mut *work)?;
            }
        }
        Ok(work)
    }

    fn take(event: Taken, work: &mut dyn domain::kernel::Work) -> Result<(), Loaded> {
        let stopped = match event {
            Taken::Known(event) => match work.apply(&event) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    Stopped { position: event.envelope().position, error: error.to_string() }
                }
            },
            Taken::Broken { position, error, .. } => Stopped { position, error },
        };
        Err(Loaded::Stopped(stopped))
    }

    /// Sends all rows, in the form that COPY takes.
    fn send(
        &self,
        work: &mut dyn domain::kernel::Work,
        pieces: &mpsc::Sender<Bytes>,
    ) -> Result<u64, Loaded> {
        let unfit = |unfit: FoldError| Loaded::Unfit(unfit.to_string());
        let mut parcel = work.drain(PARCEL).map_err(unfit)?;
        let mut sent = 0;
        if parcel.is_empty() {
            return Ok(sent);
        }
        let mut out = BytesMut::with_capacity(PIECE + 4096);
        out.put_slice(b"PGCOPY\n\xff\r\n\0");
        // No flags, no extension.
        out.put_i64(0);
        let columns = &self.model.entry().table.columns;
        while !parcel.is_empty() {
            let seals = self.seals(&parcel)?;
            for (place, (row, position)) in parcel.iter().enumerate() {
                let seals = seals.get(place).map(Vec::as_slice).unwrap_or_default();
                cells::put_row(self.tenant, columns, (row, *position), seals, &mut out);
                if out.len() >= PIECE && pieces.blocking_send(out.split().freeze()).is_err() {
                    return Ok(0);
                }
            }
            sent += parcel.len() as u64;
            parcel = work.drain(PARCEL).map_err(unfit)?;
        }
        out.put_i16(-1);
        // If nobody takes it, nobody waits for the answer either.
        let _ = pieces.blocking_send(out.freeze());
        Ok(sent)
    }

    fn seals(&self, rows: &[(Vec<Cell>, u64)]) -> Result<Vec<Vec<Seal>>, Loaded> {
        if self.model.hidden.is_empty() {
            return Ok(vec![]);
        }
        let seals = vault::seal_rows(&self.model, self.tenant, rows);
        self.runtime.block_on(seals).map_err(|error| match error {
            SealError::Keys(error) => Loaded::Failed(error.into()),
            unfit @ SealError::Unfit { .. } => Loaded::Unfit(unfit.to_string()),
        })
    }
}
