//! Writing down what was folded: rows and checkpoints in one transaction.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use event_store::pg::{Fence, number, ulid};
use tokio_postgres::{Error, Row, Statement, error::SqlState, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use crate::{
    cells::Array,
    fold::Folded,
    model::params,
    quarantine::Writing,
    session::{ENTER, InTransaction, Pipeline},
};

/// When the checkpoints that were moved came to where they are now, by tenant
/// and consumer. Those that are missing had been moved by somebody else.
pub(crate) type Moved = HashMap<(Ulid, String), DateTime<Utc>>;

/// A statement with its arguments, ready to be sent.
pub(crate) struct Ready {
    statement: Statement,
    tenant: Uuid,
    arrays: Vec<Array>,
}

/// What a projector holds while it writes, others wait for, even to take over
/// from it. One that falls silent in the middle shall not keep them waiting.
const BEGIN: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '3s'";

/// The statements that no table makes its own.
struct Shared {
    enter: Statement,
    share: Statement,
    advance: Statement,
    recover: Statement,
    quarantine: Writing,
}

/// Moves the checkpoints of all that was folded and writes the rows of those
/// that could be moved: whoever lost a race, or a lease, writes nothing.
///
/// Two round trips: the rows are sent once it is known whose turn it is.
pub(crate) async fn write(
    client: &ClientWrapper,
    folded: &[Folded],
    fence: &Fence,
) -> Result<Moved, Error> {
    if folded.is_empty() {
        return Ok(Moved::new());
    }
    let shared = Shared::prepare(client).await?;
    let mut ready = vec![];
    for folded in folded {
        ready.push(prepare(client, folded).await?);
    }
    let transaction = InTransaction::on(client);
    let moved = shared.move_checkpoints(client, folded, fence).await?;
    let mut rows = Pipeline::new();
    let mut entered = None;
    for (folded, ready) in folded.iter().zip(&ready) {
        let tenant = folded.job.stretch.tenant;
        if ready.is_empty() || !moved.contains_key(&folded.key()) {
            continue;
        }
        if entered.replace(tenant) != Some(tenant) {
            rows.send(shared.enter(client, tenant)).await;
        }
        for statement in ready {
            rows.send(statement.execute(client)).await;
        }
    }
    rows.send(shared.recover(client, folded, &moved)).await;
    rows.send(shared.quarantine.lift(client, folded, &moved)).await;
    rows.send(shared.quarantine.quarantine(client, folded, &moved)).await;
    rows.send(async { client.batch_execute("COMMIT").await.map(|()| 0) }).await;
    let answers = rows.answers().await;
    transaction.ended();
    first_error(answers)?;
    Ok(moved)
}

/// After the first error, the others only say that there was one.
pub(crate) fn first_error(answers: Vec<Result<u64, Error>>) -> Result<(), Error> {
    let mut aborted = Ok(());
    for answer in answers {
        match answer {
            Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => {
                aborted = Err(error);
            }
            answer => answer.map(drop)?,
        }
    }
    aborted
}

/// Makes the statements ready that write a job's rows.
pub(crate) async fn prepare(client: &ClientWrapper, folded: &Folded) -> Result<Vec<Ready>, Error> {
    let model = &folded.job.model;
    let tenant = event_store::pg::uuid(folded.job.stretch.tenant);
    let mut ready = vec![];
    if !folded.changes.put.is_empty() {
        let statement = client.prepare_cached(&model.table.put).await?;
        let arrays = model.columns(&folded.changes.put, &folded.seals);
        ready.push(Ready { statement, tenant, arrays });
    }
    if !folded.changes.removed.is_empty() {
        let statement = client.prepare_cached(&model.table.remove).await?;
        ready.push(Ready { statement, tenant, arrays: model.keys(&folded.changes.removed) });
    }
    Ok(ready)
}

impl Ready {
    pub(crate) async fn execute(&self, client: &ClientWrapper) -> Result<u64, Error> {
        client.execute(&self.statement, &params(&self.tenant, &self.arrays)).await
    }
}

impl Shared {
    async fn prepare(client: &ClientWrapper) -> Result<Self, Error> {
        Ok(Self {
            enter: client.prepare_cached(ENTER).await?,
            share: client.prepare_cached(include_str!("sql/share.sql")).await?,
            advance: client.prepare_cached(include_str!("sql/move.sql")).await?,
            recover: client.prepare_cached(include_str!("sql/recover.sql")).await?,
            quarantine: Writing::prepare(client).await?,
        })
    }

    /// Makes the transaction see and write the rows of a tenant.
    async fn enter(&self, client: &ClientWrapper, tenant: Ulid) -> Result<u64, Error> {
        let tenant = event_store::pg::uuid(tenant).to_string();
        client.execute(&self.enter, &[&tenant]).await
    }

    /// Begins the transaction and moves the checkpoints that are where they
    /// were.
    async fn move_checkpoints(
        &self,
        client: &ClientWrapper,
        folded: &[Folded],
        fence: &Fence,
    ) -> Result<Moved, Error> {
        let jobs = || folded.iter().map(|folded| &folded.job);
        let consumers: Vec<&str> = jobs().map(|job| &*job.model.consumer).collect();
        let tenants: Vec<Uuid> =
            jobs().map(|job| event_store::pg::uuid(job.stretch.tenant)).collect();
        let from: Vec<i64> = jobs().map(|job| number(job.stretch.after)).collect();
        let since: Vec<DateTime<Utc>> = jobs().map(|job| job.since).collect();
        let to: Vec<i64> = jobs().map(|job| number(job.stretch.until)).collect();
        let erasures: Vec<i64> = jobs().map(|job| number(job.erasures)).collect();
        let tenant = jobs().next().map(|job| job.stretch.tenant).unwrap_or_default();
        let distinct: Vec<&str> =
            consumers.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let mut moves: Vec<&(dyn ToSql + Sync)> =
            vec![&consumers, &tenants, &from, &since, &to, &erasures];
        moves.extend(fence.params());
        let share: [&(dyn ToSql + Sync); 1] = [&distinct];
        let (begun, entered, held, advanced) = tokio::join!(
            biased;
            client.batch_execute(BEGIN),
            self.enter(client, tenant),
            client.execute(&self.share, &share),
            client.query(&self.advance, &moves),
        );
        begun?;
        entered?;
        held?;
        let row = |row: &Row| {
            let tenant = ulid(row.try_get(1)?);
            Ok(((tenant, row.try_get(0)?), row.try_get(2)?))
        };
        advanced?.iter().map(row).collect()
    }

    /// Forgets the failures that were got past.
    async fn recover(
        &self,
        client: &ClientWrapper,
        folded: &[Folded],
        moved: &Moved,
    ) -> Result<u64, Error> {
        let (consumers, tenants): (Vec<&str>, Vec<Uuid>) = folded
            .iter()
            .filter(|folded| folded.recovered() && moved.contains_key(&folded.key()))
            .map(|folded| {
                let tenant = event_store::pg::uuid(folded.job.stretch.tenant);
                (&*folded.job.model.consumer, tenant)
            })
            .unzip();
        if consumers.is_empty() {
            return Ok(0);
        }
        client.execute(&self.recover, &[&consumers, &tenants]).await
    }
}
