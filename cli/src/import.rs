//! `tenantry import`: moving in from another event store.

use std::{fmt::Write, fs, path::PathBuf, sync::Arc};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use domain::kernel::Registry;
use event_store::{
    TenantId,
    import::{self, OrderRule, Report, Rules, TenantRule},
    keys::KeyRing,
};
use service::database::DatabaseRole;
use tokio_postgres::{Client, NoTls};

use crate::{options::Place, place::owner, print, print_differences, progress::Bar, roles, say};

#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) from: ImportFrom,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ImportFrom {
    /// Import the events of a postgres-es database. Run again, it goes on with
    /// what is new.
    PostgresEs(Box<PostgresEs>),
    /// Print the SQL of a read-only view of an imported tenant's log, in the
    /// shape of the table it came from.
    CompatibilityView {
        /// The tenant.
        #[arg(long, value_name = "TENANT")]
        tenant: TenantId,
    },
}

#[derive(Args, Debug)]
pub(crate) struct PostgresEs {
    /// The database to import from.
    #[arg(long, value_name = "URL", env = "TENANTRY_SOURCE", hide_env_values = true)]
    pub(crate) source: String,
    /// Its table of events.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// All events are this tenant's, by id or name.
    #[arg(long, value_name = "TENANT", group = "whose")]
    pub(crate) tenant: Option<String>,
    /// The tenant stands under this key of the metadata.
    #[arg(long, value_name = "KEY", group = "whose")]
    pub(crate) tenant_metadata: Option<String>,
    /// The tenant is what the parentheses of this regular expression match in
    /// the id of the aggregate, for example '^([^:]+):'.
    #[arg(long, value_name = "REGEX", group = "whose")]
    pub(crate) tenant_pattern: Option<String>,
    /// The tenant is what this SQL expression gives for a row named `event`.
    #[arg(long, value_name = "SQL", group = "whose")]
    pub(crate) tenant_sql: Option<String>,
    /// Give tenants that have no log here one.
    #[arg(long)]
    pub(crate) create_tenants: bool,
    /// What events of different streams are put in order by: column:NAME or
    /// metadata:KEY, which hold a time, or physical, as they lie in the table.
    /// By default the column `timestamp`, or physical where there is none.
    #[arg(long, value_name = "RULE")]
    pub(crate) order: Option<OrderRule>,
    /// A TOML file with these rules, and those for names of types, events and
    /// fields.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Store in the open what is declared as personal, rather than sealed: it
    /// cannot be erased then.
    #[arg(long)]
    pub(crate) open_personal_data: bool,
    /// Look at everything and say what would be done; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Afterwards, compare a view of the source with a read model.
    #[arg(long, value_name = "VIEW:READ_MODEL", value_parser = views)]
    pub(crate) diff_view: Vec<(String, String)>,
}

fn views(text: &str) -> Result<(String, String), String> {
    let (view, read_model) =
        text.split_once(':').ok_or_else(|| "expected VIEW:READ_MODEL".to_owned())?;
    Ok((view.to_owned(), read_model.to_owned()))
}

/// How many differences of a view are told.
const TOLD: usize = 100;

/// Imports, or prints what was asked for. Answers whether nothing differs that
/// was to be compared.
pub(crate) async fn run(place: &Place, registry: &Arc<Registry>, from: ImportFrom) -> Result<bool> {
    match from {
        ImportFrom::CompatibilityView { tenant } => {
            print(import::compatibility_view(tenant.0).trim_end());
            Ok(true)
        }
        ImportFrom::PostgresEs(options) => postgres_es(place, registry, &options).await,
    }
}

async fn postgres_es(
    place: &Place,
    registry: &Arc<Registry>,
    options: &PostgresEs,
) -> Result<bool> {
    let rules = rules(options)?;
    let mut source = source(&options.source).await?;
    let config = place.config()?;
    let mut target = owner(&config).await?;
    let wanted = import::Import {
        rules,
        dry_run: options.dry_run,
        create_tenants: options.create_tenants,
        open_personal_data: options.open_personal_data,
    };
    let bar = Bar::counting("events");
    let moving = bar.clone();
    let tell = move |at: import::Progress| moving.at(at.done, at.of, at.doing);
    let keys = roles::key_ring(&config, DatabaseRole::Command, &roles::history(&config)?).await?;
    let report = import::import(&mut source, &mut target, &keys, registry, &wanted, &tell).await;
    bar.end();
    let report = report?;
    print(told(&report, options.dry_run).trim_end());
    if !report.faults.is_empty() {
        bail!("the import cannot be done as it stands");
    }
    let mut equal = true;
    if !options.dry_run {
        for (view, read_model) in &options.diff_view {
            let target = (&target, &*keys);
            equal &= compare(&source, target, registry, view, read_model).await?;
        }
    }
    Ok(equal)
}

/// The rules of the file, and over them those of the command line.
fn rules(options: &PostgresEs) -> Result<Rules> {
    let mut rules = match &options.rules {
        Some(file) => {
            let text =
                fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            toml::from_str(&text).with_context(|| format!("reading {}", file.display()))?
        }
        None => Rules::default(),
    };
    let tenant = options
        .tenant
        .clone()
        .map(TenantRule::Constant)
        .or_else(|| options.tenant_metadata.clone().map(TenantRule::Metadata))
        .or_else(|| options.tenant_pattern.clone().map(TenantRule::Pattern))
        .or_else(|| options.tenant_sql.clone().map(TenantRule::Sql));
    rules.tenant = tenant.or(rules.tenant);
    rules.order = options.order.clone().or(rules.order);
    rules.table = options.table.clone().unwrap_or(rules.table);
    Ok(rules)
}

async fn source(url: &str) -> Result<Client> {
    let config: tokio_postgres::Config = url.parse().context("the source's URL cannot be read")?;
    let (client, connection) =
        config.connect(NoTls).await.context("cannot connect to the source")?;
    tokio::spawn(connection);
    Ok(client)
}

/// A report in words.
fn told(report: &Report, dry_run: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_report(&mut text, report, dry_run);
    text
}

fn write_report(text: &mut String, report: &Report, dry_run: bool) -> std::fmt::Result {
    let found = report.found;
    writeln!(
        text,
        "source   {} events in {} streams; {} were imported before, {} are new",
        found.events, found.streams, found.present, found.new
    )?;
    writeln!(text, "order    {}", report.order)?;
    writeln!(
        text,
        "ids      {} streams keep theirs, {} get one derived from type and id",
        found.kept_ids,
        found.streams.saturating_sub(found.kept_ids)
    )?;
    writeln!(text, "tenants")?;
    for landing in &report.tenants {
        let new = if landing.new { ", new" } else { "" };
        let tenant = TenantId(landing.tenant);
        writeln!(text, "  {tenant}  {}  {} events{new}", landing.named, landing.events)?;
    }
    if !report.mapped.is_empty() {
        write_events(text, report)?;
    }
    for name in &report.personal {
        let how = if report.sealed { "sealed" } else { "stored in the open" };
        writeln!(text, "note: {name} holds personal data, which is {how}")?;
    }
    for fault in &report.faults {
        writeln!(text, "cannot be imported: {fault}")?;
    }
    match (dry_run, report.faults.is_empty()) {
        (true, true) => writeln!(text, "nothing was written: this was a dry run"),
        (true, false) => writeln!(text, "nothing was written, and nothing would be"),
        (false, _) => writeln!(
            text,
            "{} events were imported; the logs hold what the source holds",
            report.imported
        ),
    }
}

/// What became of the names, in columns.
fn write_events(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(text, "events")?;
    let sources = report.mapped.iter().map(|mapped| {
        let (kind, event, version) = &mapped.source;
        format!("{kind} {event} {version}")
    });
    let rows: Vec<_> = sources.zip(&report.mapped).collect();
    let width = rows.iter().map(|(source, _)| source.chars().count()).max().unwrap_or(0);
    let name = |mapped: &import::Mapped| format!("{} v{}", mapped.name, mapped.schema_version);
    let names = report.mapped.iter().map(|mapped| name(mapped).chars().count()).max().unwrap_or(0);
    for (source, mapped) in rows {
        let unknown = if mapped.declared { "" } else { "  not declared here, stored as it is" };
        let (name, events) = (name(mapped), mapped.events);
        writeln!(text, "  {source:width$}  →  {name:names$}  {events:>8}{unknown}")?;
    }
    Ok(())
}

async fn compare(
    source: &Client,
    target: (&Client, &KeyRing),
    registry: &Registry,
    view: &str,
    read_model: &str,
) -> Result<bool> {
    let report = import::compare_view(source, target, registry, view, read_model).await?;
    let found = report.differences.len();
    let first = report.differences.iter().take(TOLD);
    let first = first.map(|difference| format!("{read_model} {difference}"));
    let differences = print_differences(first, found as u64);
    if !report.apart.is_empty() {
        let names: Vec<&str> = report.apart.iter().map(String::as_str).collect();
        say(&format!("not compared, as only one side has it: {}", names.join(", ")));
    }
    say(&format!("{} rows of {view} compared with {read_model}: {differences}", report.rows));
    Ok(found == 0)
}
