//! `tenantry past`: moments of a tenant's past, put into tables.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use domain::kernel::{ReadModelEntry, Registry};
use event_store::{
    TenantId,
    archive::Until,
    history::{History, Within},
    pg::{number, ulid, unsigned, uuid},
};
use serde_json::json;
use service::config::Config;
use tokio_postgres::{Client, types::ToSql};
use ulid::Ulid;

use crate::{place::owner, print, progress::Bar, replay::Format, roles, say};

#[derive(Args, Debug)]
pub(crate) struct Past {
    #[command(subcommand)]
    pub(crate) action: PastAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum PastAction {
    /// Ask for a moment to be put into tables, which a running projector does.
    /// Prints the id to ask for it with: `As-Of: past_01J…`.
    Start(PastStart),
    /// List those there are, and how far each is.
    List(PastList),
    /// Remove one before its time.
    Remove {
        /// Its id, `past_01J…`.
        #[arg(value_name = "PAST")]
        past: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct PastStart {
    /// Whose past.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// Which moment; now by default.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) at: Option<Until>,
    /// For how many days it is kept.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// Why it is looked at, for the record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who asked, for the record.
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) by: String,
    /// Wait until its tables are filled.
    #[arg(long)]
    pub(crate) wait: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PastList {
    /// One tenant's; all by default.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What the ids of pasts begin with.
const PREFIX: &str = "past_";

/// How often to look how far it is.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) async fn run(config: &Config, registry: &Registry, action: &PastAction) -> Result<()> {
    let client = owner(config).await?;
    match action {
        PastAction::Start(order) => start(&client, &roles::history(config)?, registry, order).await,
        PastAction::List(order) => list(&client, registry, order).await,
        PastAction::Remove { past } => remove(&client, past).await,
    }
}

async fn start(
    client: &Client,
    history: &History,
    registry: &Registry,
    order: &PastStart,
) -> Result<()> {
    let tenant = order.tenant.0;
    let position = position(client, history, tenant, order.at).await?;
    let expires_at = Utc::now() + chrono::Duration::days(order.days.into());
    let (actor, id) = (format!("operator:{}", order.by), uuid(Ulid::generate()));
    let sql = include_str!("sql/past_start.sql");
    let params: [&(dyn ToSql + Sync); 6] =
        [&uuid(tenant), &id, &number(position), &actor, &order.reason, &expires_at];
    let row = client.query_opt(sql, &params).await?.with_context(|| {
        format!(
            "the past of position {position} expires now or is being removed; ask again once \
             `tenantry past list` does not show it any more"
        )
    })?;
    let past = ulid(row.try_get(0)?);
    print(&format!("{PREFIX}{past}"));
    if order.wait { wait(client, registry, tenant, past).await } else { Ok(()) }
}

/// The position of a moment; the end of the log when nothing is said.
async fn position(
    client: &Client,
    history: &History,
    tenant: Ulid,
    at: Option<Until>,
) -> Result<u64> {
    let sql = "SELECT position FROM log.heads WHERE tenant_id = $1";
    let head = client.query_opt(sql, &[&uuid(tenant)]).await?;
    let head = head.with_context(|| format!("there is no tenant {}", TenantId(tenant)))?;
    let head = unsigned(head.try_get(0)?);
    match at {
        None => Ok(head),
        Some(Until::Position(position)) if position <= head => Ok(position),
        Some(Until::Position(position)) => {
            bail!("position {position} is not written yet: the log ends at {head}")
        }
        Some(Until::Time(time)) => {
            Ok(history.last_by(&Within(client), tenant, head, time.into()).await?)
        }
    }
}

/// Waits until its tables are filled.
async fn wait(client: &Client, registry: &Registry, tenant: Ulid, past: Ulid) -> Result<()> {
    let bar = Bar::counting("positions");
    loop {
        let rows = read(client, registry, Some(tenant)).await?;
        let found = rows.into_iter().find(|it| it.id == past);
        let Some(it) = found else {
            bar.end();
            bail!("{PREFIX}{past} was removed meanwhile");
        };
        if let Some(error) = &it.error {
            bar.end();
            bail!("{PREFIX}{past} cannot be put into tables: {error}");
        }
        bar.at(it.folded, it.of, "folding");
        if it.is_ready() {
            bar.end();
            say(&format!("{} rows; ask for it with the header As-Of: {PREFIX}{past}", it.rows));
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn list(client: &Client, registry: &Registry, order: &PastList) -> Result<()> {
    for past in read(client, registry, order.tenant.map(|tenant| tenant.0)).await? {
        print(&match order.format {
            Format::Text => past.text(),
            Format::Json => past.json().to_string(),
        });
    }
    Ok(())
}

/// Removes a past: what is left to do is left to a projector.
async fn remove(client: &Client, past: &str) -> Result<()> {
    let id = past.strip_prefix(PREFIX).and_then(|id| Ulid::from_string(id).ok());
    let id = id.with_context(|| format!("{past:?} is not the id of a past, like {PREFIX}01J…"))?;
    let sql = "UPDATE log.pasts SET expires_at = least(expires_at, now()) WHERE past_id = $1";
    if client.execute(sql, &[&uuid(id)]).await? == 0 {
        bail!("there is no past {past}; `tenantry past list` shows those there are");
    }
    say("it can be asked for no more; a projector removes its rows");
    Ok(())
}

/// A moment that was asked for, and how far its tables are.
struct Moment {
    tenant: Ulid,
    id: Ulid,
    position: u64,
    requested_by: String,
    reason: String,
    requested_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    expired: bool,
    /// Tables that are filled, and that there are to be.
    filled: u64,
    tables: u64,
    /// Positions that are folded, and that there are to fold, for all tables.
    folded: u64,
    of: u64,
    rows: u64,
    error: Option<String>,
}

async fn read(client: &Client, registry: &Registry, tenant: Option<Ulid>) -> Result<Vec<Moment>> {
    let sql = include_str!("sql/pasts.sql");
    let names: Vec<String> =
        registry.read_models().iter().map(ReadModelEntry::table_name).collect();
    let rows = client.query(sql, &[&tenant.map(uuid), &names]).await?;
    let pasts = rows.iter().map(|row| {
        let (position, tables) = (unsigned(row.try_get(2)?), names.len() as u64);
        Ok(Moment {
            tenant: ulid(row.try_get(0)?),
            id: ulid(row.try_get(1)?),
            position,
            requested_by: row.try_get(3)?,
            reason: row.try_get(4)?,
            requested_at: row.try_get(5)?,
            expires_at: row.try_get(6)?,
            expired: row.try_get(7)?,
            filled: unsigned(row.try_get(8)?),
            folded: unsigned(row.try_get(9)?),
            rows: unsigned(row.try_get(10)?),
            error: row.try_get(11)?,
            tables,
            of: position.saturating_mul(tables),
        })
    });
    Ok(pasts.collect::<Result<_, tokio_postgres::Error>>()?)
}

impl Moment {
    fn is_ready(&self) -> bool {
        !self.expired && self.filled == self.tables
    }

    fn state(&self) -> String {
        match &self.error {
            _ if self.expired => "expired".to_owned(),
            _ if self.is_ready() => "ready".to_owned(),
            Some(error) => format!("failed: {error}"),
            None => format!("filling, {}/{} tables", self.filled, self.tables),
        }
    }

    fn text(&self) -> String {
        format!(
            "{PREFIX}{}  {}  position {}  {} rows  {}  until {}  by {}: {}",
            self.id,
            TenantId(self.tenant),
            self.position,
            self.rows,
            self.state(),
            shown(self.expires_at),
            self.requested_by,
            self.reason
        )
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "past": format!("{PREFIX}{}", self.id),
            "tenant": TenantId(self.tenant).to_string(),
            "position": self.position,
            "requested_by": self.requested_by,
            "reason": self.reason,
            "requested_at": shown(self.requested_at),
            "expires_at": shown(self.expires_at),
            "ready": self.is_ready(),
            "expired": self.expired,
            "tables": self.tables,
            "filled": self.filled,
            "folded": self.folded,
            "of": self.of,
            "rows": self.rows,
            "error": self.error,
        })
    }
}

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
