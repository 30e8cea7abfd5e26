//! Acknowledged = stored = folded, exactly once.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use domain::{
    Platform,
    kernel::{ReactionEntry, Registry},
};
use serde_json::Value;
use tokio_postgres::Client;
use ulid::Ulid;
use uuid::Uuid;

use crate::{Served, Told};

const FAILURES: &str = "SELECT (SELECT count(*) FROM log.consumer_failures)
    + (SELECT count(*) FROM log.quarantined_streams)";

/// How long consumers may need to catch up.
const PATIENCE: Duration = Duration::from_mins(1);

/// One event as the owner sees it.
struct Row {
    position: u64,
    stream: Ulid,
    version: u64,
    name: String,
    by_user: bool,
    command: Uuid,
    /// Microseconds.
    recorded_at: i64,
}

/// Holds everything that was told against the log, the log against itself, and
/// the read models against the log.
///
/// # Errors
/// With the first thing that is not so.
pub async fn check(served: &Served, told: &Told) -> Result<()> {
    let owner = served.owner().await?;
    caught_up(&owner).await?;
    for (place, tenant) in served.tenants.iter().enumerate() {
        let log = log_of(&owner, *tenant).await?;
        in_order(&log)?;
        head_is(&owner, *tenant, log.len()).await?;
        stored_once(&log, told, place)?;
        shown_once(served, &log, place).await?;
    }
    let failures: i64 = owner.query_one(FAILURES, &[]).await?.get(0);
    ensure!(failures == 0, "{failures} consumers stand still or have left streams out");
    tokio::task::block_in_place(|| served.tool(&["verify"]))?;
    Ok(())
}

/// Waits until every read model and every reaction has seen all of every
/// tenant's log, those that have not begun included.
///
/// # Errors
/// When they do not.
pub async fn caught_up(owner: &Client) -> Result<()> {
    let behind = "SELECT count(*) FROM log.heads AS h
         CROSS JOIN (
             SELECT consumer FROM log.read_tables WHERE state = 'live'
             UNION
             SELECT unnest($1::text[])
             UNION
             SELECT c.consumer FROM log.checkpoints AS c JOIN log.heads USING (tenant_id)
         ) AS all_of_them
         LEFT JOIN log.checkpoints AS c USING (consumer, tenant_id)
         WHERE h.position > coalesce(c.position, 0)";
    let registry = Registry::of::<Platform>()?;
    let reactions: Vec<_> = registry.reactions().iter().map(ReactionEntry::consumer).collect();
    let waiting = async {
        while owner.query_one(behind, &[&reactions]).await?.get::<_, i64>(0) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting).await.context("consumers do not catch up")?
}

async fn log_of(owner: &Client, tenant: Ulid) -> Result<Vec<Row>> {
    let sql = "SELECT position, stream_id, version, type, actor LIKE 'user:%', command_id,
                   (extract(epoch FROM recorded_at) * 1000000)::bigint
               FROM log.events WHERE tenant_id = $1 ORDER BY position";
    let rows = owner.query(sql, &[&Uuid::from_u128(tenant.0)]).await?;
    let of = |row: &tokio_postgres::Row| Row {
        position: row.get::<_, i64>(0).unsigned_abs(),
        stream: Ulid(row.get::<_, Uuid>(1).as_u128()),
        version: row.get::<_, i64>(2).unsigned_abs(),
        name: row.get(3),
        by_user: row.get(4),
        command: row.get(5),
        recorded_at: row.get(6),
    };
    Ok(rows.iter().map(of).collect())
}

/// Positions and versions have no gaps, time does not run backwards, and no
/// command was applied at two places.
fn in_order(log: &[Row]) -> Result<()> {
    let mut versions: BTreeMap<Ulid, u64> = BTreeMap::new();
    let mut commands: BTreeMap<Uuid, u64> = BTreeMap::new();
    let mut latest = i64::MIN;
    for (place, row) in (1..).zip(log) {
        ensure!(row.position == place, "position {place} is missing, {} follows", row.position);
        ensure!(row.recorded_at >= latest, "position {place} was recorded before the one before");
        latest = row.recorded_at;
        let version = versions.entry(row.stream).or_default();
        *version += 1;
        ensure!(row.version == *version, "{} has no version {version}", row.stream);
        if let Some(before) = commands.insert(row.command, place) {
            ensure!(before + 1 == place, "command {} was applied twice", row.command);
        }
    }
    Ok(())
}

async fn head_is(owner: &Client, tenant: Ulid, expected: usize) -> Result<()> {
    let sql = "SELECT position FROM log.heads WHERE tenant_id = $1";
    let head: i64 = owner.query_one(sql, &[&Uuid::from_u128(tenant.0)]).await?.get(0);
    ensure!(head.unsigned_abs() == expected as u64, "the head is at {head}, not {expected}");
    Ok(())
}

/// What users were told is in the log where they were told, and nothing else
/// of theirs is.
fn stored_once(log: &[Row], told: &Told, tenant: usize) -> Result<()> {
    let mut known = BTreeSet::new();
    for one in told.iter().filter(|one| one.tenant == tenant) {
        let first = one.position + 1 - one.events.len() as u64;
        for (place, name) in (first..).zip(&one.events) {
            let row = usize::try_from(place - 1).ok().and_then(|place| log.get(place));
            let row =
                row.with_context(|| format!("position {place} was told, but is not there"))?;
            ensure!(
                row.stream == one.stream && row.name == *name,
                "position {place} holds {} of {}, not {one:?}",
                row.name,
                row.stream
            );
            ensure!(known.insert(place), "position {place} was told to two commands");
        }
        let last = usize::try_from(one.position - 1).ok().and_then(|place| log.get(place));
        ensure!(last.is_some_and(|row| row.version == one.version), "another version: {one:?}");
    }
    let users: BTreeSet<u64> =
        log.iter().filter(|row| row.by_user).map(|row| row.position).collect();
    let nobodys: Vec<_> = users.difference(&known).collect();
    ensure!(nobodys.is_empty(), "nobody was told of positions {nobodys:?}");
    Ok(())
}

/// Every customer, and the receipt for every payment, is on the dashboard.
async fn shown_once(served: &Served, log: &[Row], tenant: usize) -> Result<()> {
    let count = |name: &str| log.iter().filter(|row| row.name == name).count().to_string();
    let query = "{ customers { totalCount } receipts { totalCount } payments { totalCount } }";
    let shown = served.client(tenant).query(query, None).await?.body;
    for (list, event) in [
        ("customers", count("customer.opened")),
        ("payments", count("payment.received")),
        ("receipts", count("payment.received")),
    ] {
        let total = shown.pointer(&format!("/data/{list}/totalCount")).map(told_number);
        ensure!(total == Some(event.clone()), "{list}: {event} in the log, {shown} shown");
    }
    Ok(())
}

/// A count, whether it is a number or a text of one.
fn told_number(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
