//! Measures the projector on a database that this fills with a library's log.
//!
//! `cargo run --release -p projector --example measure -- URL [EVENTS] [TENANTS] [PART …]`
//!
//! The parts are stream, rebuild, verify and live; sealed adds a tenant with
//! personal data first. The part cold, alone, measures a log before and after
//! all of it was moved into cold storage.
//!
//! The URL is that of a superuser and an empty database, or of one that this
//! has filled before.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails is none")]

#[path = "measure/cooled.rs"]
mod cooled;
#[path = "measure/written.rs"]
mod written;

use std::{
    path::Path,
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::Utc;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use domain::kernel::{
    Actor, Date, Encoded, EventCodec, Id, Kind, Personal, Registry, Text, Timestamp,
    testing::toy::{Book, BookEvent, Loan, LoanEvent, Toy},
};
use event_store::{
    Append, CommandRecord, Log, NewEvent, PgLog,
    history::EVENT_COLUMNS,
    keys::{KeyRing, MasterKeys},
    pg::{PgLogSettings, Signals, migrate, provision},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use projector::{Phase, Progress, Projector, Scope, Settings, create_tables, rebuild, verify};
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;
use written::{Writer, fill};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let config: Config = args.next().unwrap().parse().unwrap();
    let mut number = |default: u64| args.next().map_or(default, |text| text.parse().unwrap());
    let (events, tenants) = (number(2_000_000), number(4));
    let parts: Vec<String> = args.collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|named| named == part);
    let registry = Arc::new(Registry::of::<Toy>().unwrap());
    let mut admin = connect(&config).await;
    let mut total = prepare(&mut admin, &registry, tenants, events).await;
    let owner = pool(&config, "tenantry_owner");
    let master =
        Arc::new(MasterKeys::open_or_create(Path::new(KEYS), Timestamp::default()).unwrap());
    let keys = Arc::new(KeyRing::new(pool(&config, "tenantry_owner"), master.clone()));
    if parts.iter().any(|named| named == "sealed") {
        sealed(&config, &admin, master).await;
        total = u32::try_from(admin.query_one(COUNT, &[]).await.unwrap().get::<_, i64>(0)).unwrap();
    }
    for _ in 0..2 {
        if wanted("stream") {
            rate("streamed by query", total, streamed(&admin)).await;
            rate("streamed by COPY", total, copied(&admin)).await;
        }
        for read_model in ["shelf", "on_loan"].into_iter().filter(|_| wanted("rebuild")) {
            let phases = Arc::<Phases>::default();
            let seen = phases.clone();
            let tell = move |progress: Progress| seen.enter(progress.phase);
            let rebuilding = rebuild(&owner, &registry, &keys, read_model, tell);
            let rebuilt = rate(&format!("rebuilt {read_model}"), total, rebuilding).await;
            println!("    {} rows, {}", rebuilt.unwrap().rows, phases.told());
        }
    }
    if parts.iter().any(|named| named == "cold") {
        cooled::measure(&config, &admin, &registry, total).await;
        return;
    }
    if wanted("verify") {
        let scope = Scope::default();
        let verifying = verify(&owner, &registry, &keys, &scope, |_| {});
        let verified = rate("verified", total, verifying).await.unwrap();
        println!("    {} rows compared, {} differences", verified.rows, verified.found);
    }
    if wanted("live") {
        live(&config, &admin, (&registry, &keys)).await;
    }
}

const COUNT: &str = "SELECT coalesce(sum(position), 0)::bigint FROM log.heads";
const KEYS: &str = "/tmp/tenantry-measure.keys";

/// One more tenant: loans to so many people, through the log, which seals who
/// they are.
async fn sealed(config: &Config, admin: &Client, master: Arc<MasterKeys>) {
    let tenant = Ulid::generate();
    provision(admin, tenant, "a library with people").await.unwrap();
    let end = CancellationToken::new();
    let settings = PgLogSettings { keys: master, ..PgLogSettings::default() };
    let log = PgLog::start(pool(config, "tenantry_command"), &Signals::silent(), &settings, &end);
    let people: Vec<Ulid> = (0..PEOPLE).map(|_| Ulid::generate()).collect();
    let book = Id::new(Ulid::generate());
    let codec = EventCodec::<Loan>::new();
    let appends = (0..LOANS).map(|number| {
        let whose = *people.get(number % PEOPLE).unwrap();
        let borrower = Personal::from(Text::parse("Thandi Nkosi").unwrap()).about(whose);
        let until = Date::from_ymd(2026, 1, 15).unwrap();
        let event = LoanEvent::Lent { number: number as u64, book, borrower, until };
        append(tenant, &codec.encode(&event).unwrap())
    });
    let acquired =
        BookEvent::Acquired { isbn: Text::of(book), title: Text::parse("Emma").unwrap() };
    let acquired = EventCodec::<Book>::new().encode(&acquired).unwrap();
    let first =
        Append { stream_type: Book::TYPE, stream: book.ulid(), ..append(tenant, &acquired) };
    log.append(first).await.unwrap();
    let started = Instant::now();
    let mut appending = stream::iter(appends.map(|it| log.append(it))).buffer_unordered(256);
    while let Some(appended) = appending.next().await {
        appended.unwrap();
    }
    println!("{LOANS} sealed events of {PEOPLE} people written in {:.2?}", started.elapsed());
    end.cancel();
}

fn append(tenant: Ulid, event: &Encoded) -> Append {
    Append {
        events: vec![NewEvent::from(event.clone())],
        ..Append::of(
            tenant,
            Loan::TYPE,
            Ulid::generate(),
            CommandRecord::new(
                Ulid::generate(),
                Actor::system("measure"),
                Timestamp::from(Utc::now()),
            ),
        )
    }
}

/// People, and what is lent to them all in all.
const PEOPLE: usize = 10_000;
const LOANS: usize = 100_000;

/// Fills the database if it is empty, and says how many events there are.
async fn prepare(admin: &mut Client, registry: &Registry, tenants: u64, events: u64) -> u32 {
    migrate(admin).await.unwrap();
    create_tables(admin, registry).await.unwrap();
    let there: i64 = admin.query_one(COUNT, &[]).await.unwrap().get(0);
    if there == 0 {
        for _ in 0..tenants {
            fill(admin, events / tenants).await;
        }
        admin.batch_execute("VACUUM ANALYZE log.events").await.unwrap();
        admin.batch_execute("CHECKPOINT").await.unwrap();
    }
    u32::try_from(admin.query_one(COUNT, &[]).await.unwrap().get::<_, i64>(0)).unwrap()
}

/// When each phase was begun.
#[derive(Default)]
struct Phases(Mutex<Vec<(Phase, Instant)>>);

impl Phases {
    fn enter(&self, phase: Phase) {
        let mut phases = self.0.lock().unwrap();
        if phases.last().is_none_or(|(last, _)| *last != phase) {
            phases.push((phase, Instant::now()));
        }
    }

    fn told(&self) -> String {
        let phases = self.0.lock().unwrap();
        let ends = phases.iter().skip(1).map(|(_, begun)| *begun).chain([Instant::now()]);
        let lasted = phases
            .iter()
            .zip(ends)
            .map(|((phase, begun), end)| format!("{phase} {:.2?}", end.duration_since(*begun)));
        lasted.collect::<Vec<_>>().join(", ")
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn pool(config: &Config, role: &str) -> Pool {
    let mut config = config.clone();
    config.options(format!("-c role={role}"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling)).max_size(4).build().unwrap()
}

async fn rate<T>(what: &str, events: u32, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = work.await;
    let took = started.elapsed();
    println!("{what:<28} {:>8.0} events/s  {took:>8.2?}", f64::from(events) / took.as_secs_f64());
    result
}

/// The plainest way to see every event, in order, tenant by tenant.
async fn streamed(admin: &Client) -> usize {
    let sql = format!("SELECT {EVENT_COLUMNS} FROM log.events ORDER BY tenant_id, position");
    let statement = admin.prepare(&sql).await.unwrap();
    let mut rows = pin!(admin.query_raw(&statement, [] as [i32; 0]).await.unwrap());
    let mut seen = 0;
    while rows.try_next().await.unwrap().is_some() {
        seen += 1;
    }
    seen
}

async fn copied(admin: &Client) -> usize {
    let sql = format!(
        "COPY (SELECT {EVENT_COLUMNS} FROM log.events ORDER BY tenant_id, position)
         TO STDOUT (FORMAT binary)"
    );
    let mut pieces = pin!(admin.copy_out(&sql).await.unwrap());
    let mut seen = 0;
    while let Some(piece) = pieces.try_next().await.unwrap() {
        seen += Bytes::len(&piece);
    }
    seen
}

/// Folds one more tenant's backlog, then event by event.
async fn live(config: &Config, admin: &Client, (registry, keys): (&Arc<Registry>, &Arc<KeyRing>)) {
    let pool = pool(config, "tenantry_projector");
    for (tenants, events, sharing) in
        [(1, 200_000, 64), (500, 400, 64), (500, 10, 64), (500, 10, 1)]
    {
        let settings = Settings { tenants: sharing, ..Settings::default() };
        let mut projector = Projector::new(pool.clone(), registry.clone(), keys.clone(), settings);
        projector.step_until_idle().await.unwrap();
        for _ in 0..tenants {
            fill(admin, events).await;
        }
        let total = u32::try_from(tenants * events).unwrap();
        let what = format!("{tenants} behind, {sharing} share");
        let stepped = rate(&what, total, projector.step_until_idle()).await.unwrap();
        println!("    {stepped:?}");
    }
    for (what, kept_rows) in [("rows kept", 20_000), ("no rows kept", 0)] {
        let settings = Settings { kept_rows, ..Settings::default() };
        let mut projector = Projector::new(pool.clone(), registry.clone(), keys.clone(), settings);
        let mut writer = Writer::new(admin, Ulid::generate()).await;
        writer.books(1).await;
        let (mut steps, mut looks) = (vec![], vec![]);
        for _ in 0..1_000 {
            writer.renew().await;
            let started = Instant::now();
            projector.step().await.unwrap();
            steps.push(started.elapsed());
            let started = Instant::now();
            projector.step().await.unwrap();
            looks.push(started.elapsed());
        }
        let (median, slow) = (at(&mut steps, 50), at(&mut steps, 99));
        println!("one event, {what:<17} {median:?} (p50), {slow:?} (p99)");
        println!("    looking alone {:?} (p50)", at(&mut looks, 50));
    }
}

fn at(durations: &mut [Duration], percent: usize) -> Duration {
    durations.sort();
    durations.get(durations.len() * percent / 100).copied().unwrap_or_default()
}
