//! The first command to a long stream in a process that remembers nothing,
//! with a snapshot and without.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use domain::{
    Platform,
    billing::Customer,
    kernel::{Actor, Id, Kind, Timestamp},
    payments::Wallet,
};
use event_store::{
    CommandSettings, Commands, Log, Order, PgLog,
    keys::MasterKeys,
    pg::{PgLogSettings, Signals},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{
    report::{Report, Row},
    server::Server,
};

/// Events of the stream.
const EVENTS: u64 = 10_000;
/// Commands given at once while the stream is written.
const BATCH: u64 = 500;
/// Processes that load it.
const PROCESSES: u32 = 20;

struct Stream {
    log: Arc<PgLog>,
    tenant: Ulid,
}

/// One stream whose state stays small, and one whose state grows with it.
pub(crate) async fn run(server: &Server, report: &mut Report) -> Result<()> {
    let database = server.log_database("snapshots").await?;
    let tenant = Ulid::generate();
    database.provision(tenant).await?;
    let shutdown = CancellationToken::new();
    let signals = Signals::start(database.config(), Duration::from_millis(5), shutdown.clone());
    let pool = database.pool("tenantry_command", 8)?;
    let settings =
        PgLogSettings { keys: Arc::new(MasterKeys::ephemeral()?), ..PgLogSettings::default() };
    let log = PgLog::start(pool, &signals, &settings, &shutdown);
    let stream = Stream { log, tenant };

    let customer = Id::<Customer>::new(Ulid::generate());
    let open = json!({ "open": {
        "name": "A", "email": "a@example.com", "currency": "ZAR", "payment_terms_days": 30,
    } });
    let rename = |number: u64| json!({ "rename": { "name": format!("Customer {number}") } });
    let (with, without) = stream.measured(customer, &open, rename).await?;
    report.add(row("customer renamed 10000 times", with, without));

    let wallet = Id::<Wallet>::new(Ulid::generate());
    let open = json!({ "open": { "customer_id": customer, "currency": "ZAR" } });
    let credit = |number: u64| {
        json!({ "credit": {
            "reference": format!("booking-{number}"),
            "amount": { "minor": 100, "currency": "ZAR" },
            "contra_account": "bank",
        } })
    };
    let (with, without) = stream.measured(wallet, &open, credit).await?;
    report.add(row("wallet with 10000 bookings", with, without));
    shutdown.cancel();
    Ok(())
}

fn row(case: &str, with: Duration, without: Duration) -> Row {
    let [with, without] = [with, without].map(|time| time.as_secs_f64() * 1e3);
    let case = format!("{case}, first command (peer: without snapshot)");
    Row::less_is_better("snapshots", &case, "ms", with, without)
}

impl Stream {
    /// Writes a stream, and measures what a command to it takes in a process
    /// that remembers nothing: with its snapshot, and without.
    async fn measured<K: Kind>(
        &self,
        id: Id<K>,
        first: &Value,
        next: impl Fn(u64) -> Value,
    ) -> Result<(Duration, Duration)> {
        // Whether it pays is another question; here it is taken.
        let settings = CommandSettings { snapshot_gain: 0.0, ..CommandSettings::default() };
        let writer = Commands::with::<Platform>(self.log.clone(), &settings);
        writer.execute(self.order(id, first)?).await?;
        for batch in 0..EVENTS / BATCH {
            let numbers = batch * BATCH..(batch + 1) * BATCH;
            let orders: Vec<Order> =
                numbers.map(|number| self.order(id, &next(number))).collect::<Result<_>>()?;
            writer.execute_all(&orders, None).await?;
        }
        for number in EVENTS.. {
            let snapshot = self.log.snapshot(self.tenant, id.ulid()).await?;
            if snapshot.is_some_and(|snapshot| snapshot.version > EVENTS * 8 / 10) {
                break;
            }
            ensure!(number < 2 * EVENTS, "no snapshot was taken");
            // Every command offers the state again.
            writer.execute(self.order(id, &next(number))?).await?;
        }
        let with = self.loading(id, &next(0), &settings).await?;
        let off = CommandSettings { snapshot_events: 0, ..settings };
        let without = self.loading(id, &next(0), &off).await?;
        Ok((with, without))
    }

    /// How long the first command takes, which is decided but not stored.
    async fn loading<K: Kind>(
        &self,
        id: Id<K>,
        command: &Value,
        settings: &CommandSettings,
    ) -> Result<Duration> {
        let mut taken = Duration::ZERO;
        for _ in 0..PROCESSES {
            let process = Commands::with::<Platform>(self.log.clone(), settings);
            let order = Order { validate_only: true, ..self.order(id, command)? };
            let started = Instant::now();
            process.execute(order).await?;
            taken += started.elapsed();
        }
        taken.checked_div(PROCESSES).context("nothing was measured")
    }

    fn order<K: Kind>(&self, id: Id<K>, command: &Value) -> Result<Order> {
        Ok(Order::new(
            Ulid::generate(),
            self.tenant,
            (K::TYPE, id.ulid()),
            serde_json::to_vec(command)?,
            (Actor::system("bench"), Timestamp::from_micros(1_768_467_600_000_000)),
        ))
    }
}
