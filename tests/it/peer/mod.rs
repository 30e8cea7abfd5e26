//! The same aggregates on both stores: on postgres-es through cqrs-es, and on
//! our log. What they do is the same, but for the peer's known defects; and
//! what the peer has stored can be imported.

mod compatibility;
mod defects;
mod importing;
mod personal;
mod refusing;
mod tally;
mod views;

use std::{collections::HashMap, sync::Arc};

use cqrs_es::{AggregateError, DomainEvent, event_sink::EventSink};
use domain::kernel::{
    Actor, Aggregate, Domain, EventCodec, Facts, Interpreter, Referenced, Registry, Timestamp,
    rejection_code, testing::toy::Library, variant_name,
};
use event_store::{
    CommandError, Commands, Log, Order, PgLog, decode,
    keys::{KeyEncryption, KeyRing, MasterKeys},
    pg::{PgLogSettings, Signals},
};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use tests::Database;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// Everything that these tests keep on both stores.
pub(crate) struct Both;

impl Domain for Both {
    fn declare(to: &mut impl Interpreter) {
        domain::Platform::declare(to);
        to.context::<Library>();
        to.context::<tally::Counting>();
    }
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::of::<Both>().unwrap())
}

fn keys(database: &Database, master: Arc<dyn KeyEncryption>) -> KeyRing {
    KeyRing::new(database.pool("tenantry_command").unwrap(), master)
}

/// An aggregate as a team would write it for cqrs-es.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
struct Peer<A: Aggregate>(A);

/// Its events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
struct PeerEvent<A: Aggregate>(A::Event);

impl<A: Aggregate> DomainEvent for PeerEvent<A> {
    fn event_type(&self) -> String {
        variant_name(&self.0).unwrap().to_owned()
    }
    fn event_version(&self) -> String {
        let name = variant_name(&self.0).unwrap();
        let codec = EventCodec::<A>::new();
        let version = codec.shapes().find(|(shape, _)| *shape == name).unwrap().1;
        format!("{version}.0")
    }
}

/// Why the peer's aggregate refuses: our code.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

impl<A: Aggregate> cqrs_es::Aggregate for Peer<A> {
    const TYPE: &'static str = A::TYPE;
    type Command = (A::Command, Facts);
    type Event = PeerEvent<A>;
    type Error = Refused;
    type Services = ();

    async fn handle(
        &mut self,
        (command, facts): Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refused> {
        let events = self
            .0
            .decide(command, &facts)
            .map_err(|reason| Refused(rejection_code::<A>(variant_name(&reason).unwrap())))?;
        for event in events {
            sink.write(PeerEvent(event), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: PeerEvent<A>) {
        self.0.evolve(&event.0);
    }
}

/// What the peer's own script creates, and the column of its older versions.
const TABLES: &str = "
    CREATE TABLE events (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL,
        event_version text NOT NULL,
        payload json NOT NULL,
        metadata json NOT NULL,
        timestamp timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );
    CREATE TABLE snapshots (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        last_sequence bigint CHECK (last_sequence >= 0) NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL,
        payload json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
    );";

/// A command at a moment.
#[derive(Clone)]
struct Asked<A: Aggregate> {
    tenant: Ulid,
    id: Ulid,
    command: A::Command,
    now: Timestamp,
}

impl<A: Aggregate> Asked<A> {
    fn facts(&self) -> Facts {
        Facts {
            tenant: self.tenant,
            target: self.id,
            actor: Actor::system("test"),
            now: self.now,
            command_id: Ulid::generate(),
            correlation_id: Ulid::generate(),
            causation_id: None,
            reason: None,
            referenced: Referenced::default(),
        }
    }
}

/// The peer's side of a test.
struct PeerStore {
    database: Database,
    pool: PgPool,
}

impl PeerStore {
    async fn new() -> Self {
        let database = Database::new().await.unwrap();
        database.owner().await.unwrap().batch_execute(TABLES).await.unwrap();
        let pool = PgPool::connect(&database.url).await.unwrap();
        Self { database, pool }
    }

    fn framework<A: Aggregate>(&self) -> PostgresCqrs<Peer<A>> {
        postgres_cqrs(self.pool.clone(), vec![], ())
    }

    /// Gives a command, as a service for several tenants would.
    async fn give<A: Aggregate>(&self, asked: &Asked<A>) -> Result<(), String> {
        let metadata = HashMap::from([
            ("tenant".to_owned(), format!("tnt_{}", asked.tenant)),
            ("time".to_owned(), asked.now.to_string()),
            ("user".to_owned(), "thandi".to_owned()),
        ]);
        let given = (asked.command.clone(), asked.facts());
        let id = asked.id.to_string();
        match self.framework::<A>().execute_with_metadata(&id, given, metadata).await {
            Ok(()) => Ok(()),
            Err(AggregateError::UserError(Refused(code))) => Err(code),
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs SQL in the peer's database.
    async fn run(&self, sql: &str) {
        self.database.owner().await.unwrap().batch_execute(sql).await.unwrap();
    }
}

/// Our side of a test.
struct OurStore {
    database: Database,
    /// What the keys of tenants are encrypted with.
    master: Arc<MasterKeys>,
    log: Arc<PgLog>,
    commands: Arc<Commands>,
    _end: tokio_util::sync::DropGuard,
}

impl OurStore {
    async fn new() -> Self {
        let database = Database::new().await.unwrap();
        let end = CancellationToken::new();
        let master = Arc::new(MasterKeys::ephemeral().unwrap());
        let log = log(&database, master.clone(), &end);
        let commands = Commands::new::<Both>(log.clone());
        Self { database, master, log, commands, _end: end.drop_guard() }
    }

    fn keys(&self) -> KeyRing {
        keys(&self.database, self.master.clone())
    }

    async fn give<A: Aggregate>(&self, asked: &Asked<A>) -> Result<(), String> {
        let facts = asked.facts();
        let order = Order {
            correlation_id: facts.correlation_id,
            ..Order::new(
                facts.command_id,
                asked.tenant,
                (A::TYPE, asked.id),
                serde_json::to_vec(&asked.command).unwrap(),
                (facts.actor, asked.now),
            )
        };
        match self.commands.execute(order).await {
            Ok(_) => Ok(()),
            Err(CommandError::Refused { code, .. }) => Err(code),
            Err(error) => panic!("{error}"),
        }
    }

    /// All events of a tenant, as far as both stores know of them.
    async fn events(&self, tenant: Ulid) -> Vec<Seen> {
        events(&self.log, tenant).await
    }
}

fn log(database: &Database, keys: Arc<MasterKeys>, end: &CancellationToken) -> Arc<PgLog> {
    let pool = database.pool("tenantry_command").unwrap();
    let settings = PgLogSettings { keys, ..PgLogSettings::default() };
    PgLog::start(pool, &Signals::silent(), &settings, end)
}

async fn events(log: &PgLog, tenant: Ulid) -> Vec<Seen> {
    let registry = registry();
    let stored = log.read_tenant(tenant, 0, 100_000).await.unwrap();
    stored
        .into_iter()
        .map(|stored| {
            let version = stored.schema_version;
            let event = decode(&registry, stored).unwrap();
            let envelope = event.envelope();
            Seen {
                stream: envelope.stream_id.to_string(),
                version: envelope.version,
                name: format!("{}.{}", envelope.stream_type, event.name()),
                schema_version: version,
                fields: event.fields(),
            }
        })
        .collect()
}

/// An event, as far as both stores know of it.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    stream: String,
    version: u64,
    name: String,
    schema_version: u16,
    fields: Value,
}

/// What the stores hold of one aggregate.
#[derive(Debug, PartialEq)]
struct Held<A> {
    state: A,
    version: u64,
}

impl OurStore {
    async fn held<A: Aggregate>(&self, tenant: Ulid, id: Ulid) -> Held<A> {
        let codec = EventCodec::<A>::new();
        let mut held = Held { state: A::default(), version: 0 };
        for stored in self.log.read_stream(tenant, id, 0, 100_000).await.unwrap() {
            held.version = stored.envelope.version;
            let event = codec.decode(&stored.name, stored.schema_version, &stored.payload);
            held.state.evolve(&event.unwrap());
        }
        held
    }
}

/// Numbers that look like chance and are the same every time.
struct Chance(u64);

impl Chance {
    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        choices[usize::try_from(self.0 >> 33).unwrap() % choices.len()]
    }
}
