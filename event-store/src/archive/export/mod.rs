//! Writing a tenant's archive.
//!
//! One position is fixed first, in a snapshot that also gives the rows of all
//! other tables as of it. The events up to there never change, so they are read
//! page by page without holding anything. The manifest comes last.

mod events;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::kernel::{Registry, Timestamp};
use tokio_postgres::{Client, IsolationLevel, Transaction};
use ulid::Ulid;
use uuid::Uuid;

use super::{
    ArchiveError, ArchiveStore, KeyFile, Progress, Until,
    claims::{ClaimFold, Value},
    format::{ArchivedTenant, EventSegment, Manifest, is_state},
    keys,
    session::begin,
    state::{Past, StateWriter, TABLES},
};
use crate::{
    TenantId,
    history::{Column, Within},
    keys::KeyRing,
    pg::{number, ulid, unsigned, uuid},
};

/// What to export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Whose log.
    pub tenant: Ulid,
    /// Up to where; up to its end by default.
    pub until: Option<Until>,
    /// Whether to add what is new to the archive that is there. Without it an
    /// archive is not written over.
    pub since_archive: bool,
    /// How much text one file holds: it ends with the event that reaches this.
    pub segment_bytes: u64,
    /// Where the keys of personal data go; nowhere by default.
    pub keys: Option<KeyFile>,
}

/// What was exported.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The archive as it is now.
    pub manifest: Manifest,
    /// How many events were written.
    pub events: u64,
    /// How many of them an export that did not end had written before.
    pub found: u64,
    /// How many bytes were written.
    pub bytes: u64,
}

/// Writes a tenant's archive, or adds to it what is new. One that did not end
/// is gone on with: events that are in their files already are checked and kept.
///
/// The session must be allowed to act as `tenantry_owner`.
///
/// # Errors
/// When the tenant has no log, the place holds something else, or one of them
/// goes away; there is then no new manifest, and the same call goes on.
pub async fn export(
    client: &mut Client,
    registry: &Arc<Registry>,
    store: &ArchiveStore,
    order: &Export,
    ring: &KeyRing,
    progress: impl Fn(Progress),
) -> Result<Exported, ArchiveError> {
    let earlier = earlier(store, order).await?;
    let mut scope = Scope::fix(client, store, order, ring, earlier.as_ref()).await?;
    let fold = if scope.present.is_some() {
        Some(ClaimFold::at(scope.position, ring.matcher(order.tenant).await?))
    } else {
        None
    };
    let after = earlier.as_ref().map_or(0, |earlier| earlier.position);
    // What is held at a moment follows from all events up to there and beyond.
    let from = if fold.is_some() { 0 } else { after };
    let reader = events::Range { tenant: order.tenant, ring, after: from, head: scope.head };
    let mut writer = events::Writer::new(store, registry, order, after..scope.position, fold);
    writer.run(client, reader, &progress).await?;
    let written = writer.end().await?;
    if let (Some(fold), Some(present)) = (written.fold, scope.present.take()) {
        scope.state.held(&fold.held(present)).await?;
    }
    let mut manifest = Manifest::new(scope.tenant, scope.now);
    manifest.position = scope.position;
    manifest.last_event = scope.last_event;
    manifest.past = scope.position < scope.head;
    manifest.checkpoint = scope.checkpoint;
    manifest.events = earlier.map_or_else(Vec::new, |earlier| earlier.events);
    manifest.events.extend(written.segments);
    manifest.state = scope.state.end().await?;
    manifest.write(store).await?;
    remove_old_state(store, &manifest).await?;
    let state_bytes: u64 = manifest.state.iter().map(|segment| segment.bytes).sum();
    Ok(Exported {
        events: manifest.position - after,
        found: written.found,
        bytes: written.bytes + state_bytes,
        manifest,
    })
}

/// The archive that is there already.
async fn earlier(store: &ArchiveStore, order: &Export) -> Result<Option<Manifest>, ArchiveError> {
    let Some(manifest) = Manifest::find(store).await? else { return Ok(None) };
    let place = store.show("");
    let tenant = TenantId(order.tenant).to_string();
    if manifest.tenant.id != tenant {
        return Err(ArchiveError::refused(format!(
            "{place} holds the archive of {}, not of {tenant}: choose another place",
            manifest.tenant.id
        )));
    }
    if !order.since_archive {
        return Err(ArchiveError::refused(format!(
            "{place} holds an archive up to position {}: add what is new with --since-archive, or \
             choose another place",
            manifest.position
        )));
    }
    Ok(Some(manifest))
}

/// What an export covers, fixed in one snapshot.
struct Scope<'a> {
    tenant: ArchivedTenant,
    now: Timestamp,
    /// Where the archive ends.
    position: u64,
    last_event: Option<Uuid>,
    /// What was signed of the events up to there.
    checkpoint: Option<String>,
    /// Where the log ends.
    head: u64,
    state: StateWriter<'a>,
    /// The claims of the present, if the archive ends in the past.
    present: Option<Vec<(Value, Ulid)>>,
}

impl<'a> Scope<'a> {
    async fn fix(
        client: &mut Client,
        store: &'a ArchiveStore,
        order: &Export,
        ring: &KeyRing,
        earlier: Option<&Manifest>,
    ) -> Result<Self, ArchiveError> {
        let snapshot = begin(client, order.tenant, IsolationLevel::RepeatableRead).await?;
        let sql = include_str!("../sql/tenant.sql");
        let Some(found) = snapshot.query_opt(sql, &[&uuid(order.tenant)]).await? else {
            let tenant = TenantId(order.tenant);
            return Err(ArchiveError::refused(format!("tenant {tenant} has no log here")));
        };
        let time = |column| found.try_get::<_, DateTime<Utc>>(column).map(Timestamp::from);
        let (head, now) = (unsigned(found.try_get(2)?), time(3)?);
        let tenant = ArchivedTenant {
            id: TenantId(order.tenant).to_string(),
            name: found.try_get(0)?,
            created_at: time(1)?,
        };
        let position = position(&snapshot, ring, order, head).await?;
        let last_event = event_at(&snapshot, ring, order.tenant, position).await?;
        let place = (order.tenant, position);
        same_history(&snapshot, ring, (store, earlier), place).await?;
        let sql = include_str!("../sql/checkpoint.sql");
        let signed = snapshot.query_opt(sql, &[&uuid(order.tenant), &number(position)]).await?;
        let checkpoint = signed.map(|row| row.try_get(0)).transpose()?;
        let mut state = StateWriter::new(store, position, now, order.segment_bytes);
        let past = position < head;
        for table in TABLES.iter().filter(|table| !past || table.of_past == Past::Filtered) {
            state.table(&snapshot, order.tenant, table).await?;
        }
        if let Some(file) = &order.keys {
            keys::export(&snapshot, ring.backend(), order.tenant, file).await?;
        }
        let present = if past { Some(claims(&snapshot, order.tenant).await?) } else { None };
        snapshot.commit().await?;
        Ok(Self { tenant, now, position, last_event, checkpoint, head, state, present })
    }
}

/// The position at which the archive shall end.
async fn position(
    snapshot: &Transaction<'_>,
    ring: &KeyRing,
    order: &Export,
    head: u64,
) -> Result<u64, ArchiveError> {
    match order.until {
        None => Ok(head),
        Some(Until::Position(position)) if position <= head => Ok(position),
        Some(Until::Position(position)) => Err(ArchiveError::refused(format!(
            "position {position} is not written yet: the log ends at {head}"
        ))),
        Some(Until::Time(time)) => {
            let history = ring.history();
            Ok(history.last_by(&Within(snapshot), order.tenant, head, time.into()).await?)
        }
    }
}

/// Sees that the log is the one which the archive was made from.
async fn same_history(
    snapshot: &Transaction<'_>,
    ring: &KeyRing,
    (store, earlier): (&ArchiveStore, Option<&Manifest>),
    (tenant, position): (Ulid, u64),
) -> Result<(), ArchiveError> {
    let Some(earlier) = earlier else { return Ok(()) };
    let place = store.show("");
    if earlier.position > position {
        return Err(ArchiveError::refused(format!(
            "{place} reaches to position {} already, beyond {position}: choose another place",
            earlier.position
        )));
    }
    if event_at(snapshot, ring, tenant, earlier.position).await? == earlier.last_event {
        return Ok(());
    }
    Err(ArchiveError::refused(format!(
        "the log has another event at position {} than {place}: their histories differ; choose \
         another place",
        earlier.position
    )))
}

/// The id of the event at a position.
async fn event_at(
    snapshot: &Transaction<'_>,
    ring: &KeyRing,
    tenant: Ulid,
    position: u64,
) -> Result<Option<Uuid>, ArchiveError> {
    let events = ring.history().at(&Within(snapshot), tenant, &[position]).await?;
    Ok(events.first().map(|event| event.get(Column::Event)).transpose()?)
}

async fn claims(
    snapshot: &Transaction<'_>,
    tenant: Ulid,
) -> Result<Vec<(Value, Ulid)>, ArchiveError> {
    let sql = "SELECT scope, key, stream_id FROM log.claims WHERE tenant_id = $1";
    let rows = snapshot.query(sql, &[&uuid(tenant)]).await?;
    let claim =
        |row: &tokio_postgres::Row| Ok(((row.try_get(0)?, row.try_get(1)?), ulid(row.try_get(2)?)));
    rows.iter().map(claim).collect()
}

/// Removes the state that no manifest lists any more.
async fn remove_old_state(store: &ArchiveStore, manifest: &Manifest) -> Result<(), ArchiveError> {
    for file in store.files().await? {
        if is_state(&file) && !manifest.state.iter().any(|segment| segment.file == file) {
            store.remove(&file).await?;
        }
    }
    Ok(())
}

/// What was written of the events.
struct Written {
    segments: Vec<EventSegment>,
    fold: Option<ClaimFold>,
    found: u64,
    bytes: u64,
}
