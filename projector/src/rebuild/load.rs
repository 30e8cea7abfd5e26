//! From the log into a table without indexes.

use std::{
    pin::pin,
    sync::{Arc, atomic::Ordering},
};

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, FoldError};
use event_store::history::RawEvent;
use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use ulid::Ulid;

use super::{Positions, Reached, Rebuild, RebuildError};
use crate::{
    Phase, StepError,
    batch::{Stretch, Taken},
    cells,
    fold::caught,
    model::Model,
    quarantine::{Found, LeftOut, withheld_of},
    session::{InTransaction, is_about_rows, reason},
    stream::{self as reading, Taker},
    vault::{self, Seal, SealError},
};

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
        let mut left_out = self.left_out(&client, tenant).await?;
        // Whether that is what projectors leave out of the table that is read.
        let mut alike = false;
        loop {
            match self.load_stretch(&client, tenant, reached, (&left_out, alike)).await? {
                Loaded::Rows(rows) => {
                    self.build.rows.fetch_add(rows, Ordering::Relaxed);
                    return Ok((tenant, reached));
                }
                Loaded::Panicked(found) => left_out.add(found),
                // Projectors that came by have found out which streams it is.
                Loaded::Unfit(_) if !alike => {
                    let consumer = &self.model.consumer;
                    left_out = withheld_of(&client, consumer, self.model, tenant).await?.into();
                    alike = true;
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
        (left_out, alike): (&LeftOut, bool),
    ) -> Result<Loaded, RebuildError> {
        let (parcels, incoming) = reading::channel();
        let (pieces, outgoing) = mpsc::channel(8);
        let taker = Taker::new(tenant, &self.registry, &self.ring);
        let folding = Folding { tenant, model: self.model.clone(), taker };
        let anew = left_out.clone();
        let folding = tokio::task::spawn_blocking(move || {
            let (mut work, found) = folding.fold(incoming, anew)?;
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
                if alike {
                    self.build.set_apart_alike(client, tenant).await?;
                }
                self.build.set_apart(client, tenant, &found).await?;
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
        for chunk in reading::chunks(stretch) {
            self.build.may_go_on().await;
            if parcels.is_closed() {
                break;
            }
            reading::chunk(client, self.ring.history(), chunk, types, &parcels).await?;
            self.report.add(Phase::Folding, chunk.until - chunk.after);
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
    /// Nothing: folding this event panicked.
    Panicked(Found),
    /// Nothing: rows cannot be written.
    Unfit(String),
    /// Nothing: the database or the keys are away.
    Failed(StepError),
}

impl From<StepError> for Loaded {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}

/// What happens on a thread of its own.
struct Folding {
    tenant: Ulid,
    model: Arc<Model>,
    taker: Taker,
}

type Work = Box<dyn domain::kernel::Work>;

impl Folding {
    /// Folds all events that are not left out, and says of which streams not
    /// all could be.
    fn fold(
        &self,
        parcels: mpsc::Receiver<Vec<RawEvent>>,
        mut left_out: LeftOut,
    ) -> Result<(Work, Vec<Found>), Loaded> {
        let mut work = self.model.entry().fold.work();
        self.taker.each(parcels, |event| {
            if !left_out.holds(&event) {
                Self::take(&event, &mut *work)?.into_iter().for_each(|found| left_out.add(found));
            }
            Ok::<_, Loaded>(())
        })?;
        Ok((work, left_out.found))
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
        self.taker.runtime.block_on(seals).map_err(|error| match error {
            SealError::Keys(error) => Loaded::Failed(error.into()),
            unfit @ SealError::Unfit { .. } => Loaded::Unfit(unfit.to_string()),
        })
    }
}
