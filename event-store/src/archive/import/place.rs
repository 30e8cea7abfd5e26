//! Where an import stands, kept in the database.

use tokio_postgres::{Client, IsolationLevel, Row, Transaction};
use ulid::Ulid;
use uuid::Uuid;

use super::Target;
use crate::{
    TenantId,
    archive::{
        ArchiveError, ArchiveStore, KeySource,
        check::{Checked, tenant},
        keys,
        session::{OWNER, act_as, begin},
    },
    keys::KeyRing,
    pg::{number, ulid, unsigned, uuid},
};

/// An import under way.
pub(super) struct Place {
    pub(super) tenant: Ulid,
    /// The tenant that the archive was made from.
    pub(super) source: Uuid,
    /// The tenant's name.
    pub(super) name: String,
    /// Whether it is the tenant that the archive was made from.
    pub(super) same: bool,
    /// Up to here events are in.
    pub(super) position: u64,
    /// Up to here they are to be.
    pub(super) until: u64,
}

impl Place {
    /// Begins an import, or goes on with one that did not end.
    pub(super) async fn take(
        client: &mut Client,
        store: &ArchiveStore,
        checked: &Checked,
        to: &Target,
        until: u64,
    ) -> Result<Self, ArchiveError> {
        let manifest = &checked.manifest;
        let source = tenant(store, manifest)?;
        let (target, name) = match to {
            Target::Same => (ulid(source), manifest.tenant.name.clone()),
            Target::Id(id) => (*id, manifest.tenant.name.clone()),
            Target::Name(name) => (unfinished(client, source, name).await?, name.clone()),
        };
        let mut place =
            Self { tenant: target, source, name, same: uuid(target) == source, position: 0, until };
        let transaction = begin(client, target, IsolationLevel::ReadCommitted).await?;
        let found =
            transaction.query_opt(include_str!("../sql/import.sql"), &[&uuid(target)]).await?;
        match found {
            Some(found) => place.go_on(source, &found)?,
            None => place.begin(&transaction, source).await?,
        }
        transaction.commit().await?;
        Ok(place)
    }

    /// Goes on with an import of the same archive.
    fn go_on(&mut self, source: Uuid, found: &Row) -> Result<(), ArchiveError> {
        let (of, until): (Uuid, i64) = (found.try_get(0)?, found.try_get(1)?);
        let until = unsigned(until);
        if of != source || until != self.until {
            let (tenant, of) = (TenantId(self.tenant), TenantId(ulid(of)));
            return Err(ArchiveError::refused(format!(
                "an import of {of} up to position {until} into {tenant} has not ended: go on with \
                 it by --until {until}, or give it up by `tenantry tenant import --abandon {tenant}`"
            )));
        }
        self.position = unsigned(found.try_get(2)?);
        Ok(())
    }

    /// Begins a new one, in a tenant that has nothing.
    async fn begin(&self, transaction: &Transaction<'_>, source: Uuid) -> Result<(), ArchiveError> {
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&uuid(self.tenant)];
        let found = transaction.query_one(include_str!("../sql/occupied.sql"), &params).await?;
        let (events, folded): (i64, Option<String>) = (found.try_get(0)?, found.try_get(1)?);
        let tenant = TenantId(self.tenant);
        if events > 0 {
            return Err(ArchiveError::refused(format!(
                "tenant {tenant} has a log up to position {events} here: import beside it with \
                 --as NAME"
            )));
        }
        if let Some(consumer) = folded {
            return Err(ArchiveError::refused(format!(
                "tenant {tenant} has no log here, but {consumer} has folded one: remove its rows \
                 from the read tables and from log.checkpoints first, or import with --as NAME"
            )));
        }
        let (id, until) = (uuid(self.tenant), number(self.until));
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&id, &source, &self.name, &until];
        match transaction.execute(include_str!("../sql/begin_import.sql"), &params).await? {
            1 => Ok(()),
            _ => Err(ArchiveError::refused(format!("another import into {tenant} has begun"))),
        }
    }

    /// Brings the keys in, before any event.
    pub(super) async fn bring_keys(
        &self,
        client: &mut Client,
        ring: &KeyRing,
        from: &KeySource,
    ) -> Result<(), ArchiveError> {
        let transaction = begin(client, self.tenant, IsolationLevel::ReadCommitted).await?;
        self.advance(&transaction, 0).await?;
        let tenants = (ulid(self.source), self.tenant);
        keys::import(&transaction, ring.backend(), tenants, from).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that events up to a position are written with this transaction.
    /// Whoever imports the same at the same time waits here, and then learns
    /// that somebody else was faster.
    pub(super) async fn advance(
        &self,
        transaction: &Transaction<'_>,
        position: u64,
    ) -> Result<(), ArchiveError> {
        act_as(transaction, OWNER).await?;
        let sql = "UPDATE log.imports SET position = $3, moved_at = now()
             WHERE tenant_id = $1 AND position = $2 AND finished_at IS NULL";
        let (from, to) = (number(self.position), number(position));
        match transaction.execute(sql, &[&uuid(self.tenant), &from, &to]).await? {
            1 => Ok(()),
            _ => Err(ArchiveError::refused(format!(
                "another import into {} is under way, or it was given up",
                TenantId(self.tenant)
            ))),
        }
    }
}

/// The tenant of a name whose import from a source did not end, or a new one.
async fn unfinished(client: &mut Client, source: Uuid, name: &str) -> Result<Ulid, ArchiveError> {
    let transaction = begin(client, Ulid::nil(), IsolationLevel::ReadCommitted).await?;
    let sql = "SELECT tenant_id FROM log.imports
         WHERE source_tenant = $1 AND name = $2 AND tenant_id <> $1 AND finished_at IS NULL
         ORDER BY started_at LIMIT 1";
    let found = transaction.query_opt(sql, &[&source, &name]).await?;
    transaction.commit().await?;
    found.map_or_else(|| Ok(Ulid::generate()), |row| Ok(ulid(row.try_get(0)?)))
}

/// Gives up an import that did not end: its events go, and the tenant is as it
/// was before. Answers how many events there were.
///
/// # Errors
/// When no import into the tenant is under way, or the database refuses.
pub async fn abandon(client: &mut Client, tenant: Ulid) -> Result<u64, ArchiveError> {
    let transaction = begin(client, tenant, IsolationLevel::ReadCommitted).await?;
    let found = transaction.query_opt(include_str!("../sql/import.sql"), &[&uuid(tenant)]).await?;
    if found.is_none() {
        let tenant = TenantId(tenant);
        return Err(ArchiveError::refused(format!("no import into {tenant} is under way")));
    }
    let row = transaction.query_one("SELECT log.abandon_import($1)", &[&uuid(tenant)]).await?;
    let events: i64 = row.try_get(0)?;
    keys::clear(&transaction, tenant).await?;
    transaction.execute(include_str!("../sql/end_abandoned.sql"), &[&uuid(tenant)]).await?;
    transaction.commit().await?;
    Ok(unsigned(events))
}
