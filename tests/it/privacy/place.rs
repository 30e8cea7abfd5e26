//! A log with customers in it.

use std::{sync::Arc, time::Duration};

use domain::{
    Platform,
    kernel::{Actor, Registry, Timestamp},
};
use event_store::{
    CommandError, Commands, Log, Order, PgLog, Receipt,
    keys::{EraseError, Erased, Erasure, KeyEncryption, KeyRing, MasterKeys, erase},
    pg::{PgLogSettings, Signals},
};
use serde_json::{Value, json};
use tests::Database;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// A database with a tenant, and a log under one master key.
pub(super) struct Place {
    pub(super) database: Database,
    pub(super) tenant: Ulid,
    pub(super) master: Arc<MasterKeys>,
    pub(super) log: Arc<PgLog>,
    pub(super) commands: Arc<Commands>,
    pub(super) registry: Registry,
    shutdown: CancellationToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Place {
    pub(super) async fn new() -> Self {
        let database = Database::new().await.unwrap();
        let tenant = database.tenant().await.unwrap();
        let master = Arc::new(MasterKeys::ephemeral().unwrap());
        let shutdown = CancellationToken::new();
        let log = log(&database, master.clone(), &shutdown);
        let commands = Commands::new::<Platform>(log.clone());
        let registry = Registry::of::<Platform>().unwrap();
        Self { database, tenant, master, log, commands, registry, shutdown }
    }

    /// Another process on the same database.
    pub(super) fn another(&self, keys: Arc<dyn KeyEncryption>) -> Arc<PgLog> {
        log(&self.database, keys, &self.shutdown)
    }

    /// Keys as a process finds them that has just started.
    pub(super) fn ring(&self) -> KeyRing {
        KeyRing::new(self.database.pool("tenantry_query").unwrap(), self.master.clone())
    }

    pub(super) async fn give(
        &self,
        commands: &Commands,
        customer: Ulid,
        command: Value,
    ) -> Result<Receipt, CommandError> {
        let order = Order::new(
            Ulid::generate(),
            self.tenant,
            ("customer", customer),
            serde_json::to_vec(&command).unwrap(),
            (Actor::system("test"), Timestamp::from_micros(1_760_000_000_000_000)),
        );
        commands.execute(order).await
    }

    pub(super) async fn open(&self, email: &str) -> Result<Ulid, CommandError> {
        let customer = Ulid::generate();
        let command = json!({ "open": {
            "name": "Karoo Kitchen", "email": email, "currency": "ZAR", "payment_terms_days": 30,
        } });
        self.give(&self.commands, customer, command).await.map(|_| customer)
    }

    /// The fields of a customer's events as a process shows them that has just
    /// started.
    pub(super) async fn shown(&self, customer: Ulid) -> Vec<Value> {
        let log = self.another(self.master.clone());
        let events = log.read_stream(self.tenant, customer, 0, 100).await.unwrap();
        let decoded = events
            .into_iter()
            .map(|event| event_store::decode(&self.registry, event).unwrap().fields());
        decoded.collect()
    }

    pub(super) async fn erase(&self, subject: Ulid) -> Result<Erased, EraseError> {
        let erasure = Erasure {
            tenant: self.tenant,
            subject,
            actor: "user:officer".to_owned(),
            reason: "asked for it".to_owned(),
        };
        let mut owner = self.database.owner().await.unwrap();
        erase(&mut owner, &self.registry, self.log.keys(), &erasure).await
    }
}

fn log(
    database: &Database,
    keys: Arc<dyn KeyEncryption>,
    shutdown: &CancellationToken,
) -> Arc<PgLog> {
    let signals = Signals::start(database.config(), Duration::from_millis(5), shutdown.clone());
    let pool = database.pool("tenantry_command").unwrap();
    let settings = PgLogSettings { keys, ..PgLogSettings::default() };
    PgLog::start(pool, &signals, &settings, shutdown)
}
