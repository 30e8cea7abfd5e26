//! Store append: this log against postgres-es, one event of about 200 bytes
//! per append, in one run on one server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use domain::kernel::{Actor, Timestamp};
use event_store::{
    Append, CommandRecord, Log, NewEvent, PgLog,
    pg::{PgLogSettings, Signals},
};
use postgres_es::PostgresEventRepository;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{
    copy,
    load::{Measured, load_with},
    peer::Account,
    report::{Report, Row},
    server::{Server, peer_pool},
};

/// Runs every case against both stores, alternating.
pub(crate) async fn run(server: &Server, report: &mut Report, seconds: u64) -> Result<()> {
    let length = Duration::from_secs(seconds);
    for in_flight in [64, 512] {
        let theirs = peer(server, in_flight, length).await?;
        for tenants in [1, 16, 500, 5_000] {
            let (ours, limit) = ours(server, in_flight, tenants, length).await?;
            let case = format!("{in_flight} in flight, {tenants} tenants");
            report.add(Row::more_is_better(
                "append",
                &case,
                "appends/s",
                ours.per_second,
                theirs.per_second,
            ));
            report.latencies("append", &case, &ours, &theirs);
            let case = format!("{case}, beside COPY");
            report.add(Row::more_is_better("append", &case, "rows/s", ours.per_second, limit));
        }
    }
    Ok(())
}

async fn ours(
    server: &Server,
    in_flight: usize,
    tenants: usize,
    length: Duration,
) -> Result<(Measured, f64)> {
    let database = server.log_database("append").await?;
    let count = tenants;
    let tenants: Arc<[Ulid]> = (0..tenants).map(|_| Ulid::generate()).collect();
    for tenant in tenants.iter() {
        database.provision(*tenant).await?;
    }
    let shutdown = CancellationToken::new();
    let signals = Signals::start(database.config(), Duration::from_millis(5), shutdown.clone());
    let pool = database.pool("tenantry_command", 8)?;
    let settings = PgLogSettings::default();
    let log = PgLog::start(pool, &signals, &settings, &shutdown);
    let (before, started) = (database.commits().await?, Instant::now());
    let next = Arc::new(AtomicU64::new(0));
    let measured = load_with(vec![(); in_flight], length, move |()| {
        let (log, tenants, next) = (log.clone(), tenants.clone(), next.clone());
        async move {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let place = usize::try_from(turn % tenants.len() as u64)?;
            let tenant = tenants.get(place).copied().unwrap_or_default();
            log.append(append(tenant)).await?;
            Ok(())
        }
    })
    .await?;
    shutdown.cancel();
    let commits = database.commits().await? - before;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "so many rows to a commit, about"
    )]
    let rows_per_commit =
        (measured.per_second * started.elapsed().as_secs_f64() / commits as f64).max(1.0) as usize;
    let connections = settings.commit.flushers.min(count);
    let limit = copy::limit(&database, connections, rows_per_commit, count, length / 2).await?;
    Ok((measured, limit))
}

/// One event of 200 bytes for a new stream.
pub(crate) fn append(tenant: Ulid) -> Append {
    let id = Ulid::generate();
    Append {
        events: vec![NewEvent::new("opened", vec![0x61; 200])],
        ..Append::of(
            tenant,
            "account",
            Ulid::generate(),
            CommandRecord::new(
                id,
                Actor::system("bench"),
                Timestamp::from_micros(1_700_000_000_000_000),
            ),
        )
    }
}

async fn peer(server: &Server, in_flight: usize, length: Duration) -> Result<Measured> {
    let pool = peer_pool(&server.peer_url("append_peer").await?).await?;
    let repository = Arc::new(PostgresEventRepository::new(pool));
    load_with(vec![(); in_flight], length, move |()| {
        let repository = repository.clone();
        async move {
            let event = SerializedEvent::new(
                Ulid::generate().to_string(),
                1,
                "account".to_owned(),
                "opened".to_owned(),
                "1.0".to_owned(),
                serde_json::json!({ "text": "a".repeat(185) }),
                serde_json::json!({}),
            );
            repository.persist::<Account>(&[event], None).await?;
            Ok(())
        }
    })
    .await
}
