//! What is read from the log, one call after the other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use domain::{Platform, kernel::Registry};
use event_store::{
    Log, PgLog, decode,
    pg::{PgLogSettings, Signals},
};
use tokio_postgres::{Row, types::ToSql};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;
use uuid::Uuid;

use super::{figures::Figures, history::LENGTHS};
use crate::server::LogDatabase;

/// Streams and commands that are read, of each kind.
const KEYS: i64 = 200;
/// Stretches of tenants that are read, and long streams.
const STRETCHES: i64 = 40;
/// Events among which those to be read are looked for.
const LOOKED_AT: f32 = 400_000.0;
const STREAMS: &str = include_str!("streams.sql");
const COMMANDS: &str = include_str!("commands.sql");
/// Events of a stretch.
const STRETCH: usize = 1_000;
/// The most events that are folded.
const FOLDED: u64 = 50_000;

/// What is looked for.
pub(super) struct Wanted {
    /// By the number of events.
    streams: Vec<(usize, Vec<(Ulid, Ulid)>)>,
    commands: Vec<(Ulid, Ulid)>,
    /// Before the stretch.
    stretches: Vec<(Ulid, u64)>,
    largest: Ulid,
}

impl Wanted {
    /// Draws what to look for from all over the log, the same at every run.
    pub(super) async fn draw(database: &LogDatabase, largest: Ulid, events: i64) -> Result<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a share of pages")]
        let percent = (100.0 * LOOKED_AT / events.max(1) as f32).min(100.0);
        let mut streams = vec![];
        for (length, _) in LENGTHS {
            let most = if length > 100 { STRETCHES } else { KEYS };
            let found = keys(database, STREAMS, &[&length, &percent, &most]).await?;
            streams.push((usize::try_from(length)?, found));
        }
        let commands = keys(database, COMMANDS, &[&percent, &KEYS]).await?;
        let sql = include_str!("stretches.sql");
        let rows = database.owner().query(sql, &[&percent, &STRETCHES]).await?;
        let stretch = |row: &Row| Ok((id(row, 0)?, u64::try_from(row.try_get::<_, i64>(1)?)?));
        let stretches = rows.iter().map(stretch).collect::<Result<_>>()?;
        Ok(Self { streams, commands, stretches, largest })
    }

    /// Reads everything once, one call after the other, over one connection.
    pub(super) async fn read(
        &self,
        database: &LogDatabase,
        state: &str,
        into: &mut Figures,
    ) -> Result<()> {
        let shutdown = CancellationToken::new();
        let pool = database.pool("tenantry_command", 1)?;
        let log = PgLog::start(pool, &Signals::silent(), &PgLogSettings::default(), &shutdown);
        // Connects, makes the plans, and finds nothing.
        log.read_stream(self.largest, Ulid::nil(), 0, 1).await?;
        log.read_tenant(self.largest, u64::MAX >> 1, 1).await?;
        log.outcome(self.largest, Ulid::nil()).await?;
        for (length, streams) in &self.streams {
            let mut times = vec![];
            for (tenant, stream) in streams {
                let started = Instant::now();
                let events = log.read_stream(*tenant, *stream, 0, 10_000).await?;
                times.push(started.elapsed());
                ensure!(events.len() == *length, "a stream of {} events", events.len());
            }
            if !times.is_empty() {
                into.times(&format!("stream of {length}, {state}"), times);
            }
        }
        let mut times = vec![];
        for (tenant, after) in &self.stretches {
            let started = Instant::now();
            let events = log.read_tenant(*tenant, *after, STRETCH).await?;
            times.push(started.elapsed());
            ensure!(events.len() == STRETCH, "a stretch of {} events", events.len());
        }
        into.times(&format!("{STRETCH} events of a tenant, {state}"), times);
        let mut times = vec![];
        for (tenant, command) in &self.commands {
            let started = Instant::now();
            let outcome = log.outcome(*tenant, *command).await?;
            times.push(started.elapsed());
            ensure!(outcome.is_some(), "the outcome of {command} is not there");
        }
        into.times(&format!("outcome of a command, {state}"), times);
        into.more(
            format!("fold of a tenant, {state}"),
            "events/s",
            fold(&log, self.largest).await?,
        );
        shutdown.cancel();
        Ok(())
    }
}

/// Folds a tenant's log from its beginning into the rows of a read model, and
/// says how many events a second it went through.
async fn fold(log: &PgLog, tenant: Ulid) -> Result<f64> {
    let registry = Arc::new(Registry::of::<Platform>()?);
    let entry = registry.read_model("wallets").context("the read model is gone")?;
    let sources = entry.fold.sources();
    let mut work = entry.fold.work();
    let (started, mut position) = (Instant::now(), 0);
    while position < FOLDED {
        let events = log.read_tenant(tenant, position, STRETCH).await?;
        let Some(last) = events.last() else { break };
        position = last.envelope.position;
        for event in events {
            if sources.contains(&&*event.envelope.stream_type) {
                work.apply(&decode(&registry, event)?)?;
            }
        }
    }
    ensure!(work.held() > 0 || position == 0, "nothing was folded");
    #[expect(clippy::cast_precision_loss, reason = "a rate to show")]
    let rate = position as f64 / started.elapsed().max(Duration::from_nanos(1)).as_secs_f64();
    Ok(rate)
}

/// Tenants, and what was looked for in them.
async fn keys(
    database: &LogDatabase,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<(Ulid, Ulid)>> {
    let rows = database.owner().query(sql, params).await?;
    rows.iter().map(|row| Ok((id(row, 0)?, id(row, 1)?))).collect()
}

fn id(row: &Row, column: usize) -> Result<Ulid> {
    Ok(Ulid(row.try_get::<_, Uuid>(column)?.as_u128()))
}
