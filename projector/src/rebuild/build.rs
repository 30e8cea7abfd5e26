//! What the database knows of a build, so that it can be interrupted.
//!
//! A tenant's rows are written together with a note of how far its log was
//! folded for them. Whoever takes up an interrupted build leaves those tenants
//! alone, and begins the others anew, of whom there is nothing in the table.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use deadpool_postgres::ClientWrapper;
use event_store::pg::{number, ulid, unsigned, uuid};
use tokio::sync::Notify;
use tokio_postgres::{Error, GenericClient, types::ToSql};
use ulid::Ulid;

use super::{Positions, Reached, RebuildError};
use crate::{
    Phase,
    quarantine::{Columns, Found},
    tables::{Definition, are_alike, columns_of},
};

/// How often it is told how far a build has come, and asked whether it may go
/// on.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// One table that is being built.
pub(super) struct Build {
    consumer: String,
    /// Under which name streams are quarantined until the table is in place.
    pub(super) quarantine: String,
    /// The rows of the tenants that are done.
    pub(super) rows: AtomicU64,
    paused: AtomicBool,
    resumed: Notify,
}

impl Build {
    /// Takes up what was interrupted, or begins with an empty table.
    pub(super) async fn begin(
        client: &ClientWrapper,
        consumer: &str,
        definition: &Definition<'_>,
        anew: bool,
    ) -> Result<(Self, Positions), Error> {
        let take_up = include_str!("../sql/take_up.sql");
        let known = client.query_opt(take_up, &[&consumer]).await?;
        let paused = known.as_ref().map(|row| row.try_get(0)).transpose()?.unwrap_or(false);
        let found = columns_of(&**client, &definition.name()).await?;
        let is_begun = known.is_some() && are_alike(&found, &definition.columns()) && !anew;
        let build = Self {
            consumer: consumer.to_owned(),
            quarantine: format!("{consumer}.building"),
            rows: AtomicU64::new(0),
            paused: AtomicBool::new(paused && is_begun),
            resumed: Notify::new(),
        };
        if !is_begun {
            let (drop, create) = (definition.drop(), definition.create());
            let name = crate::tables::literal(consumer);
            let quarantine = crate::tables::literal(&build.quarantine);
            // One message, one transaction.
            let begin = format!(
                "{drop}DELETE FROM log.builds WHERE consumer = {name};
                 DELETE FROM log.quarantined_streams WHERE consumer = {quarantine};
                 {create}INSERT INTO log.builds (consumer, phase) VALUES ({name}, 'folding');"
            );
            client.batch_execute(&begin).await?;
        }
        let done = build.done(client).await?;
        Ok((build, done))
    }

    /// The tenants whose rows are in the table.
    async fn done(&self, client: &ClientWrapper) -> Result<Positions, Error> {
        let sql = "SELECT tenant_id, position, erasures, rows FROM log.built_tenants
            WHERE consumer = $1";
        let mut done = Positions::new();
        for row in client.query(sql, &[&self.consumer]).await? {
            let (position, erasures) = (unsigned(row.try_get(1)?), unsigned(row.try_get(2)?));
            done.insert(ulid(row.try_get(0)?), Reached { position, erasures });
            self.rows.fetch_add(unsigned(row.try_get(3)?), Ordering::Relaxed);
        }
        Ok(done)
    }

    /// Notes, in the open transaction, that a tenant's rows are in the table.
    pub(super) async fn note(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
        reached: Reached,
        rows: u64,
    ) -> Result<(), Error> {
        let statement = client.prepare_cached(include_str!("../sql/note.sql")).await?;
        let Reached { position, erasures } = reached;
        let (tenant, position, erasures) = (uuid(tenant), number(position), number(erasures));
        client
            .execute(&statement, &[&self.consumer, &tenant, &position, &erasures, &number(rows)])
            .await
            .map(drop)
    }

    /// Tells how far it is, and learns whether it may go on.
    pub(super) async fn tell(
        &self,
        client: &impl GenericClient,
        phase: Phase,
        (done, total): (u64, u64),
    ) -> Result<(), Error> {
        let (done, total) = (number(done), number(total));
        let rows = number(self.rows.load(Ordering::Relaxed));
        let phase = phase.to_string();
        let told = include_str!("../sql/tell.sql");
        let row = client.query_opt(told, &[&self.consumer, &phase, &done, &total, &rows]).await?;
        let paused = row.map(|row| row.try_get(0)).transpose()?.unwrap_or(false);
        if self.paused.swap(paused, Ordering::Relaxed) && !paused {
            self.resumed.notify_waiters();
        }
        Ok(())
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    /// Waits as long as somebody wants it to.
    pub(super) async fn may_go_on(&self) {
        loop {
            let resumed = self.resumed.notified();
            if !self.is_paused() {
                return;
            }
            resumed.await;
        }
    }

    /// Keeps in the new table's quarantine, in the open transaction, what could
    /// not be folded into it.
    pub(super) async fn set_apart(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
        found: &[Found],
    ) -> Result<(), Error> {
        let statement = client.prepare_cached(include_str!("../sql/quarantine.sql")).await?;
        let mut columns = Columns::default();
        for found in found {
            columns.push(&self.quarantine, tenant, found);
        }
        columns.execute(client, &statement).await.map(drop)
    }

    /// Takes over, in the open transaction, what projectors have set apart of a
    /// tenant.
    pub(super) async fn set_apart_alike(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
    ) -> Result<(), Error> {
        let statement = client.prepare_cached(include_str!("../sql/set_apart_alike.sql")).await?;
        let params: [&(dyn ToSql + Sync); 3] = [&self.consumer, &self.quarantine, &uuid(tenant)];
        client.execute(&statement, &params).await.map(drop)
    }

    /// A stream that cannot be folded into the new table, but can be into the
    /// one that readers see, if there is one.
    pub(super) async fn newly_set_apart(
        &self,
        client: &ClientWrapper,
        shown: &str,
    ) -> Result<Option<RebuildError>, Error> {
        let sql = include_str!("../sql/newly_set_apart.sql");
        let Some(row) = client.query_opt(sql, &[&self.quarantine, &shown]).await? else {
            return Ok(None);
        };
        let (tenant, position) = (ulid(row.try_get(0)?), unsigned(row.try_get(1)?));
        Ok(Some(RebuildError::Stuck { tenant, position, reason: row.try_get(2)? }))
    }

    /// The new table's quarantine takes the place of the old one's, in the
    /// transaction in which the table does.
    pub(super) async fn replace_quarantine(&self, client: &ClientWrapper) -> Result<(), Error> {
        for sql in [
            include_str!("../sql/carry_over.sql"),
            "DELETE FROM log.quarantined_streams WHERE consumer = $1 AND $2 <> $1",
            "UPDATE log.quarantined_streams SET consumer = $1 WHERE consumer = $2",
        ] {
            client.execute(sql, &[&self.consumer, &self.quarantine]).await?;
        }
        Ok(())
    }

    /// Forgets it: the table is in place.
    pub(super) async fn forget(&self, client: &impl GenericClient) -> Result<(), Error> {
        let sql = "DELETE FROM log.builds WHERE consumer = $1";
        client.execute(sql, &[&self.consumer]).await.map(drop)
    }
}

/// The indexes that a table has.
pub(super) async fn indexes_of(
    client: &ClientWrapper,
    table: &str,
) -> Result<BTreeSet<String>, Error> {
    let sql = "SELECT indexname::text FROM pg_catalog.pg_indexes
        WHERE schemaname = 'read' AND tablename = $1";
    client.query(sql, &[&table]).await?.iter().map(|row| row.try_get(0)).collect()
}
