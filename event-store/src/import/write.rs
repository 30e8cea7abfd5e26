//! Writing what was read, a stretch at a time.
//!
//! Each stretch is one transaction that holds the heads of its tenants, as any
//! append does: positions have no gaps, and after a crash everything up to some
//! stretch is there, with the manifest that says so, and nothing of the next.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::kernel::{ReactionEntry, Registry};
use serde_json::{Map, Value};
use tokio_postgres::{Client, Transaction};
use ulid::Ulid;
use uuid::Uuid;

use super::{
    ImportError, Progress, Report,
    check::Plan,
    claims::Claims,
    manifest,
    prepare::{Prepared, Preparer},
    seal::{self, Matchers, seal},
    source::Source,
};
use crate::{
    NewKey,
    keys::KeyRing,
    pg::{provision, ulid, uuid},
};

/// Writes the events of a plan.
pub(super) struct Writer<'a> {
    target: &'a mut Client,
    /// What seals personal values, unless they stay open.
    keys: Option<&'a KeyRing>,
    registry: &'a Registry,
    plan: Plan,
    order: String,
    timed: bool,
    rules: Value,
    claims: Claims,
}

/// Where a log ends.
struct Head {
    position: i64,
    recorded_at: Option<DateTime<Utc>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        (target, keys): (&'a mut Client, Option<&'a KeyRing>),
        registry: &'a Registry,
        source: &Source<'_>,
        plan: Plan,
    ) -> Self {
        Self {
            target,
            keys,
            registry,
            plan,
            order: source.order.to_string(),
            timed: source.order.has_time(),
            rules: serde_json::to_value(&source.rules).unwrap_or_default(),
            claims: Claims::default(),
        }
    }

    /// Writes everything, and answers how many events that was.
    pub(super) async fn run(
        &mut self,
        source: &mut Source<'_>,
        personal: bool,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<u64, ImportError> {
        for landing in self.plan.tenants.iter().filter(|landing| landing.new) {
            provision(&*self.target, landing.tenant, &landing.named)
                .await
                .map_err(ImportError::Target)?;
        }
        let ids: Vec<Uuid> = self.plan.tenants.iter().map(|each| uuid(each.tenant)).collect();
        self.claims = Claims::of(self.target, &ids).await?;
        let rules = source.rules.clone();
        let tenants = self.plan.tenants.iter().map(|each| (each.named.clone(), each.tenant));
        let matchers = match self.keys {
            Some(keys) if personal => {
                Some(Matchers::made(keys, self.plan.tenants.iter().map(|each| each.tenant)).await?)
            }
            keys => keys.map(|_| Matchers::default()),
        };
        let preparer = Preparer {
            registry: self.registry,
            matchers,
            rules: &rules,
            tenants: tenants.collect(),
        };
        let mut rows = source.events(&self.plan.behind).await?;
        let mut done = 0;
        while let Some(page) = rows.next().await? {
            let events: Result<Vec<_>, _> =
                page.into_iter().map(|row| preparer.prepare(row)).collect();
            let mut events = events.map_err(ImportError::Disturbed)?;
            done += events.len() as u64;
            let keys = match self.keys {
                Some(keys) => seal(keys, &mut events).await?,
                None => vec![],
            };
            self.stretch(&events, &keys).await?;
            progress(Progress { doing: "writing", done, of: self.plan.new });
        }
        Ok(done)
    }

    async fn stretch(
        &mut self,
        events: &[Prepared],
        new_keys: &[(Ulid, NewKey)],
    ) -> Result<(), ImportError> {
        for event in events {
            self.claims.apply(event).map_err(ImportError::Disturbed)?;
        }
        let transaction = self.target.transaction().await.map_err(ImportError::Target)?;
        transaction
            .batch_execute("SET LOCAL ROLE tenantry_log")
            .await
            .map_err(ImportError::Target)?;
        let mut heads = lock(&transaction, events).await?;
        let columns = Columns::of(events, &mut heads, self.timed);
        seal::write(&transaction, new_keys, &columns.subjects).await?;
        let written = async {
            columns.write(&transaction, include_str!("sql/events.sql")).await?;
            streams(&transaction, events).await?;
            self.claims.write(&transaction).await?;
            let tenants: Vec<Uuid> = heads.keys().copied().map(uuid).collect();
            let positions: Vec<i64> = heads.values().map(|head| head.position).collect();
            let times: Vec<_> = heads.values().map(|head| head.recorded_at).collect();
            let names: Map<_, _> =
                events.iter().map(|event| (event.name(), event.origin.clone())).collect();
            let names = Value::Object(names);
            transaction
                .execute(
                    include_str!("sql/moved.sql"),
                    &[&tenants, &positions, &times, &self.order, &self.rules, &names],
                )
                .await?;
            let reactions: Vec<String> =
                self.registry.reactions().iter().map(ReactionEntry::consumer).collect();
            transaction.batch_execute("SET LOCAL ROLE tenantry_owner").await?;
            let sql = include_str!("sql/reactions.sql");
            transaction.execute(sql, &[&tenants, &positions, &reactions]).await?;
            transaction.commit().await
        };
        written.await.map_err(ImportError::Target)
    }

    /// Whether what is in the logs is what was in the source.
    pub(super) async fn verify(&self, report: &Report) -> Result<(), ImportError> {
        // What is cold was whole when it was moved.
        let sql = "SELECT count(event.position) + coalesce(max(cold.until), 0),
                greatest(coalesce(max(event.position), 0), max(cold.until))
            FROM (SELECT coalesce(max(last_position), 0) AS until FROM log.segments
                WHERE tenant_id = $1) AS cold
            LEFT JOIN log.events AS event
                ON event.tenant_id = $1 AND event.position > cold.until";
        for landing in &report.tenants {
            let row = self
                .target
                .query_one(sql, &[&uuid(landing.tenant)])
                .await
                .map_err(ImportError::Target)?;
            let (count, last): (i64, i64) = (row.get(0), row.get(1));
            if count != last || u64::try_from(count) != Ok(landing.events) {
                return Err(ImportError::Unequal(format!(
                    "{} has {} events in the source, and here {count} up to position {last}",
                    landing.named, landing.events
                )));
            }
        }
        let versions = manifest::versions(self.target).await?;
        for (stream, last) in &self.plan.streams {
            let here = versions.get(stream).copied().unwrap_or(0);
            if here != *last {
                let (_, kind, id) = stream;
                return Err(ImportError::Unequal(format!(
                    "{kind} {id} has {last} events in the source, and here {here}"
                )));
            }
        }
        Ok(())
    }
}

/// Locks the heads of all tenants of these events, which must hold nothing but
/// what was imported.
async fn lock(
    transaction: &Transaction<'_>,
    events: &[Prepared],
) -> Result<BTreeMap<Ulid, Head>, ImportError> {
    let mut tenants: Vec<Uuid> = events.iter().map(|event| uuid(event.tenant)).collect();
    tenants.sort_unstable();
    tenants.dedup();
    let rows = transaction
        .query(include_str!("sql/heads.sql"), &[&tenants])
        .await
        .map_err(ImportError::Target)?;
    let mut heads = BTreeMap::new();
    for row in rows {
        let tenant = ulid(row.get(0));
        let (position, imported): (i64, i64) = (row.get(1), row.get(3));
        if position != imported {
            return Err(ImportError::Disturbed(format!(
                "somebody has written to {} meanwhile",
                crate::TenantId(tenant)
            )));
        }
        let recorded_at: DateTime<Utc> = row.get(2);
        heads.insert(tenant, Head { position, recorded_at: (position > 0).then_some(recorded_at) });
    }
    if tenants.len() != heads.len() {
        return Err(ImportError::Disturbed("a tenant has lost its log meanwhile".to_owned()));
    }
    Ok(heads)
}

/// Remembers how far the streams have come.
async fn streams(
    transaction: &Transaction<'_>,
    events: &[Prepared],
) -> Result<(), tokio_postgres::Error> {
    // The last event of each stream wins.
    let last: BTreeMap<_, _> = events.iter().map(|event| (&event.source, event)).collect();
    let tenants: Vec<Uuid> = last.values().map(|event| uuid(event.tenant)).collect();
    let kinds: Vec<&str> = last.keys().map(|source| source.0.as_str()).collect();
    let ids: Vec<&str> = last.keys().map(|source| source.1.as_str()).collect();
    let streams: Vec<Uuid> = last.values().map(|event| uuid(event.stream)).collect();
    let versions: Vec<i64> = last.values().map(|event| event.version).collect();
    let sql = include_str!("sql/streams.sql");
    transaction.execute(sql, &[&tenants, &kinds, &ids, &streams, &versions]).await.map(drop)
}

/// Events as columns.
#[derive(Default)]
struct Columns<'a> {
    tenants: Vec<Uuid>,
    positions: Vec<i64>,
    streams: Vec<Uuid>,
    versions: Vec<i64>,
    stream_types: Vec<&'a str>,
    types: Vec<String>,
    schema_versions: Vec<i16>,
    ids: Vec<Uuid>,
    occurred_at: Vec<DateTime<Utc>>,
    recorded_at: Vec<DateTime<Utc>>,
    actors: Vec<&'a str>,
    correlations: Vec<Uuid>,
    traces: Vec<Option<&'a str>>,
    metadata: Vec<&'a [u8]>,
    payloads: Vec<&'a [u8]>,
    codecs: Vec<i16>,
    /// Whose personal data is where: tenant, data subject, position.
    subjects: Vec<(Ulid, Ulid, i64)>,
}

impl<'a> Columns<'a> {
    /// Gives every event its position. The source has recorded what it knows
    /// the time of; that never runs back, nor ahead of us.
    fn of(events: &'a [Prepared], heads: &mut BTreeMap<Ulid, Head>, timed: bool) -> Self {
        let now = Utc::now();
        let mut columns = Self::default();
        for event in events {
            let Some(head) = heads.get_mut(&event.tenant) else { continue };
            head.position += 1;
            let time = event.time.filter(|_| timed).unwrap_or(now);
            let recorded_at = time.min(now).max(head.recorded_at.unwrap_or(DateTime::UNIX_EPOCH));
            head.recorded_at = Some(recorded_at);
            columns.tenants.push(uuid(event.tenant));
            columns.positions.push(head.position);
            columns.streams.push(uuid(event.stream));
            columns.versions.push(event.version);
            columns.stream_types.push(&event.target.stream_type);
            columns.types.push(event.name());
            columns
                .schema_versions
                .push(i16::try_from(event.target.schema_version).unwrap_or(i16::MAX));
            columns.ids.push(uuid(event.event_id));
            columns.occurred_at.push(time);
            columns.recorded_at.push(recorded_at);
            columns.actors.push(&event.actor);
            columns.correlations.push(uuid(event.correlation_id));
            columns.traces.push(event.trace_parent.as_deref());
            columns.metadata.push(&event.metadata);
            columns.payloads.push(&event.payload);
            columns.codecs.push(event.codec);
            let position = head.position;
            let people = event.subjects.iter().map(|subject| (event.tenant, *subject, position));
            columns.subjects.extend(people);
        }
        columns
    }

    async fn write(
        &self,
        transaction: &Transaction<'_>,
        sql: &str,
    ) -> Result<(), tokio_postgres::Error> {
        transaction
            .execute(
                sql,
                &[
                    &self.tenants,
                    &self.positions,
                    &self.streams,
                    &self.versions,
                    &self.stream_types,
                    &self.types,
                    &self.schema_versions,
                    &self.ids,
                    &self.occurred_at,
                    &self.recorded_at,
                    &self.actors,
                    &self.correlations,
                    &self.traces,
                    &self.metadata,
                    &self.payloads,
                    &self.codecs,
                ],
            )
            .await
            .map(drop)
    }
}
