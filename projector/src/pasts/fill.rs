//! One table of one past, from the log.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use domain::kernel::Cell;
use event_store::{
    history::RawEvent,
    pg::{number, unsigned},
};
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;
use ulid::Ulid;

use super::{Pasts, Wanted};
use crate::{
    StepError,
    batch::{Stretch, Taken},
    fold::caught,
    model::{Model, params},
    quarantine::{Withheld, withheld_of},
    session::{InTransaction, is_about_rows, reason},
    stream::{self as reading, Taker},
    vault::{self, SealError},
};

/// Rows that are written at once.
const PARCEL: usize = 4_096;

/// Rows, each with the position of the last event in it.
type Rows = Vec<(Vec<Cell>, u64)>;

/// What became of a table.
enum Filled {
    /// So many rows.
    Rows(u64),
    /// Nothing, and why.
    Unfit(String),
}

impl Pasts {
    /// Fills a table, unless somebody else does. Says whether it did something.
    pub(super) async fn fill(
        &self,
        client: &ClientWrapper,
        model: &Arc<Model>,
        wanted: &Wanted,
    ) -> Result<bool, StepError> {
        // Keys that are kept in memory may be of people erased since.
        self.ring.forget(wanted.tenant);
        let transaction = InTransaction::on(client);
        client.batch_execute("BEGIN").await?;
        reading::enter(client, wanted.tenant).await?;
        if !claim(client, wanted).await? {
            client.batch_execute("ROLLBACK").await?;
            transaction.ended();
            return Ok(false);
        }
        let reader = self.pool.get().await?;
        progress(&reader, wanted, 0, None).await?;
        let filled = match self.put(client, &reader, model, wanted).await {
            // Whatever is wrong with this one, the others are not to wait for it.
            Err(error @ (StepError::Read(_) | StepError::Keys(_))) => {
                Filled::Unfit(error.to_string())
            }
            put => put?,
        };
        match filled {
            Filled::Rows(rows) => {
                let there = done(client, wanted, rows).await?;
                client.batch_execute(if there { "COMMIT" } else { "ROLLBACK" }).await?;
                transaction.ended();
                let (table, position) = (&wanted.consumer, wanted.position);
                tracing::info!(table, position, rows, "a past was put into a table");
            }
            Filled::Unfit(reason) => {
                client.batch_execute("ROLLBACK").await?;
                transaction.ended();
                tracing::error!(
                    table = wanted.consumer,
                    reason,
                    "a past cannot be put into a table"
                );
                progress(&reader, wanted, 0, Some(&reason)).await?;
            }
        }
        Ok(true)
    }

    /// Folds the log up to the moment, and writes the rows in the open
    /// transaction.
    async fn put(
        &self,
        client: &ClientWrapper,
        reader: &ClientWrapper,
        model: &Arc<Model>,
        wanted: &Wanted,
    ) -> Result<Filled, StepError> {
        match self.fold(reader, model, wanted).await? {
            Ok(rows) => write(client, model, wanted, &rows).await,
            Err(reason) => Ok(Filled::Unfit(reason)),
        }
    }

    /// Folds the log up to the moment.
    async fn fold(
        &self,
        reader: &ClientWrapper,
        model: &Arc<Model>,
        wanted: &Wanted,
    ) -> Result<Result<Rows, String>, StepError> {
        let tenant = wanted.tenant;
        let (parcels, incoming) = reading::channel();
        let taker = Taker::new(tenant, &self.registry, &self.ring);
        // What the live table lacks is left out here, too.
        let withheld = withheld_of(reader, &model.consumer, model, tenant).await?;
        let folded = model.clone();
        let folding =
            tokio::task::spawn_blocking(move || fold(&folded, &taker, &withheld, incoming));
        let types = model.entry().fold.sources();
        for chunk in reading::chunks(Stretch { tenant, after: 0, until: wanted.position }) {
            if parcels.is_closed() {
                break;
            }
            reading::chunk(reader, self.ring.history(), chunk, types, &parcels).await?;
            progress(reader, wanted, chunk.until, None).await?;
        }
        drop(parcels);
        match folding.await {
            Ok(Ok(rows)) => Ok(Ok(rows)),
            Ok(Err(Broken::Unfit(reason))) => Ok(Err(reason)),
            Ok(Err(Broken::Failed(error))) => Err(error),
            Err(error) => Ok(Err(format!("folding broke off: {error}"))),
        }
    }
}

fn ids(wanted: &Wanted) -> (uuid::Uuid, uuid::Uuid) {
    (event_store::pg::uuid(wanted.tenant), event_store::pg::uuid(wanted.past))
}

/// Whether nobody else fills the table, nor has done so meanwhile.
async fn claim(client: &ClientWrapper, wanted: &Wanted) -> Result<bool, StepError> {
    let (tenant, past) = ids(wanted);
    let lock = client.prepare_cached(include_str!("../sql/past_lock.sql")).await?;
    if !client.query_one(&lock, &[&past, &wanted.consumer]).await?.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    // Looked at once nobody else writes it.
    let statement = client.prepare_cached(include_str!("../sql/past_claim.sql")).await?;
    let row = client.query_opt(&statement, &[&tenant, &past, &wanted.consumer]).await?;
    let Some(row) = row else { return Ok(false) };
    let filled: Option<i64> = row.try_get(0)?;
    Ok(filled.map(unsigned) != Some(wanted.erasures))
}

/// Notes that a table is filled. False if the past is gone meanwhile.
async fn done(client: &ClientWrapper, wanted: &Wanted, rows: u64) -> Result<bool, StepError> {
    let (tenant, past) = ids(wanted);
    let statement = client.prepare_cached(include_str!("../sql/past_filled.sql")).await?;
    let (end, rows, erasures) = (number(wanted.position), number(rows), number(wanted.erasures));
    let params: [&(dyn ToSql + Sync); 6] =
        [&tenant, &past, &wanted.consumer, &end, &rows, &erasures];
    Ok(client.execute(&statement, &params).await? > 0)
}

/// Tells how far it is.
async fn progress(
    client: &ClientWrapper,
    wanted: &Wanted,
    folded: u64,
    error: Option<&str>,
) -> Result<(), StepError> {
    let (tenant, past) = ids(wanted);
    let statement = client.prepare_cached(include_str!("../sql/past_progress.sql")).await?;
    let params: [&(dyn ToSql + Sync); 5] =
        [&tenant, &past, &wanted.consumer, &number(folded), &error];
    client.execute(&statement, &params).await?;
    Ok(())
}

/// Writes all rows in the open transaction, in the place of those there were.
async fn write(
    client: &ClientWrapper,
    model: &Model,
    wanted: &Wanted,
    rows: &[(Vec<Cell>, u64)],
) -> Result<Filled, StepError> {
    let (_, past) = ids(wanted);
    client.execute(&model.table.remove_all, &[&past]).await?;
    let put = client.prepare_cached(&model.table.put).await?;
    for parcel in rows.chunks(PARCEL) {
        let seals = match seals(model, wanted.tenant, parcel).await? {
            Ok(seals) => seals,
            Err(reason) => return Ok(Filled::Unfit(reason)),
        };
        let columns = model.columns(parcel, &seals);
        match client.execute(&put, &params(&past, &columns)).await {
            Ok(_) => {}
            Err(error) if is_about_rows(&error) => return Ok(Filled::Unfit(reason(&error))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Filled::Rows(rows.len() as u64))
}

type Seals = Vec<Vec<vault::Seal>>;

async fn seals(
    model: &Model,
    tenant: Ulid,
    rows: &[(Vec<Cell>, u64)],
) -> Result<Result<Seals, String>, StepError> {
    match vault::seal_rows(model, tenant, rows).await {
        Ok(seals) => Ok(Ok(seals)),
        Err(SealError::Keys(error)) => Err(error.into()),
        Err(unfit @ SealError::Unfit { .. }) => Ok(Err(unfit.to_string())),
    }
}

/// Why nothing was folded.
enum Broken {
    Unfit(String),
    Failed(StepError),
}

impl From<StepError> for Broken {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}

/// Folds all events that are not left out, on a thread of its own.
fn fold(
    model: &Model,
    taker: &Taker,
    withheld: &Withheld,
    parcels: mpsc::Receiver<Vec<RawEvent>>,
) -> Result<Rows, Broken> {
    let mut work = model.entry().fold.work();
    taker.each(parcels, |event| {
        if withheld.holds(&event) {
            return Ok(());
        }
        let folded = match &event {
            Taken::Known(event) => caught(|| work.apply(event))
                .and_then(|applied| applied.map_err(|error| error.to_string())),
            Taken::Broken { error, .. } => Err(error.clone()),
        };
        let position = event.position();
        folded.map_err(|error| Broken::Unfit(format!("the event at position {position}: {error}")))
    })?;
    work.rows().map_err(|unfit| Broken::Unfit(unfit.to_string()))
}
