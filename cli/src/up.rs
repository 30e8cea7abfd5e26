//! `tenantry up`: everything on this machine, in one process and one folder.

use std::{io::IsTerminal, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use domain::kernel::{ActorKind, Domain, Registry};
use event_store::{
    TenantId,
    keys::MasterKeys,
    pg::{self, Tenant},
};
use secrecy::SecretString;
use service::{
    auth::{Issuer, Key, TokenRequest},
    config::{Config, LogFormat},
    postgres::{Options as PostgresOptions, Postgres},
    shutdown::Shutdown,
    telemetry,
};
use ulid::Ulid;

use crate::{
    demo::Demo,
    options::{Place, Role, Up},
    place::{Endpoints, TenantAccess, owner},
    projections,
    roles::Running,
    say, tools,
};

/// Tokens in the endpoints file are good for this long.
const TOKEN_LIFETIME: Duration = Duration::from_hours(24 * 30);

/// Runs until a signal.
pub(crate) async fn run<D: Domain>(registry: &Arc<Registry>, place: &Place, up: &Up) -> Result<()> {
    std::fs::create_dir_all(&place.data)
        .with_context(|| format!("creating {}", place.data.display()))?;
    let mut config = Config::load(place.config.as_deref())?;
    if std::io::stderr().is_terminal() {
        config.telemetry.format = LogFormat::Text;
    }
    let _telemetry = telemetry::install(&config.telemetry, "tenantry")?;
    let shutdown = Shutdown::on_signals()?;
    let postgres = PostgresOptions::new(&place.data).start()?;
    // Nobody else runs on the folder: what the file says is not true any more.
    Endpoints::remove(&place.data)?;
    settle(&mut config, place, up, &postgres)?;
    let key = Key::open_or_create(Path::new(&config.auth.signing_key_file))?;
    Key::open_or_create(Path::new(&config.integrity.signing_key_file))?;
    tools::migrate(&config, registry).await?;
    let owner = owner(&config).await?;
    let running = Running::start::<D>(&config, registry, &Role::ALL, &shutdown).await?;
    let filled = async {
        if up.demo {
            let demo = Demo::until_yesterday(service::now());
            tools::fill::<D>(&config, &owner, &demo).await?;
            tools::caught_up(&owner, registry).await?;
        }
        let endpoints = endpoints(&config, &key, &owner, &running, &postgres).await?;
        endpoints.write(&place.data)?;
        greet(&endpoints, &place.data);
        // Goes on next time if this ends first.
        tokio::spawn(projections::build_missing(config.clone(), registry.clone()));
        anyhow::Ok(())
    };
    let filled = shutdown.or(filled).await.unwrap_or(Ok(()));
    if filled.is_err() {
        shutdown.begin();
    }
    let ended = keep(postgres, running, &shutdown).await;
    Endpoints::remove(&place.data)?;
    filled.and(ended)
}

/// Fills in what the folder decides.
fn settle(config: &mut Config, place: &Place, up: &Up, postgres: &Postgres) -> Result<()> {
    config.database.url = SecretString::from(postgres.url());
    let folder = place.data.join("keys");
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    for (setting, file) in [
        (&mut config.auth.signing_key_file, place.key_file()),
        (&mut config.integrity.signing_key_file, place.integrity_key_file()),
    ] {
        if setting.is_empty() {
            *setting = file.display().to_string();
        }
    }
    if config.keys.file.is_empty() {
        let file = place.master_key_file();
        MasterKeys::open_or_create(&file, service::now())?;
        config.keys.file = file.display().to_string();
    }
    if config.cold.place.is_empty() {
        config.cold.place = place.cold_folder().display().to_string();
    }
    let next = if up.port == 0 { 0 } else { up.port.saturating_add(1) };
    config.command_api.listen = format!("{}:{}", up.listen, up.port);
    config.query_api.listen = format!("{}:{next}", up.listen);
    config.query_api.development = true;
    Ok(())
}

/// Keeps PostgreSQL running as long as the roles do. A server that ends by
/// itself is started again; the roles wait for it.
async fn keep(mut postgres: Postgres, running: Running, shutdown: &Shutdown) -> Result<()> {
    let mut ending = std::pin::pin!(running.end());
    loop {
        tokio::select! {
            ended = &mut ending => return ended,
            how = postgres.ended() => {
                tracing::error!(%how, "PostgreSQL ended by itself, starting it again");
                if let Err(error) = postgres.restart() {
                    shutdown.begin();
                    return Err(error.into());
                }
            }
        }
    }
}

async fn endpoints(
    config: &Config,
    key: &Key,
    owner: &tokio_postgres::Client,
    running: &Running,
    postgres: &Postgres,
) -> Result<Endpoints> {
    let mut tenants = pg::tenants(owner).await?;
    if tenants.is_empty() {
        // Something to begin with.
        let first = Tenant { id: Ulid::generate(), name: "First tenant".to_owned() };
        pg::provision(owner, first.id, &first.name).await?;
        tenants.push(first);
    }
    let issuer = Issuer::new(key, &config.auth)?;
    let url = |address: Option<std::net::SocketAddr>| {
        address.map(|address| format!("http://{address}")).unwrap_or_default()
    };
    let query_api = url(running.query_api);
    Ok(Endpoints {
        command_api: url(running.command_api),
        graphql: format!("{query_api}/graphql"),
        console: format!("{query_api}/graphiql"),
        query_api,
        postgres: postgres.url(),
        tenants: tenants
            .into_iter()
            .map(|tenant| access(&issuer, tenant))
            .collect::<Result<_>>()?,
    })
}

fn access(issuer: &Issuer, tenant: Tenant) -> Result<TenantAccess> {
    let token = issuer.mint(&TokenRequest {
        tenant: tenant.id,
        subject: "admin".to_owned(),
        roles: vec!["admin".to_owned()],
        lifetime: Some(TOKEN_LIFETIME),
        kind: ActorKind::User,
    })?;
    Ok(TenantAccess { id: TenantId(tenant.id).to_string(), name: tenant.name, token })
}

fn greet(endpoints: &Endpoints, data: &Path) {
    let tenants: Vec<String> = endpoints
        .tenants
        .iter()
        .map(|tenant| format!("  {}  {}", tenant.id, tenant.name))
        .collect();
    say(&format!(
        "\nTenantry is running.\n\n  commands  {}/v1\n  queries   {}\n  GraphiQL  {}\n\n\
         Tenants\n{}\n\nTheir tokens are in {}. Ctrl-C ends everything.\n",
        endpoints.command_api,
        endpoints.graphql,
        endpoints.console,
        tenants.join("\n"),
        Endpoints::file(data).display(),
    ));
}
