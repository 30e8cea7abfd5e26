//! The log in PostgreSQL.

mod batch;
mod committer;
mod failure;
mod leases;
mod metrics;
mod migrate;
mod queue;
mod read;
mod session;
mod signals;
mod snapshots;
mod tending;
mod trouble;
mod values;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool_postgres::Pool;
use tokio_postgres::{Row, types::ToSql};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

pub use committer::CommitSettings;
pub use leases::{Fence, Held, LeaseError, Leases, SHARDS, shard};
pub use migrate::{MigrateError, SCHEMA, Tenant, migrate, provision, tenants};
pub(crate) use read::actor_and_reason;
pub use session::TenantRead;
pub(crate) use session::{
    client as session_client, excerpt, failed, moment, moment_of, read as read_as,
};
pub use signals::{Channel, Signals};
pub use tending::Tending;
pub use trouble::Trouble;
pub use values::{number, ulid, unsigned, uuid};

use crate::{
    Append, AppendError, Appended, GroupError, Limits, Log, ReadError, StoredEvent, StoredSnapshot,
    Subscription, Wakeups,
    group::Group,
    history::{History, Part, RawEvent, Stretch},
    keys::{KeyEncryption, KeyError, KeyRing, NoKeys},
};
use committer::Committer;

/// How a [`PgLog`] works.
#[derive(Clone, Debug)]
pub struct PgLogSettings {
    /// How appends share commits.
    pub commit: CommitSettings,
    /// How large one append may be.
    pub limits: Limits,
    /// How often subscribers look without being woken.
    pub poll: Duration,
    /// What encrypts the keys of personal data.
    pub keys: Arc<dyn KeyEncryption>,
    /// What reads events back.
    pub history: History,
}

impl Default for PgLogSettings {
    fn default() -> Self {
        Self {
            commit: CommitSettings::default(),
            limits: Limits::default(),
            poll: Duration::from_millis(500),
            keys: Arc::new(NoKeys),
            history: History::default(),
        }
    }
}

/// The log in PostgreSQL, with appends that share commits.
#[derive(Debug)]
pub struct PgLog {
    pool: Pool,
    committer: Committer,
    wakeups: Wakeups,
    limits: Limits,
    keys: Arc<KeyRing>,
}

impl PgLog {
    /// Opens the log over a pool whose sessions have the role
    /// `tenantry_command` or `tenantry_worker`, or, for reading alone, that of
    /// any service. Appends that are under way when `shutdown` is cancelled
    /// are finished; later ones are refused.
    #[must_use]
    pub fn start(
        pool: Pool,
        signals: &Signals,
        settings: &PgLogSettings,
        shutdown: &CancellationToken,
    ) -> Arc<Self> {
        let wakeups = Wakeups::new(settings.poll);
        signals.wake_on_appends(wakeups.clone());
        let keys = KeyRing::new(pool.clone(), settings.keys.clone());
        let keys = Arc::new(keys.with_history(settings.history.clone()));
        let kept = Arc::downgrade(&keys);
        signals.on_erasure(move |tenant| kept.upgrade().map(|keys| keys.forget(tenant)).is_some());
        Arc::new(Self {
            committer: Committer::start(&pool, signals, &settings.commit, shutdown),
            pool,
            wakeups,
            limits: settings.limits,
            keys,
        })
    }

    /// The keys of personal data, as this log reads them.
    #[must_use]
    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.keys
    }

    async fn rows(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ReadError> {
        session::read(&self.pool, tenant, sql, params).await
    }

    async fn opened(&self, tenant: Ulid, raw: &[RawEvent]) -> Result<Vec<StoredEvent>, ReadError> {
        let mut events: Vec<_> = raw.iter().map(RawEvent::stored).collect::<Result<_, _>>()?;
        self.keys.open_events(tenant, &mut events).await?;
        Ok(events)
    }

    /// Stores a group with personal data in it, sealed. Should somebody else
    /// make a person's key at the same moment, theirs counts.
    async fn append_sealed(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError> {
        let whole = |error: KeyError| GroupError { index: 0, error: error.into() };
        let mut attempts = 3;
        loop {
            attempts -= 1;
            let mut sealed = group.clone();
            self.keys.seal(&mut sealed).await.map_err(whole)?;
            match self.committer.append(Group::new(sealed, &self.limits)?).await {
                Err(GroupError { error: AppendError::KeyExists(_), .. }) if attempts > 0 => {
                    for append in &group {
                        self.keys.forget(append.tenant);
                    }
                }
                answer => return answer,
            }
        }
    }
}

#[async_trait]
impl Log for PgLog {
    async fn append_all(&self, group: Vec<Append>) -> Result<Vec<Appended>, GroupError> {
        if group.iter().any(Append::is_personal) {
            return self.append_sealed(group).await;
        }
        self.committer.append(Group::new(group, &self.limits)?).await
    }

    async fn read_stream(
        &self,
        tenant: Ulid,
        stream: Ulid,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let limit = limit as u64;
        let part = Part { tenant, stream, after: after_version, until: u64::MAX, limit };
        let client = session::client(&self.pool).await?;
        let session = TenantRead { client: &client, tenant };
        let raw = self.keys.history().stream(&session, part).await?;
        // Keys are looked up over the same pool.
        drop(client);
        self.opened(tenant, &raw).await
    }

    async fn read_tenant(
        &self,
        tenant: Ulid,
        after_position: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let limit = limit as u64;
        let (after, until) = (after_position, u64::MAX);
        let stretch = Stretch { tenant, after, until, types: None, limit };
        let client = session::client(&self.pool).await?;
        let session = TenantRead { client: &client, tenant };
        let raw = self.keys.history().stretch(&session, stretch).await?;
        drop(client);
        self.opened(tenant, &raw).await
    }

    async fn head(&self, tenant: Ulid) -> Result<u64, ReadError> {
        let sql = "SELECT position FROM log.heads WHERE tenant_id = $1";
        let rows = self.rows(tenant, sql, &[&uuid(tenant)]).await?;
        Ok(rows.first().map_or(0, |row| unsigned(row.get(0))))
    }

    async fn series(&self, tenant: Ulid, names: &[String]) -> Result<Vec<u64>, ReadError> {
        let sql = include_str!("sql/series.sql");
        let rows = self.rows(tenant, sql, &[&uuid(tenant), &names]).await?;
        Ok(rows.iter().map(|row| unsigned(row.get(0))).collect())
    }

    async fn outcome(
        &self,
        tenant: Ulid,
        command_id: Ulid,
    ) -> Result<Option<([u8; 32], Ulid, Appended)>, ReadError> {
        let sql = include_str!("sql/outcome.sql");
        let rows = self.rows(tenant, sql, &[&uuid(tenant), &uuid(command_id)]).await?;
        rows.first().map(read::outcome).transpose()
    }

    async fn snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
    ) -> Result<Option<StoredSnapshot>, ReadError> {
        self.read_snapshot(tenant, stream).await
    }

    async fn store_snapshot(
        &self,
        tenant: Ulid,
        stream: Ulid,
        snapshot: StoredSnapshot,
    ) -> Result<(), ReadError> {
        self.write_snapshot(tenant, stream, snapshot).await
    }

    fn subscribe(&self) -> Subscription {
        self.wakeups.subscribe()
    }
}
