//! Serves a library with many books, to look at GraphiQL and to measure lists:
//! `cargo run -p query-api --example library -- 127.0.0.1:8081 200000`.
//!
//! Prints the address and a token. The data folder is `target/library`.

use std::{sync::Arc, time::Duration};

use domain::kernel::{ActorKind, Registry, testing::TENANT, testing::toy::Toy};
use event_store::{
    keys::{KeyRing, NoKeys},
    pg::{Signals, migrate, provision, uuid},
};
use projector::create_tables;
use query_api::{Resources, run};
use secrecy::SecretString;
use service::{
    auth::{Issuer, Key, TokenRequest, Verifier},
    config::Config,
    database::{Database, DatabaseRole},
    http::bind,
    postgres::Options,
    shutdown::Shutdown,
};
use tokio_postgres::{Client, NoTls};

/// Books, a third of them out.
const BOOKS: &str = "
    INSERT INTO read.shelf_v1
    SELECT $1, gen_random_uuid(), 'Volume ' || n, n % 17 = 0, n % 9,
        timestamptz '2026-01-01' - n * interval '1 minute', NULL, n
    FROM generate_series(1, $2::bigint) AS n";

const LOANS: &str = "
    INSERT INTO read.on_loan_v1
    SELECT $1, gen_random_uuid(), row_number() OVER (), book, NULL, NULL,
        date '2026-01-31' - (updated_position % 120)::integer,
        CASE WHEN updated_position % 5 = 0 THEN 'reminded' ELSE 'fine' END, '[]', updated_position
    FROM read.shelf_v1 WHERE updated_position % 3 = 0";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let books: i64 = arguments.next().unwrap_or_else(|| "1000".to_owned()).parse()?;

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/library");
    let postgres = Options::new(folder).throwaway().start()?;
    let registry = Arc::new(Registry::of::<Toy>()?);
    let (mut admin, connection) = tokio_postgres::connect(&postgres.url(), NoTls).await?;
    tokio::spawn(connection);
    migrate(&mut admin).await?;
    create_tables(&mut admin, &registry).await?;
    fill(&admin, books).await?;

    let mut config = Config::default();
    config.database.url = SecretString::from(postgres.url());
    config.query_api.development = true;
    let key = Key::generate()?;
    let token = Issuer::new(&key, &config.auth)?.mint(&TokenRequest {
        tenant: TENANT,
        subject: "thandi".to_owned(),
        roles: vec!["viewer".to_owned()],
        lifetime: Some(Duration::from_hours(12)),
        kind: ActorKind::User,
    })?;
    let shutdown = Shutdown::on_signals()?;
    let connections = config.database.query_connections;
    let database = Database::connect(&config.database, DatabaseRole::Query, connections).await?;
    let interval = config.log.notify_interval;
    let connecting = database.connecting().clone();
    let signals = Signals::start(connecting, interval, shutdown.token().clone());
    let verifier = Verifier::new(&key, &config.auth);
    let listener = bind(&address)?;
    say(&format!("http://{}/graphiql\n{token}", listener.address()))?;
    // What this fills its tables with is not personal.
    let keys = Arc::new(KeyRing::new(database.raw().clone(), Arc::new(NoKeys)));
    let resources = Resources { registry, database, keys, signals, verifier, keyring: None };
    run(listener, &config, resources, &shutdown).await?;
    Ok(())
}

async fn fill(admin: &Client, books: i64) -> Result<(), tokio_postgres::Error> {
    provision(admin, TENANT, "the library").await?;
    let there = admin.query_one("SELECT count(*) FROM read.shelf_v1", &[]).await?;
    if there.get::<_, i64>(0) == books {
        return Ok(());
    }
    admin.batch_execute("TRUNCATE read.shelf_v1, read.on_loan_v1").await?;
    admin.execute(BOOKS, &[&uuid(TENANT), &books]).await?;
    admin.execute(LOANS, &[&uuid(TENANT)]).await?;
    admin.batch_execute("ANALYZE read.shelf_v1, read.on_loan_v1").await
}

fn say(text: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{text}")
}
