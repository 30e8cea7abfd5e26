//! From the log into a table without indexes.

use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, FoldError, Registry};
use event_store::{history::RawEvent, keys::KeyRing};
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use tokio::{runtime::Handle, sync::mpsc};
use ulid::Ulid;

use super::{Positions, Reached, Rebuild, RebuildError};
use crate::{
    Phase, StepError,
    batch::{Stretch, Taken},
    cells,
    fold::caught,
    model::Model,
    quarantine::{self, Found, Withheld},
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
        let reached = Reached { position: head.position, ..beginning };
        let withheld = self.withheld(&client, tenant).await?;
        let mut left_out = LeftOut { withheld, found: vec![], alike: false };
        loop {
            match self.load_stretch(&client, tenant, reached, &left_out).await? {
                Loaded::Rows(rows) => {
                    self.build.rows.fetch_add(rows, Ordering::Relaxed);
                    return Ok((tenant, reached));
                }
                Loaded::Panicked(found) => {
                    left_out.withheld.hold(&found);
                    left_out.found.push(found);
                }
                // Projectors that came by have found out which streams it is.
                Loaded::Unfit(_) if !left_out.alike => {
                    let of = [&**self.model].into_iter();
                    let all = quarantine::withheld(&client, of, Some(&[tenant])).await?;
                    let withheld = quarantine::left_out(&all, tenant, self.model);
                    left_out = LeftOut { withheld, found: vec![], alike: true };
                }
                Loaded::Unfit(reason) => return Err(RebuildError::Unfit { tenant, reason }),
                Loaded::Failed(error) => return Err(error.into()),
            }
        }
    }

    /// Loads one tenant up to a position.
    async fn load_stretch(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
        reached: Reached,
        left_out: &LeftOut,
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
        let withheld = left_out.withheld.clone();
        let folding = tokio::task::spawn_blocking(move || {
            let (mut work, found) = folding.fold(incoming, withheld)?;
            Ok((folding.send(&mut *work, &pieces)?, found))
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
            (Ok(()), Ok((rows, found))) => {
                if left_out.alike {
                    self.build.set_apart_alike(client, tenant).await?;
                }
                self.build
                    .set_apart(client, tenant, &[&left_out.found[..], &found[..]].concat())
                    .await?;
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

/// What is left out of a tenant's rows.
struct LeftOut {
    withheld: Withheld,
    /// What is still to be noted of it.
    found: Vec<Found>,
    /// Whether it is what projectors leave out of the table that is read.
    alike: bool,
}

/// What became of a stretch.
enum Loaded {
    /// So many rows.
    Rows(u64),
    /// Nothing: folding this event panicked.
    Panicked(Found),
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
    /// Folds all events that are not left out, and says which could not be.
    fn fold(
        &self,
        mut parcels: mpsc::Receiver<Vec<RawEvent>>,
        mut withheld: Withheld,
    ) -> Result<(Work, Vec<Found>), Loaded> {
        let mut work = self.model.entry().fold.work();
        let mut found = vec![];
        while let Some(parcel) = parcels.blocking_recv() {
            let events = Taken::from_log(&self.registry, &self.ring, self.tenant, parcel.iter());
            for event in self.runtime.block_on(events).map_err(Loaded::Failed)? {
                let is_withheld =
                    event.stream().is_some_and(|it| withheld.holds(it, event.position()));
                if !is_withheld && let Some(unfit) = Self::take(&event, &mut *work)? {
                    withheld.hold(&unfit);
                    found.push(unfit);
                }
            }
        }
        Ok((work, found))
    }

    fn take(event: &Taken, work: &mut dyn domain::kernel::Work) -> Result<Option<Found>, Loaded> {
        match event {
            Taken::Known(recorded) => match caught(|| work.apply(recorded)) {
                Ok(Ok(())) => Ok(None),
                Ok(Err(error)) => Ok(event.found(error.to_string())),
                Err(words) => Err(Loaded::Panicked(Found::of(recorded, words))),
            },
            Taken::Broken { error, .. } => Ok(event.found(error.clone())),
        }
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
