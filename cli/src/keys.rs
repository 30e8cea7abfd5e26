//! `tenantry keys`: the master keys of personal data.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use domain::kernel::Timestamp;
use event_store::{
    TenantId,
    keys::{KeyEncryption, MasterKeys, NoKeys, retire, rotate},
    pg,
};
use service::config::Config;
use tokio_postgres::Client;

use crate::{options::Place, place::owner, print, say};

#[derive(Args, Debug)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum KeysAction {
    /// Make the file of master keys, with a first key in it.
    Create {
        /// Where; by default what `keys.file` says.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// List the master keys and how many tenants need each.
    List,
    /// Add a master key and encrypt all tenants' keys anew, and with them the
    /// keys of all people. Nothing else is rewritten.
    Rotate,
    /// Destroy the master keys that were replaced before a moment. Copies of
    /// the database from before then lose all their personal data.
    Prune {
        /// The moment, for example 2026-11-20T09:30:00Z.
        #[arg(long, value_name = "TIME")]
        before: Timestamp,
    },
}

/// What encrypts the keys of tenants here.
pub(crate) fn backend(config: &Config) -> Result<Arc<dyn KeyEncryption>> {
    if config.keys.file.is_empty() {
        return Ok(Arc::new(NoKeys));
    }
    Ok(Arc::new(MasterKeys::open(Path::new(&config.keys.file))?))
}

pub(crate) async fn run(place: &Place, action: &KeysAction) -> Result<()> {
    match action {
        KeysAction::Create { file } => create(place, file.clone()),
        KeysAction::List => {
            let config = place.config()?;
            list(&file(&config)?, &owner(&config).await?).await
        }
        KeysAction::Rotate => {
            let config = place.config()?;
            renew(&file(&config)?, &mut owner(&config).await?).await
        }
        KeysAction::Prune { before } => {
            let config = place.config()?;
            prune(&file(&config)?, &mut owner(&config).await?, *before).await
        }
    }
}

fn file(config: &Config) -> Result<MasterKeys> {
    if config.keys.file.is_empty() {
        bail!("[keys] file is not set; make one with `tenantry keys create FILE`");
    }
    Ok(MasterKeys::open(Path::new(&config.keys.file))?)
}

fn create(place: &Place, file: Option<PathBuf>) -> Result<()> {
    let configured = || {
        let config = Config::load(place.config.as_deref())?;
        Ok::<_, anyhow::Error>(match config.keys.file.as_str() {
            "" => place.master_key_file(),
            file => PathBuf::from(file),
        })
    };
    let path = file.map_or_else(configured, Ok)?;
    if path.exists() {
        bail!("{} exists already; `tenantry keys rotate` adds a key to it", path.display());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let keys = MasterKeys::open_or_create(&path, service::now())?;
    for (id, _) in keys.list() {
        print(&format!("{id}  {}", path.display()));
    }
    say("keep a copy of it apart from the database: without it, personal data is lost");
    Ok(())
}

/// How many tenants need each master key.
async fn needed(client: &Client) -> Result<BTreeMap<String, i64>> {
    let sql = "SELECT master, count(DISTINCT tenant_id) FROM log.tenant_keys GROUP BY master";
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

async fn list(keys: &MasterKeys, client: &Client) -> Result<()> {
    let mut needed = needed(client).await?;
    for (id, created_at) in keys.list() {
        let tenants = needed.remove(&id).unwrap_or(0);
        print(&format!("{id}  made {created_at}  {tenants} tenants need it"));
    }
    for (id, tenants) in needed {
        print(&format!("{id}  MISSING from the file  {tenants} tenants need it"));
    }
    Ok(())
}

async fn renew(keys: &MasterKeys, client: &mut Client) -> Result<()> {
    let id = keys.add(service::now())?;
    let (mut tenants, mut people) = (0, 0);
    for tenant in pg::tenants(client).await? {
        people += rotate(client, keys, tenant.id).await?;
        tenants += 1;
    }
    print(&id);
    say(&format!("the keys of {tenants} tenants and {people} people are encrypted anew"));
    Ok(())
}

async fn prune(
    keys: &MasterKeys,
    client: &mut Client,
    before: domain::kernel::Timestamp,
) -> Result<()> {
    for tenant in pg::tenants(client).await? {
        let masters = retire(client, tenant.id, before).await?;
        let doomed = keys
            .list()
            .into_iter()
            .rev()
            .skip(1)
            .find(|(id, made)| *made < before && masters.contains(id));
        if let Some((id, _)) = doomed {
            bail!(
                "{} still needs the master key {id}; run `tenantry keys rotate` first",
                TenantId(tenant.id)
            );
        }
    }
    let destroyed = keys.destroy_before(before)?;
    for id in &destroyed {
        print(id);
    }
    say(&format!("{} master keys are destroyed", destroyed.len()));
    Ok(())
}
