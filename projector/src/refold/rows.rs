//! What is different in rows that were folded again.

use std::{collections::HashMap, pin::pin, sync::Arc};

use bytes::BytesMut;
use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, Changes};
use event_store::keys::KeyError;
use futures_util::TryStreamExt;
use ulid::Ulid;

use super::part::{Rows, Share};
use crate::{
    StepError,
    batch::{Batch, Stretch},
    fold::{Folded, Job},
    model::{Model, params},
    quarantine::LeftOut,
    session::{InTransaction, read_as},
    stream,
    vault::{self, SealError, StoredRow},
};

/// Rows of a table that are compared at once.
const PARCEL: usize = 512;

/// Why rows that were folded again cannot be written.
pub(super) enum Unwritable {
    Step(StepError),
    Rows { read_model: &'static str, reason: String },
}

impl From<tokio_postgres::Error> for Unwritable {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Step(error.into())
    }
}

impl From<KeyError> for Unwritable {
    fn from(error: KeyError) -> Self {
        Self::Step(error.into())
    }
}

impl Share {
    /// What is to be written.
    pub(super) async fn folded(
        mut self,
        client: &ClientWrapper,
        tenant: Ulid,
    ) -> Result<Folded, Unwritable> {
        let read_model = self.model.entry().name;
        let unwritable = |reason: String| Unwritable::Rows { read_model, reason };
        if let Some(reason) = self.unfit {
            return Err(unwritable(reason));
        }
        let verdict = self.verdict();
        let rows = self.work.rows().map_err(|unfit| unwritable(unfit.to_string()))?;
        let mut fresh = Fresh::new(&self.model, rows);
        match &self.rows {
            Rows::None => {}
            Rows::Of(keys) => fresh.compare_keys(client, tenant, keys).await?,
            Rows::All => fresh.compare_all(client, tenant).await?,
        }
        let changes = fresh.changes();
        let seals = vault::seal_rows(&self.model, tenant, &changes.put).await;
        let seals = seals.map_err(|error| match error {
            SealError::Keys(error) => error.into(),
            unfit @ SealError::Unfit { .. } => unwritable(unfit.to_string()),
        })?;
        let position = self.standing.position;
        let job = Job {
            model: self.model,
            stretch: Stretch { tenant, after: position, until: position },
            since: self.since,
            head: self.standing.head,
            failure: self.standing.failure,
            erasures: self.standing.erasures,
            left_out: LeftOut::default(),
            batch: Arc::new(Batch::default()),
        };
        Ok(Folded { job, changes, seals, events: 0, verdict, stopped: None })
    }
}

/// Rows as they should be, as far as they have not been compared yet.
struct Fresh<'a> {
    model: &'a Model,
    rows: HashMap<BytesMut, (Vec<Cell>, u64)>,
    changes: Changes,
}

impl<'a> Fresh<'a> {
    fn new(model: &'a Model, rows: Vec<(Vec<Cell>, u64)>) -> Self {
        let rows = rows.into_iter().map(|row| (model.key_bytes(&row.0), row)).collect();
        Self { model, rows, changes: Changes::default() }
    }

    async fn compare_keys(
        &mut self,
        client: &ClientWrapper,
        tenant: Ulid,
        keys: &[Vec<Cell>],
    ) -> Result<(), Unwritable> {
        let uuid = event_store::pg::uuid(tenant);
        let keys = self.model.keys(keys);
        let stored = read_as(client, tenant, &self.model.table.load, &params(&uuid, &keys)).await?;
        self.compare(tenant, &stored).await
    }

    async fn compare_all(
        &mut self,
        client: &ClientWrapper,
        tenant: Ulid,
    ) -> Result<(), Unwritable> {
        let statement = client.prepare_cached(&self.model.table.all).await?;
        let transaction = InTransaction::on(client);
        client.batch_execute("BEGIN READ ONLY").await?;
        stream::enter(client, tenant).await?;
        {
            let stored = client.query_raw(&statement, [event_store::pg::uuid(tenant)]).await?;
            let mut parcels = pin!(stored.try_chunks(PARCEL));
            while let Some(parcel) = parcels.try_next().await.map_err(|error| error.1)? {
                self.compare(tenant, &parcel).await?;
            }
        }
        client.batch_execute("COMMIT").await?;
        transaction.ended();
        Ok(())
    }

    async fn compare(
        &mut self,
        tenant: Ulid,
        stored: &[tokio_postgres::Row],
    ) -> Result<(), Unwritable> {
        for row in vault::open_rows(self.model, tenant, stored).await? {
            let read_model = self.model.entry().name;
            let row =
                row.map_err(|error| Unwritable::Rows { read_model, reason: error.to_string() })?;
            self.take(&row);
        }
        Ok(())
    }

    fn take(&mut self, stored: &StoredRow) {
        match self.rows.remove(&self.model.key_bytes(&stored.cells)) {
            None => self.changes.removed.push(self.model.key_of(&stored.cells)),
            Some((cells, position)) => {
                let is_same = cells == stored.cells && position == stored.position;
                if stored.withered || !is_same {
                    self.changes.put.push((cells, position));
                }
            }
        }
    }

    /// What is to be changed in the table. What it did not have is new.
    fn changes(self) -> Changes {
        let Self { rows, mut changes, .. } = self;
        changes.put.extend(rows.into_values());
        changes
    }
}
