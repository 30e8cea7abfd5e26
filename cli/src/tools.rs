//! The tools: each does one thing and ends.

use std::{io::Write, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use domain::kernel::{ActorKind, Domain, ReactionEntry, ReadModelEntry, Registry};
use event_store::{
    Commands, PgLog, TenantId, catalogue,
    pg::{self, Signals},
};
use service::{
    auth::{Issuer, Key, TokenRequest},
    config::Config,
    database::{Database, DatabaseRole},
};
use tokio_util::sync::CancellationToken;

use crate::{
    demo,
    place::owner,
    print, print_differences,
    progress::Bar,
    projections,
    replay::{self, Replay},
    roles, say,
};

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Other seeds make other histories.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Days of history, up to yesterday.
    #[arg(long, default_value_t = 56)]
    pub(crate) days: u32,
    /// Make about so many events instead of the usual amount.
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Token {
    /// The bearer's tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// The bearer's own id in the tenant.
    #[arg(long, default_value = "admin")]
    pub(crate) subject: String,
    /// A role of the bearer, repeatable: admin, member, viewer, auditor.
    #[arg(long = "role", value_name = "ROLE", default_value = "admin")]
    pub(crate) roles: Vec<String>,
    /// How long it is good for, in seconds; the configured time by default.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) lifetime: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// One read model; all by default.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: Option<String>,
    /// One tenant; all by default.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// The tenants from this one on, in the order of their ids.
    #[arg(long, value_name = "TENANT", conflicts_with = "tenant")]
    pub(crate) from: Option<TenantId>,
}

#[derive(Args, Debug)]
pub(crate) struct Describe {
    /// What to print.
    #[arg(value_enum)]
    pub(crate) what: What,
}

/// What is generated from the declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The command API as an OpenAPI 3.1 document.
    Openapi,
    /// The events as an AsyncAPI 3.0 document.
    Asyncapi,
    /// The query API as a GraphQL schema.
    Graphql,
    /// The read tables as SQL.
    Tables,
}

/// Connections of a tool.
const CONNECTIONS: usize = 4;

/// Brings a database up to date: the log, the read tables, the reactions.
pub(crate) async fn migrate(config: &Config, registry: &Registry) -> Result<()> {
    let mut client = owner(config).await?;
    pg::migrate(&mut client).await?;
    for table in projector::create_tables(&mut client, registry).await? {
        say(&format!("created read.{table}"));
    }
    for unbuilt in projections::unbuilt(&client, registry).await? {
        say(&format!("{unbuilt} has no table of its own yet: run `tenantry rebuild {unbuilt}`"));
    }
    worker::register(&mut client, registry).await?;
    say("the database is up to date");
    Ok(())
}

/// Fills the demo tenants through a command path of its own.
pub(crate) async fn demo<D: Domain>(config: &Config, options: &Demo) -> Result<()> {
    let demo = demo::Demo::until_yesterday(service::now());
    let demo = demo::Demo { seed: options.seed, days: options.days, ..demo };
    let demo = options.events.map_or(demo, |events| demo.of_events(events));
    fill::<D>(config, &owner(config).await?, &demo).await
}

/// Gives the demo's tenants their logs, and their history through a command
/// path that ends with it.
pub(crate) async fn fill<D: Domain>(
    config: &Config,
    owner: &tokio_postgres::Client,
    demo: &demo::Demo,
) -> Result<()> {
    for tenant in demo.tenants() {
        pg::provision(owner, tenant.id, tenant.name).await?;
    }
    let database = Database::connect(&config.database, DatabaseRole::Command, CONNECTIONS).await?;
    let end = CancellationToken::new();
    let signals = roles::signals(config, &database, &end);
    let settings = roles::log_settings(config, &roles::history(config)?)?;
    let log = PgLog::start(database.raw().clone(), &signals, &settings, &end);
    let bar = Bar::counting("commands");
    let moving = bar.clone();
    let tell = move |at: demo::Progress| moving.at(at.commands, at.of, "demo history");
    let done = demo::run(&Commands::new::<D>(log), demo, tell).await;
    bar.end();
    say(&format!("the demo tenants have their history: {} commands", done?.commands));
    // The last wake-ups leave with the next interval.
    tokio::time::sleep(config.log.notify_interval + Duration::from_millis(50)).await;
    end.cancel();
    Ok(())
}

pub(crate) fn token(config: &Config, options: &Token) -> Result<()> {
    let key = Key::open(Path::new(&config.auth.signing_key_file))?;
    let token = Issuer::new(&key, &config.auth)?.mint(&TokenRequest {
        tenant: options.tenant.0,
        subject: options.subject.clone(),
        roles: options.roles.clone(),
        lifetime: options.lifetime.map(Duration::from_secs),
        kind: ActorKind::User,
    })?;
    print(&token);
    Ok(())
}

pub(crate) async fn replay(config: &Config, registry: &Registry, options: &Replay) -> Result<()> {
    let database = Database::connect(&config.database, DatabaseRole::Query, CONNECTIONS).await?;
    let end = CancellationToken::new();
    let signals = Signals::silent();
    let settings = roles::log_settings(config, &roles::history(config)?)?;
    let log = PgLog::start(database.raw().clone(), &signals, &settings, &end);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let shown = replay::run(&*log, registry, options, &mut out).await;
    match shown.and_then(|()| Ok(out.flush()?)) {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(()),
        ended => ended,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Whether the tables hold what the log says.
pub(crate) async fn verify(
    config: &Config,
    registry: &Arc<Registry>,
    options: &Verify,
) -> Result<bool> {
    let database = Database::connect(&config.database, DatabaseRole::Owner, CONNECTIONS).await?;
    let history = roles::history(config)?;
    let keys = roles::key_ring(config, DatabaseRole::Owner, &history).await?;
    let bar = Bar::counting("events");
    let moving = bar.clone();
    let scope = projector::Scope {
        read_model: options.read_model.clone(),
        tenant: options.tenant.map(|tenant| tenant.0),
        from: options.from.map(|tenant| tenant.0),
    };
    let tell = move |at: projector::Progress| moving.at(at.done, at.total, at.phase.to_string());
    let verified = projector::verify(database.raw(), registry, &keys, &scope, tell).await;
    bar.end();
    let verified = verified?;
    let differences = print_differences(&verified.differences, verified.found);
    say(&format!(
        "{} rows of {} tenants compared with a fresh fold of {} events: {differences}",
        verified.rows, verified.tenants, verified.events,
    ));
    if verified.quarantined + verified.discarded > 0 {
        say(&format!(
            "left out of read models: {} quarantined streams, {} discarded events \
             (`tenantry projections quarantine list`)",
            verified.quarantined, verified.discarded
        ));
    }
    Ok(verified.found == 0)
}

pub(crate) fn describe(registry: &Arc<Registry>, what: What) -> Result<()> {
    let text = match what {
        What::Openapi => serde_json::to_string_pretty(&command_api::openapi(registry))
            .context("writing the OpenAPI document")?,
        What::Asyncapi => serde_json::to_string_pretty(&catalogue::asyncapi(registry))
            .context("writing the AsyncAPI document")?,
        What::Graphql => query_api::sdl(registry)?,
        What::Tables => {
            registry.read_models().iter().map(projector::ddl).collect::<Vec<_>>().join("\n")
        }
    };
    print(text.trim_end());
    Ok(())
}

/// Waits until the read tables and the reactions have seen all that is in the
/// logs now.
pub(crate) async fn caught_up(client: &tokio_postgres::Client, registry: &Registry) -> Result<()> {
    // What nobody follows any more comes no further, what is not built yet has
    // not begun, and a reaction may be about to begin.
    let behind = "SELECT count(*) FROM log.heads AS h
         CROSS JOIN (
             SELECT consumer FROM log.read_tables WHERE state = 'live' AND consumer = ANY ($1)
             UNION ALL
             SELECT unnest($2::text[])
         ) AS followed
         LEFT JOIN log.checkpoints AS c USING (consumer, tenant_id)
         WHERE h.position > coalesce(c.position, 0)";
    let tables: Vec<String> =
        registry.read_models().iter().map(ReadModelEntry::table_name).collect();
    let reactions: Vec<String> = registry.reactions().iter().map(ReactionEntry::consumer).collect();
    loop {
        let rows: i64 = client.query_one(behind, &[&tables, &reactions]).await?.try_get(0)?;
        if rows == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
