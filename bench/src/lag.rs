//! From a command's answer to its row in GraphQL, at half the load that the
//! whole of `tenantry up` can bear.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use ulid::Ulid;

use crate::{
    http::Connection,
    load::{Measured, load_with},
    report::{Report, Row},
    running::Up,
};

const CONNECTIONS: u8 = 32;

/// Architecture's bars, in milliseconds.
const BARS: [(&str, f64); 2] = [("p50", 20.0), ("p99", 150.0)];

pub(crate) async fn run(folder: &Path, report: &mut Report, seconds: u64) -> Result<()> {
    let length = Duration::from_secs(seconds);
    let up = Up::start(folder, &[]).await?;
    let (commands, _) = up.hosts();
    let most = loaded(&up, commands, length, None).await?;
    report.add(Row::alone("lag", "the most the whole can bear", "commands/s", most.per_second));
    let pause = Duration::from_secs_f64(f64::from(CONNECTIONS) * 2.0 / most.per_second);
    let (load, lag) = tokio::join!(loaded(&up, commands, length, Some(pause)), probe(&up, length));
    let (load, lag) = (load?, lag?);
    let case = format!("at {:.0} commands/s", load.per_second);
    for ((what, bar), time) in BARS.into_iter().zip([lag.p50, lag.p99]) {
        let time = time.as_secs_f64() * 1e3;
        report.add(Row::less_is_better(
            "lag",
            &format!("{case}, {what} (peer: the bar)"),
            "ms",
            time,
            bar,
        ));
    }
    Ok(())
}

fn body() -> String {
    format!(r#"{{"customer_id":"cus_{}","currency":"ZAR"}}"#, Ulid::generate())
}

/// Opens wallets over all connections, each call followed by a pause that
/// keeps the whole at a steady rate.
async fn loaded(
    up: &Up,
    host: &str,
    length: Duration,
    interval: Option<Duration>,
) -> Result<Measured> {
    let headers = format!("Authorization: Bearer {}\r\n", up.token());
    let mut callers = vec![];
    for _ in 0..CONNECTIONS {
        callers.push((Connection::open(host).await?, headers.clone()));
    }
    load_with(callers, length, move |(mut connection, headers)| async move {
        let started = Instant::now();
        let answer = connection.post("/v1/payments/wallet/open", &headers, &body()).await?;
        ensure!(answer.status == 201, "status {}", answer.status);
        if let Some(interval) = interval {
            tokio::time::sleep(interval.saturating_sub(started.elapsed())).await;
        }
        Ok((connection, headers))
    })
    .await
}

/// Gives a command every few milliseconds and asks for its row at once, with
/// its consistency token.
async fn probe(up: &Up, length: Duration) -> Result<Measured> {
    let (commands, queries) = up.hosts();
    let mut commands = Connection::open(commands).await?;
    let mut queries = Connection::open(queries).await?;
    let bearer = format!("Authorization: Bearer {}\r\n", up.token());
    let (begin, mut times) = (Instant::now(), vec![]);
    while begin.elapsed() < length + Duration::from_secs(1) {
        let answer = commands.post("/v1/payments/wallet/open", &bearer, &body()).await?;
        let answered = Instant::now();
        let token = answer.header("consistency-token").context("no token")?.to_owned();
        let body: Value = serde_json::from_slice(&answer.body)?;
        let id = body.pointer("/data/id").and_then(Value::as_str).context("no id")?;
        let query = format!(r#"{{"query":"{{ wallet(id: \"{id}\") {{ id }} }}"}}"#);
        let headers = format!("{bearer}Consistency-Token: {token}\r\n");
        let read = queries.post("/graphql", &headers, &query).await?;
        let read: Value = serde_json::from_slice(&read.body)?;
        ensure!(read.pointer("/data/wallet/id").is_some(), "the row was not there: {read}");
        times.push(answered.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(Measured::of(times, length))
}
