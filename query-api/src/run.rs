//! The process.

use std::{io, sync::Arc};

use actix_web::web::Data;
use domain::kernel::Registry;
use event_store::{
    integrity::{Keyring, Proofs},
    keys::KeyRing,
    pg::Signals,
};
use service::{
    auth::Verifier,
    config::Config,
    database::Database,
    health::Health,
    http::{Limits, Listener, Server, serve},
    shutdown::Shutdown,
};

use crate::{
    catalogue::Catalogue,
    engine::Engine,
    http::{State, routes},
    limits::Busy,
    live::Tides,
    persisted::{ListError, Persisted},
    reading::Store,
    rows::Shared,
    schema::{self, NoSchema},
    settings::Settings,
};

/// What queries are answered from.
#[derive(Clone)]
pub struct Resources {
    /// Everything that is declared.
    pub registry: Arc<Registry>,
    /// The database, in the role `tenantry_query`.
    pub database: Database,
    /// The keys of personal data, over connections of their own: they are
    /// looked up while a request holds one of the database's.
    pub keys: Arc<KeyRing>,
    /// Hints that read models have moved on.
    pub signals: Signals,
    /// Who is asking.
    pub verifier: Verifier,
    /// The keys of checkpoints; absent where logs are not sealed.
    pub keyring: Option<Keyring>,
}

/// Why queries are not, or no longer, answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is no schema.
    #[error(transparent)]
    NoSchema(#[from] NoSchema),
    /// The queries that are allowed are not known.
    #[error(transparent)]
    List(#[from] ListError),
    /// The system failed the server.
    #[error("the query server failed: {0}")]
    Server(#[from] io::Error),
}

/// Serves GraphQL until the end begins, then finishes what is under way.
///
/// # Errors
/// When the read models make no schema, or the system fails the server.
pub async fn run(
    listener: Listener,
    config: &Config,
    resources: Resources,
    shutdown: &Shutdown,
) -> Result<(), QueryError> {
    let database = resources.database.clone();
    let health = Health::new(shutdown).check("database", move || {
        let database = database.clone();
        async move { database.ping().await }
    });
    let settings = Settings::from(&config.query_api);
    let engine = engine(&resources, &settings, config, shutdown)?;
    let verifier = resources.verifier.clone();
    let pool = resources.database.raw();
    let history = resources.keys.history().clone();
    let proofs =
        resources.keyring.map(|keyring| Proofs::new(pool.clone(), keyring).with_history(history));
    let state = Data::new(State { engine, verifier, proofs, shutdown: shutdown.clone() });
    let server = Server {
        limits: Limits::from(&config.query_api),
        threads: config.query_api.threads,
        grace: config.shutdown.grace,
    };
    tracing::info!(address = %listener.address(), "serving GraphQL");
    serve(listener, server, shutdown, move |config| {
        health.routes(config);
        routes(config, &state);
    })
    .await?;
    Ok(())
}

pub(crate) fn engine(
    resources: &Resources,
    settings: &Settings,
    config: &Config,
    shutdown: &Shutdown,
) -> Result<Arc<Engine>, QueryError> {
    let registry = resources.registry.clone();
    let catalogue = Catalogue::of(&registry).map_err(NoSchema::from)?;
    let consumers = catalogue.models.iter().map(|model| model.consumer.clone()).collect();
    let shared = Arc::new(Shared { catalogue, registry, settings: settings.clone() });
    let store = Store::new(&resources.database, resources.keys.clone());
    let tides = Tides::start(
        store.clone(),
        consumers,
        &resources.signals,
        config.log.poll_interval,
        shutdown.token().clone(),
    );
    Ok(Arc::new(Engine {
        schema: schema::build(&shared)?,
        shared,
        store,
        tides,
        persisted: Persisted::of_file(&config.query_api.allowed_queries)?,
        busy: Busy::default(),
        followed: Busy::default(),
    }))
}
