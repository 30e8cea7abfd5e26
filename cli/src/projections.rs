//! `tenantry projections` and `rebuild`: the versions of read models, how far
//! they are, and which of them are read.

use std::{sync::Arc, time::Instant};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use domain::kernel::Registry;
use event_store::{TenantId, keys::KeyRing};
use projector::{Build, Progress, Projection, RebuildOrder, TableState};
use serde_json::{Value, json};
use service::{
    config::Config,
    database::{Database, DatabaseRole},
};
use tokio_postgres::Client;

use crate::{
    print,
    progress::Bar,
    quarantine::{self, QuarantineAction},
    roles, say,
};

#[derive(Args, Debug)]
pub(crate) struct Rebuild {
    /// Which read model. By default all those that have no table yet.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: Option<String>,
    /// Throw away what an interrupted rebuild has loaded.
    #[arg(long, requires = "read_model")]
    pub(crate) anew: bool,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Projections {
    #[command(subcommand)]
    pub(crate) action: Option<ProjectionsAction>,
    /// One JSON object per version and line, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Name so many of the tenants that are furthest behind.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) worst: usize,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ProjectionsAction {
    /// Let readers see the version before. Its table must be up to date.
    Rollback(Switch),
    /// Let readers see the version again that was rolled back.
    Forward(Switch),
    /// Drop the table of a version that is not read any more.
    Drop {
        /// Which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
        /// Which version; by default all before the one that is read.
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// See to streams that a read model cannot take.
    Quarantine {
        #[command(subcommand)]
        action: QuarantineAction,
    },
    /// Let a rebuild wait.
    Pause {
        /// Which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
    },
    /// Let a rebuild go on.
    Resume {
        /// Which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Switch {
    /// Which read model.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: String,
    /// Even if that shows less than readers have seen already.
    #[arg(long)]
    pub(crate) behind: bool,
}

/// Connections of a rebuild.
const CONNECTIONS: usize = 4;

/// Shows what there is, or changes what is read.
pub(crate) async fn run(
    config: &Config,
    registry: &Arc<Registry>,
    options: &Projections,
) -> Result<()> {
    let database = connect(config).await?;
    let mut client = database.raw().get().await?;
    let client: &mut Client = &mut client;
    match &options.action {
        None => show(&projector::projections(client, options.worst).await?, options.json),
        Some(ProjectionsAction::Rollback(Switch { read_model, behind })) => {
            let switched = projector::roll_back(client, read_model, *behind).await?;
            say(&format!("{read_model}: readers see version {} again", switched.to));
        }
        Some(ProjectionsAction::Forward(Switch { read_model, behind })) => {
            let switched = projector::roll_forward(client, read_model, *behind).await?;
            say(&format!("{read_model}: readers see version {} again", switched.to));
        }
        Some(ProjectionsAction::Drop { read_model, version }) => {
            let dropped = projector::drop_versions(client, read_model, *version).await?;
            if dropped.is_empty() {
                say(&format!("{read_model}: there is no version before the one that is read"));
            }
            for table in dropped {
                say(&format!("dropped read.{table}"));
            }
        }
        Some(ProjectionsAction::Quarantine { action }) => {
            quarantine::run(&database, roles::history(config)?, registry, action).await?;
        }
        Some(ProjectionsAction::Pause { read_model }) => {
            projector::pause(client, read_model).await?;
            say(&format!("{read_model}: the rebuild waits"));
        }
        Some(ProjectionsAction::Resume { read_model }) => {
            projector::resume(client, read_model).await?;
            say(&format!("{read_model}: the rebuild goes on"));
        }
    }
    Ok(())
}

async fn connect(config: &Config) -> Result<Database> {
    Ok(Database::connect(&config.database, DatabaseRole::Owner, CONNECTIONS).await?)
}

fn show(projections: &[Projection], json: bool) {
    if json {
        for projection in projections {
            print(&as_json(projection).to_string());
        }
        return;
    }
    let heading = ["READ MODEL", "VERSION", "STATE", "BEHIND", "SECONDS", "TENANTS", "STUCK"];
    let lines = projections.iter().map(|it| {
        let state = match (&it.shows, it.state) {
            (Some(shown), TableState::Unbuilt | TableState::Aside) => {
                format!("{}, shows {shown}", it.state.name())
            }
            _ => it.state.name().to_owned(),
        };
        [
            it.read_model.clone(),
            it.version.to_string(),
            state,
            it.events_behind.to_string(),
            format!("{:.1}", it.seconds_behind),
            it.tenants_behind.to_string(),
            it.stuck.to_string(),
        ]
    });
    let lines: Vec<_> = std::iter::once(heading.map(str::to_owned)).chain(lines).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..heading.len()).map(|column| width(column).unwrap_or(0)).collect();
    let told = std::iter::once(None).chain(projections.iter().map(Some));
    for (line, projection) in lines.iter().zip(told) {
        let cells = line.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        print(cells.collect::<Vec<_>>().join("  ").trim_end());
        let Some(projection) = projection else { continue };
        if let Some(build) = &projection.build {
            print(&format!("  {}", told_of(build)));
        }
        for lag in &projection.worst {
            let (tenant, events) = (TenantId(lag.tenant), lag.events);
            print(&format!("  {tenant} is {events} events, {:.1} s behind", lag.seconds));
        }
    }
}

fn told_of(build: &Build) -> String {
    let Build { phase, done, total, rows, .. } = build;
    let rate = build.rate.map_or_else(String::new, |rate| format!(", {rate:.0} events/s"));
    let end = match build.left() {
        _ if build.paused => ", paused".to_owned(),
        Some(left) => format!(", {} s left", left.as_secs()),
        None if build.is_under_way() => String::new(),
        None => ", interrupted: `tenantry rebuild` goes on with it".to_owned(),
    };
    format!("{phase}: {done} of {total} events, {rows} rows{rate}{end}")
}

fn as_json(projection: &Projection) -> Value {
    let build = projection.build.as_ref().map(|build| {
        json!({
            "phase": build.phase,
            "paused": build.paused,
            "under_way": build.is_under_way(),
            "done_events": build.done,
            "total_events": build.total,
            "rows": build.rows,
            "events_per_second": build.rate,
            "seconds_left": build.left().map(|left| left.as_secs()),
        })
    });
    let worst = projection.worst.iter().map(|lag| {
        json!({
            "tenant": TenantId(lag.tenant).to_string(),
            "events": lag.events,
            "seconds": lag.seconds,
        })
    });
    json!({
        "read_model": projection.read_model,
        "version": projection.version,
        "table": projection.consumer,
        "state": projection.state.name(),
        "shows": projection.shows,
        "events_behind": projection.events_behind,
        "seconds_behind": projection.seconds_behind,
        "tenants_behind": projection.tenants_behind,
        "tenants_stuck": projection.stuck,
        "furthest_behind": worst.collect::<Vec<_>>(),
        "build": build,
    })
}

/// The declared read models that have no table yet.
pub(crate) async fn unbuilt(client: &Client, registry: &Registry) -> Result<Vec<String>> {
    let sql = "SELECT consumer FROM log.read_tables WHERE state = 'unbuilt'";
    let rows = client.query(sql, &[]).await?;
    let unbuilt: Vec<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let declared = registry.read_models().iter();
    let declared = declared.filter(|entry| unbuilt.contains(&entry.table_name()));
    Ok(declared.map(|entry| entry.name.to_owned()).collect())
}

/// Fills the table of one read model, or of all that have none.
pub(crate) async fn rebuild(
    config: &Config,
    registry: &Arc<Registry>,
    options: &Rebuild,
) -> Result<()> {
    let database = connect(config).await?;
    let names = if let Some(name) = &options.read_model {
        vec![name.clone()]
    } else {
        unbuilt(&*database.raw().get().await?, registry).await?
    };
    if names.is_empty() {
        say("every read model has its table; name one to fill it anew");
        return Ok(());
    }
    build_all(config, &database, registry, &names, options.anew).await
}

async fn build_all(
    config: &Config,
    database: &Database,
    registry: &Arc<Registry>,
    names: &[String],
    anew: bool,
) -> Result<()> {
    let keys = roles::key_ring(config, DatabaseRole::Owner, &roles::history(config)?).await?;
    let mut failed = vec![];
    for name in names {
        if let Err(error) = build(database, registry, &keys, name, anew).await {
            say(&format!("{name}: {error}"));
            failed.push(name.as_str());
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("not built: {}", failed.join(", ")) }
}

async fn build(
    database: &Database,
    registry: &Arc<Registry>,
    keys: &Arc<KeyRing>,
    name: &str,
    anew: bool,
) -> Result<()> {
    let bar = Bar::counting("events");
    let moving = bar.clone();
    let started = Instant::now();
    let tell = move |at: Progress| moving.at(at.done, at.total, at.phase.to_string());
    let pool = database.raw();
    let order = RebuildOrder { read_model: name, anew };
    let rebuilt = projector::rebuild(pool, registry, keys, order, tell).await;
    bar.end();
    let rebuilt = rebuilt?;
    let resumed = match rebuilt.resumed {
        0 => String::new(),
        tenants => format!(" ({tenants} tenants had been loaded before)"),
    };
    say(&format!(
        "{} rows from {} events in {:.1} s{resumed}; readers see them as {name}",
        rebuilt.rows,
        rebuilt.events,
        started.elapsed().as_secs_f64(),
    ));
    Ok(())
}

/// Builds what has no table yet, while everything runs.
pub(crate) async fn build_missing(config: Config, registry: Arc<Registry>) {
    let built = async {
        let database = connect(&config).await?;
        let names = unbuilt(&*database.raw().get().await?, &registry).await?;
        if names.is_empty() {
            return Ok(());
        }
        build_all(&config, &database, &registry, &names, false).await
    };
    if let Err(error) = built.await {
        tracing::error!(%error, "read models are not built; `tenantry rebuild` tries it again");
    }
}
