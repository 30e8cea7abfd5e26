//! A read model folded anew from the log, beside the rate at which the same
//! events stream out of PostgreSQL.

use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use domain::{Platform, kernel::Registry};
use event_store::keys::{KeyRing, MasterKeys};
use futures_util::{StreamExt, pin_mut};

use crate::{
    report::{Report, Row},
    running::program,
    server::Server,
};

/// Architecture's bar, in events per second.
const BAR: f64 = 300_000.0;

pub(crate) async fn run(server: &Server, report: &mut Report, events: u64) -> Result<()> {
    let registry = Arc::new(Registry::of::<Platform>()?);
    let database = server.log_database("rebuild").await?;
    // The demo's people are sealed.
    let secrets = tempfile::tempdir()?;
    let key_file = secrets.path().join("master.keys");
    let master = Arc::new(MasterKeys::open_or_create(&key_file, service::now())?);
    for arguments in
        [vec!["migrate".to_owned()], vec!["demo".to_owned(), format!("--events={events}")]]
    {
        let status = Command::new(program()?)
            .args(arguments)
            .args(["--database", database.url()])
            .env("TENANTRY__KEYS__FILE", &key_file)
            .stderr(Stdio::null())
            .status()?;
        ensure!(status.success(), "filling the log failed");
    }
    let pool = database.pool("tenantry_owner", 4)?;
    let keys = Arc::new(KeyRing::new(database.pool("tenantry_owner", 2)?, master));
    let client = pool.get().await?;
    client.batch_execute("VACUUM ANALYZE log.events").await.ok();
    for name in ["invoices", "payments"] {
        let entry = registry.read_model(name).context("the read model is gone")?;
        let sources: Vec<&str> = entry.fold.sources().to_vec();
        let started = Instant::now();
        let mut streamed = 0_u64;
        let sql = "SELECT tenant_id, position, stream_id, version, type, schema_version, \
                   occurred_at, recorded_at, payload FROM log.events \
                   WHERE stream_type = ANY ($1) ORDER BY tenant_id, position";
        let rows = client.query_raw(sql, [&sources]).await?;
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            streamed += u64::from(!row?.is_empty());
        }
        let stream_rate = rate(streamed, started);
        let started = Instant::now();
        let rebuilt = projector::rebuild(&pool, &registry, &keys, name, |_| {}).await?;
        let fold_rate = rate(streamed, started);
        let case = format!("{name}, {streamed} events to {} rows", rebuilt.rows);
        report.add(Row::more_is_better(
            "rebuild",
            &format!("{case} (peer: streaming them out)"),
            "events/s",
            fold_rate,
            stream_rate,
        ));
        report.add(Row::more_is_better(
            "rebuild",
            &format!("{case} (peer: the bar)"),
            "events/s",
            fold_rate,
            BAR,
        ));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a rate to show")]
fn rate(events: u64, since: Instant) -> f64 {
    events as f64 / since.elapsed().as_secs_f64()
}
