//! `tenantry proof`: what is in the log, and that it is still what it was.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use event_store::{
    TenantId,
    integrity::{Audited, Checkpoint, Document, Keyring, Proofs, Scope, VerifierKey, audit, rows},
};
use futures_util::TryStreamExt;
use serde_json::Value;
use service::{
    config::Config,
    database::{Database, DatabaseRole},
    integrity::keyring,
};

use crate::{options::Place, print, print_differences, progress::Bar, roles, say};

#[derive(Args, Debug)]
pub(crate) struct Proof {
    #[command(subcommand)]
    pub(crate) action: ProofAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ProofAction {
    /// Print the signed root of a tenant's log.
    Checkpoint {
        #[command(flatten)]
        of: Of,
        /// The one over so many events; the last by default.
        #[arg(long, value_name = "N")]
        size: Option<u64>,
    },
    /// Prove that an event is in the log.
    Inclusion {
        #[command(flatten)]
        of: Of,
        /// The event's position.
        #[arg(long, value_name = "N")]
        position: u64,
        /// In the log of the checkpoint over so many events; of the last by default.
        #[arg(long, value_name = "N")]
        size: Option<u64>,
    },
    /// Prove that a log continues what it was before.
    Consistency {
        #[command(flatten)]
        of: Of,
        /// The size of the earlier checkpoint.
        #[arg(long, value_name = "N")]
        from: u64,
        /// The size of the later checkpoint; the last by default.
        #[arg(long, value_name = "N")]
        to: Option<u64>,
    },
    /// Print the public keys that checkpoints are verified with.
    Keys {
        #[command(flatten)]
        of: Of,
    },
    /// Print the events as they are hashed, one JSON object per line.
    Rows {
        #[command(flatten)]
        of: Of,
        /// Up to this position; that of the last checkpoint by default.
        #[arg(long, value_name = "N")]
        to: Option<u64>,
    },
    /// Check proofs with nothing but public keys: no database, no configuration.
    Check {
        /// What the other commands have printed.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A key you trust, repeatable: name+id+key, or a file of `proof keys`.
        #[arg(long = "key", required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Read everything and name whatever is not what was signed.
    Audit {
        /// One tenant's log; all by default.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<TenantId>,
        /// A checkpoint that was kept elsewhere, repeatable: tells whether the
        /// database was set back.
        #[arg(long = "checkpoint", value_name = "FILE")]
        checkpoints: Vec<PathBuf>,
    },
}

/// Whose log, and where to put the answer.
#[derive(Args, Debug)]
pub(crate) struct Of {
    /// Whose log.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Connections of these tools: one reads rows while others read tiles.
const CONNECTIONS: usize = 3;

/// Does one of them, and answers whether all is as it was signed.
pub(crate) async fn run(place: &Place, action: &ProofAction) -> Result<bool> {
    match action {
        // Nothing of this place is looked at: whoever checks may be anywhere.
        ProofAction::Check { files, keys } => return check(files, keys),
        ProofAction::Audit { tenant, checkpoints } => {
            let config = place.config()?;
            return audited(&config, *tenant, checkpoints).await;
        }
        ProofAction::Rows { of, to } => written(&place.config()?, of, *to).await?,
        ProofAction::Checkpoint { of, size } => {
            let document = proofs(place).await?.checkpoint(of.tenant.0, *size).await?;
            put(of, &document)?;
        }
        ProofAction::Inclusion { of, position, size } => {
            let document = proofs(place).await?.inclusion(of.tenant.0, *position, *size).await?;
            put(of, &document)?;
        }
        ProofAction::Consistency { of, from, to } => {
            let document = proofs(place).await?.consistency(of.tenant.0, *from, *to).await?;
            put(of, &document)?;
        }
        ProofAction::Keys { of } => {
            let config = place.config()?;
            let database = connect(&config, DatabaseRole::Query).await?;
            put(of, &Proofs::new(database.raw().clone(), keys(&config)?).keys(of.tenant.0))?;
        }
    }
    Ok(true)
}

/// The keys of this place.
pub(crate) fn keys(config: &Config) -> Result<Keyring> {
    let keyring = keyring(&config.integrity)?;
    keyring.context(
        "logs are not sealed here; name the key that signs checkpoints, or its public half, in \
         integrity.signing_key_file",
    )
}

async fn connect(config: &Config, role: DatabaseRole) -> Result<Database> {
    Ok(Database::connect(&config.database, role, CONNECTIONS).await?)
}

async fn proofs(place: &Place) -> Result<Proofs> {
    let config = place.config()?;
    let database = connect(&config, DatabaseRole::Query).await?;
    let history = roles::history(&config)?;
    Ok(Proofs::new(database.raw().clone(), keys(&config)?).with_history(history))
}

fn put(of: &Of, document: &Document) -> Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    match &of.output {
        None => print(&text),
        Some(file) => fs::write(file, format!("{text}\n"))
            .with_context(|| format!("writing {}", file.display()))?,
    }
    Ok(())
}

/// Writes the events one per line, for whoever makes the tree himself.
async fn written(config: &Config, of: &Of, to: Option<u64>) -> Result<()> {
    let to = if let Some(to) = to { to } else { sealed(config, of.tenant).await? };
    let database = connect(config, DatabaseRole::Owner).await?;
    let mut out: Box<dyn Write + Send> = match &of.output {
        None => Box::new(BufWriter::new(std::io::stdout())),
        Some(file) => Box::new(BufWriter::new(
            fs::File::create(file).with_context(|| format!("writing {}", file.display()))?,
        )),
    };
    let rows = rows(database.raw(), &roles::history(config)?, of.tenant.0, to);
    let mut rows = std::pin::pin!(rows);
    while let Some(leaf) = rows.try_next().await? {
        let line = Value::Object(leaf.fields()?);
        match writeln!(out, "{line}") {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(out.flush()?)
}

/// How many events of a log are sealed.
async fn sealed(config: &Config, tenant: TenantId) -> Result<u64> {
    let database = connect(config, DatabaseRole::Query).await?;
    let proofs = Proofs::new(database.raw().clone(), keys(config)?);
    match proofs.checkpoint(tenant.0, None).await? {
        Document::Checkpoint { size, .. } => Ok(size),
        _ => bail!("no checkpoint of {tenant} is signed yet"),
    }
}

fn check(files: &[PathBuf], keys: &[String]) -> Result<bool> {
    let keys: Vec<Vec<VerifierKey>> = keys.iter().map(|key| trusted(key)).collect::<Result<_>>()?;
    let keys = keys.concat();
    let mut holds = true;
    for file in files {
        match document(file)?.check(&keys) {
            Ok(checked) => {
                print(&format!("{}: {}", file.display(), checked.told));
                if let Some(event) = checked.event {
                    print(&serde_json::to_string_pretty(&Value::Object(event.fields()?))?);
                }
            }
            Err(error) => {
                holds = false;
                print(&format!("{}: {error}", file.display()));
            }
        }
    }
    Ok(holds)
}

/// A key as it is written, or the keys of a file.
pub(crate) fn trusted(key: &str) -> Result<Vec<VerifierKey>> {
    if key.contains('+') && !Path::new(key).exists() {
        return Ok(vec![key.parse()?]);
    }
    let path = Path::new(key);
    let text = fs::read_to_string(path).with_context(|| format!("reading key {key}"))?;
    match serde_json::from_str(&text) {
        Ok(Document::Keys { keys, .. }) => {
            keys.iter().map(|listed| Ok(listed.key.parse()?)).collect()
        }
        Ok(_) => bail!("{key} holds no keys; `tenantry proof keys` writes such a file"),
        Err(_) => text.lines().map(|line| Ok(line.parse()?)).collect(),
    }
}

fn document(file: &Path) -> Result<Document> {
    let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("{} is not what `tenantry proof` prints", file.display()))
}

async fn audited(
    config: &Config,
    tenant: Option<TenantId>,
    checkpoints: &[PathBuf],
) -> Result<bool> {
    let keyring = keys(config)?;
    let database = connect(config, DatabaseRole::Owner).await?;
    let scope = Scope {
        tenant: tenant.map(|tenant| tenant.0),
        kept: kept(&keyring, tenant, checkpoints)?,
        history: roles::history(config)?,
    };
    let total = events(&database, tenant).await?;
    let bar = Bar::counting("events");
    let moving = bar.clone();
    let audited = audit(database.raw(), &keyring, &scope, move |done| {
        moving.at(done, total, "audit");
    })
    .await;
    bar.end();
    Ok(told(&audited?))
}

/// Checkpoints from files, each of one of our logs and well signed.
fn kept(keyring: &Keyring, tenant: Option<TenantId>, files: &[PathBuf]) -> Result<Vec<Checkpoint>> {
    let mut kept = vec![];
    for file in files {
        let Document::Checkpoint { tenant: of, checkpoint, .. } = document(file)? else {
            bail!("{} holds no checkpoint", file.display());
        };
        let of: TenantId = of.parse()?;
        if tenant.is_some_and(|tenant| tenant != of) {
            bail!("{} is a checkpoint of {of}, who is not audited", file.display());
        }
        let opened = keyring.open(of.0, &checkpoint);
        kept.push(opened.with_context(|| format!("{} is not accepted", file.display()))?);
    }
    Ok(kept)
}

/// How many events there are to read.
async fn events(database: &Database, tenant: Option<TenantId>) -> Result<u64> {
    let sql = "SELECT coalesce(sum(position), 0)::bigint FROM log.heads
         WHERE $1::uuid IS NULL OR tenant_id = $1";
    let connection = database.raw().get().await?;
    let tenant = tenant.map(|tenant| event_store::pg::uuid(tenant.0));
    let events: i64 = connection.query_one(sql, &[&tenant]).await?.try_get(0)?;
    Ok(event_store::pg::unsigned(events))
}

fn told(audited: &Audited) -> bool {
    let differences = print_differences(&audited.differences, audited.found);
    let unsealed = audited.events.saturating_sub(audited.sealed);
    say(&format!(
        "{} events of {} tenants compared with {} checkpoints: {differences}{}",
        audited.events,
        audited.tenants,
        audited.checkpoints,
        match unsealed {
            0 => String::new(),
            events => format!("; {events} events are not sealed yet, and nothing is known of them"),
        }
    ));
    audited.found == 0
}
