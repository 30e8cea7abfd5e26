//! `tenantry tenant cool`, `warm` and `show`.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use event_store::{
    TenantId,
    cold::{self, Bounds, CoolOrder, Cooled, Cooler, Standing},
    history::{History, Session},
    pg::{TenantRead, uuid},
};
use service::{
    config::Config,
    database::{Database, DatabaseRole},
};

use crate::{
    options::Place,
    print,
    progress::Bar,
    proof,
    roles::{self, COLD_CONNECTIONS},
    say,
};

#[derive(Args, Debug)]
pub(crate) struct Cool {
    /// Whose events; those of all tenants by default.
    pub(crate) tenant: Option<TenantId>,
    /// How old events are that are moved: 90d, 12h, 30m or 0s.
    #[arg(long, value_name = "AGE")]
    pub(crate) older_than: Age,
    /// The fewest events of a tenant that are moved together; by default
    /// `cold.least_events`.
    #[arg(long, value_name = "EVENTS")]
    pub(crate) least: Option<u64>,
    /// Only tell what would be moved.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A span of time, as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age(pub(crate) Duration);

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// As long as the configuration allows.
const LONGEST: Duration = Duration::from_secs(36_500 * DAY);

impl FromStr for Age {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a number and d, h, m or s, like 90d, got {text:?}");
        let (number, unit) =
            text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(expected)?;
        let number: u64 = number.parse().map_err(|_| expected())?;
        let seconds = match unit {
            "d" => DAY,
            "h" => 60 * 60,
            "m" => 60,
            "s" => 1,
            _ => return Err(expected()),
        };
        let age = Duration::from_secs(number.saturating_mul(seconds));
        if age > LONGEST {
            return Err(format!("expected at most {}d, got {text}", LONGEST.as_secs() / DAY));
        }
        Ok(Self(age))
    }
}

#[derive(Args, Debug)]
pub(crate) struct Warm {
    /// Whose events.
    pub(crate) tenant: TenantId,
    /// Only segments with events behind this position; all by default.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
}

/// Moves what is old of one tenant, or of all, into cold storage.
pub(crate) async fn cool(place: &Place, options: &Cool) -> Result<()> {
    let config = place.config()?;
    let keyring = proof::keys(&config).context("only what is sealed can be moved")?;
    let history = history(&config)?;
    let segments = roles::segments(&config);
    let segments = cold::Segments { least: options.least.unwrap_or(segments.least), ..segments };
    let database = connect(&config).await?;
    let cooler = Cooler::new(database.raw().clone(), keyring, history, segments);
    let recorded_by = DateTime::<Utc>::from(service::now()) - options.older_than.0;
    let tenants = match options.tenant {
        Some(tenant) => vec![tenant.0],
        None => cooler.tenants().await?,
    };
    let mut failed = vec![];
    for tenant in tenants {
        let order = CoolOrder { tenant, recorded_by };
        let tenant = TenantId(tenant);
        match cool_one(&cooler, order, options.dry_run, segments.least).await {
            Ok(done) => print(&format!("{tenant}  {done}")),
            Err(error) => {
                say(&format!("{tenant}  {error:#}"));
                failed.push(tenant.to_string());
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("not moved: {}", failed.join(", ")) }
}

async fn cool_one(cooler: &Cooler, order: CoolOrder, dry_run: bool, least: u64) -> Result<String> {
    let bounds = cooler.bounds(order).await?;
    Ok(if dry_run {
        planned(&bounds, least)
    } else {
        told(&bounds, &move_all(cooler, order, &bounds).await?)
    })
}

async fn move_all(cooler: &Cooler, order: CoolOrder, bounds: &Bounds) -> Result<Cooled> {
    let mut all = Cooled::default();
    let bar = Bar::counting("events");
    let of = bounds.until().saturating_sub(bounds.cold);
    while let Some(cooled) = cooler.cool(order).await? {
        all.events += cooled.events;
        all.segments += cooled.segments;
        all.bytes += cooled.bytes;
        bar.at(all.events, of, "cooling");
    }
    bar.end();
    Ok(all)
}

/// What would be moved.
fn planned(bounds: &Bounds, least: u64) -> String {
    let events = bounds.until().saturating_sub(bounds.cold);
    let what = match events {
        events if events < least => {
            format!("nothing to move: {events} events, the fewest to be moved are {least}")
        }
        events => format!("{events} events would be moved"),
    };
    format!("{what}; {}", why(bounds))
}

fn told(bounds: &Bounds, cooled: &Cooled) -> String {
    let Cooled { events, segments, bytes } = cooled;
    format!("{events} events moved into {segments} segments of {bytes} bytes; {}", why(bounds))
}

/// What sets the bounds.
fn why(bounds: &Bounds) -> String {
    let Bounds { head, cold, sealed, old, slowest } = bounds;
    let seen = match slowest {
        Some((consumer, position)) => {
            format!(", seen by all consumers up to {position} ({consumer})")
        }
        None => String::new(),
    };
    format!("it was cold up to {cold} of {head}, is old up to {old}, sealed up to {sealed}{seen}")
}

/// Brings cold events of a tenant back into the database.
pub(crate) async fn warm(place: &Place, options: &Warm) -> Result<()> {
    let config = place.config()?;
    let (history, database) = (history(&config)?, connect(&config).await?);
    let mut all = cold::Warmed::default();
    let bar = Bar::counting("events");
    while let Some(warmed) =
        cold::warm(database.raw(), &history, options.tenant.0, options.after).await?
    {
        all.events += warmed.events;
        all.segments += warmed.segments;
        bar.at(all.events, all.events, "warming");
    }
    bar.end();
    print(&format!(
        "{}  {} events of {} segments brought back; their objects stay where they are",
        options.tenant, all.events, all.segments
    ));
    Ok(())
}

/// Tells where a tenant's log stands.
pub(crate) async fn show(place: &Place, tenant: TenantId) -> Result<()> {
    let config = place.config()?;
    let database = Database::connect(&config.database, DatabaseRole::Owner, 1).await?;
    let client = database.raw().get().await?;
    let session = TenantRead { client: &client, tenant: tenant.0 };
    let sql = "SELECT tenant.name, head.position, head.erasures,
             (SELECT max(size) FROM log.tree_checkpoints WHERE tenant_id = $1)
         FROM log.tenants AS tenant JOIN log.heads AS head USING (tenant_id)
         WHERE tenant.tenant_id = $1";
    let rows = session.rows(sql, &[&uuid(tenant.0)]).await?;
    let Some(row) = rows.first() else { bail!("tenant {tenant} has no log here") };
    let standing = cold::standing(&session, tenant.0).await?;
    let sql = "SELECT consumer, position FROM log.checkpoints
         WHERE tenant_id = $1 ORDER BY position, consumer";
    let consumers = session.rows(sql, &[&uuid(tenant.0)]).await?;
    let name: String = row.try_get(0)?;
    let (events, erasures): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
    let sealed: Option<i64> = row.try_get(3)?;
    print(&format!("tenant     {tenant}\nname       {name}\nevents     {events}"));
    print(&format!("sealed     up to {}", sealed.unwrap_or(0)));
    print(&format!("cold       {}", shown(&standing)));
    print(&format!("erasures   {erasures}"));
    for row in consumers {
        let (consumer, position): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        print(&format!("consumer   {position:>10}  {consumer}"));
    }
    Ok(())
}

fn shown(standing: &Standing) -> String {
    let Standing { segments, until, bytes, text_bytes, kept, .. } = standing;
    match standing.recorded_at {
        None => "nothing".to_owned(),
        Some(time) => format!(
            "up to {until}, recorded by {}; {segments} segments of {bytes} bytes, {text_bytes} \
             unpacked; {kept} of these events, the last of their streams, are in the database too",
            time.format("%Y-%m-%dT%H:%M:%SZ")
        ),
    }
}

async fn connect(config: &Config) -> Result<Database> {
    Ok(Database::connect(&config.database, DatabaseRole::Cold, COLD_CONNECTIONS).await?)
}

/// What reads cold events; an error where no place is known.
fn history(config: &Config) -> Result<History> {
    if config.cold.place.is_empty() {
        bail!("no place for cold events is known; name a folder or a URL in cold.place");
    }
    roles::history(config)
}
