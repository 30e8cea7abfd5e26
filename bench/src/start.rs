//! From nothing to the first command, and what an idle process holds.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{
    http::Connection,
    report::{Report, Row},
    running::Up,
};

/// Architecture's bars.
const START_SECONDS: f64 = 2.0;
const IDLE_MIB: f64 = 120.0;

pub(crate) async fn run(folder: &Path, report: &mut Report) -> Result<()> {
    // The first start makes the data folder.
    drop(Up::start(folder, &[]).await?);
    let mut starts = vec![];
    for _ in 0..5 {
        let started = Instant::now();
        let up = Up::start(folder, &[]).await?;
        let (host, _) = up.hosts();
        let headers = format!("Authorization: Bearer {}\r\n", up.token());
        let body = r#"{"customer_id":"cus_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B","currency":"ZAR"}"#;
        let answer =
            Connection::open(host).await?.post("/v1/payments/wallet/open", &headers, body).await?;
        ensure!(answer.status == 201, "status {}", answer.status);
        starts.push(started.elapsed().as_secs_f64());
    }
    starts.sort_by(f64::total_cmp);
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    report.add(Row::less_is_better(
        "start",
        "start to first command (peer: the bar)",
        "s",
        median,
        START_SECONDS,
    ));
    let up = Up::start(folder, &[]).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    report.add(Row::less_is_better(
        "start",
        "idle memory of all roles (peer: the bar)",
        "MiB",
        up.process.resident_mib()?,
        IDLE_MIB,
    ));
    Ok(())
}
