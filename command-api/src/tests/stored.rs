//! Over a log in PostgreSQL.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::kernel::Registry;
use event_store::{
    PgLog,
    keys::MasterKeys,
    pg::{Channel, PgLogSettings, Signals, migrate, provision, uuid},
};
use futures_util::future::join_all;
use serde_json::json;
use service::postgres::{Options, Postgres};
use tokio_postgres::{Client, NoTls};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{
    batches,
    repeated::storm,
    site::{Parts, Site, told},
};
use crate::{PgReadModels, parcel::Town};

struct Stored {
    site: Site,
    owner: Client,
    signals: Signals,
    _database: Database,
}

/// A database that is gone with its owner.
struct Database {
    server: Postgres,
    name: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        // This runtime may be at its end: the database is dropped from another.
        let Self { server, name } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let _left = runtime.unwrap().block_on(server.drop_database(name));
            });
        });
    }
}

async fn stored() -> Stored {
    let folder = std::env::temp_dir().join("tenantry-command-api-tests");
    let server = tokio::task::spawn_blocking(|| Options::new(folder).throwaway().share());
    let server = server.await.unwrap().unwrap();
    let name = format!("api_{}", Ulid::generate().to_string().to_lowercase());
    let url = server.create_database(&name, None).await.unwrap();
    let (mut owner, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    migrate(&mut owner).await.unwrap();
    owner.batch_execute("SET ROLE tenantry_owner").await.unwrap();
    let tenant = Ulid::generate();
    provision(&owner, tenant, "somebody").await.unwrap();
    let mut config: tokio_postgres::Config = url.parse().unwrap();
    config.options("-c role=tenantry_command");
    let shutdown = CancellationToken::new();
    let signals = Signals::start(config.clone(), Duration::from_millis(1), shutdown.clone());
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(10)
        .runtime(Runtime::Tokio1)
        .build()
        .unwrap();
    let keys = Arc::new(MasterKeys::ephemeral().unwrap());
    let settings = PgLogSettings { keys, ..PgLogSettings::default() };
    let log = PgLog::start(pool.clone(), &signals, &settings, &shutdown);
    let registry = Registry::of::<Town>().unwrap();
    let mut parts = Parts::with(log);
    parts.read_models = Some(PgReadModels::new(&registry, pool, signals.clone()));
    Stored { site: Site::of(tenant, parts), owner, signals, _database: Database { server, name } }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_repetitions_is_one_command() {
    let stored = stored().await;
    storm(&stored.site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_repeated_batches_is_one_batch() {
    let stored = stored().await;
    batches::storm(&stored.site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn racers_take_turns_and_numbers_have_no_gaps() {
    let Stored { site, _database, .. } = stored().await;
    let books = join_all((0..20).map(|number| {
        let site = &site;
        async move { site.book(&number.to_string()).await }
    }))
    .await;
    join_all(books.iter().map(|book| site.loan(book))).await;
    let events = site.events().await;
    let positions: Vec<u64> = events.iter().map(|event| event.envelope.position).collect();
    assert_eq!(positions, (1..=40).collect::<Vec<_>>());
    // The same book again, by many at once: one of them gets it.
    let returned = site.post(
        &format!("/v1/library/loan/{}/return", site.loan(&site.book("21").await).await),
        &json!({}),
    );
    assert_eq!(told(returned).await.status, 200);
    let book = site.book("22").await;
    let body = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
    let raced = join_all((0..20).map(|_| told(site.post("/v1/library/loan/lend", &body)))).await;
    let count = |status: u16| raced.iter().filter(|told| told.status == status).count();
    assert_eq!((count(201), count(409)), (1, 19));
}

/// Writes that somebody's read models have come to a position, and tells it.
async fn arrive(stored: &Stored, consumer: &str, position: i64) {
    let Stored { site, owner, signals, .. } = stored;
    let sql = "INSERT INTO log.checkpoints (consumer, tenant_id, position) VALUES ($1, $2, $3)
         ON CONFLICT (consumer, tenant_id) DO UPDATE SET position = excluded.position";
    owner.execute(sql, &[&consumer, &uuid(site.tenant), &position]).await.unwrap();
    let hint = format!("{}:{position}", uuid(site.tenant));
    signals.send(Channel::Read, [Arc::from(hint)].into_iter());
}

/// A command whose client waits for a second.
fn waiting(site: &Site) -> reqwest::RequestBuilder {
    let id = Ulid::generate();
    let body = json!({ "isbn": id.to_string()[6..], "title": "One" });
    site.post("/v1/library/book/acquire", &body).header("Prefer", "wait=1")
}

fn consumers() -> Vec<String> {
    let registry = Registry::of::<Town>().unwrap();
    registry.read_models().iter().map(domain::kernel::ReadModelEntry::table_name).collect()
}

/// Two read models come to a position, the second late.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_all_read_models() {
    let stored = stored().await;
    let nobody_came = told(waiting(&stored.site)).await;
    assert_eq!((nobody_came.status, nobody_came.header("preference-applied")), (201, None));
    let late = async {
        for consumer in &consumers() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            arrive(&stored, consumer, 2).await;
        }
    };
    let (came, ()) = tokio::join!(told(waiting(&stored.site)), late);
    assert_eq!((came.status, came.header("preference-applied")), (201, Some("wait=1")));
    assert_eq!(came.body["data"]["position"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_does_not_wait_for_what_was_never_built() {
    let stored = stored().await;
    let consumers = consumers();
    let (unbuilt, built) = consumers.split_first().unwrap();
    for consumer in built {
        arrive(&stored, consumer, 1_000).await;
    }
    let applied = async || {
        let answer = told(waiting(&stored.site)).await;
        answer.header("preference-applied").map(str::to_owned)
    };
    let declared = "INSERT INTO log.read_tables (consumer, read_model, version, state, columns)
         VALUES ($1, 'new', 1, 'unbuilt', '[]')";
    stored.owner.execute(declared, &[unbuilt]).await.unwrap();
    assert_eq!(applied().await.as_deref(), Some("wait=1"));
    // Once there is something to read, it has to come as well.
    let shown = "UPDATE log.read_tables SET state = 'live', shows = consumer";
    stored.owner.execute(shown, &[]).await.unwrap();
    assert_eq!(applied().await, None);
    arrive(&stored, unbuilt, 1_000).await;
    assert_eq!(applied().await.as_deref(), Some("wait=1"));
}
