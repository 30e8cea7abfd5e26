//! `tenantry tenant export`, `import` and `verify-archive`.

use std::{path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, Result};
use clap::Args;
use domain::kernel::Registry;
use event_store::{
    TenantId,
    archive::{
        self, ArchiveStore, Checked, KeyFile, KeySource, Proven, SEGMENT_BYTES, Target, Trust,
        Until,
    },
    keys::{KeyRing, MasterKeys},
};

use service::{
    config::Config,
    database::{Database, DatabaseRole},
    integrity,
};

use crate::{keys, options::Place, place::owner, print, progress::Bar, proof::trusted, roles, say};

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Whose log.
    pub(crate) tenant: TenantId,
    /// Where to: a folder or a URL, for example `s3://bucket/folder`.
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) to: String,
    /// Up to this position or moment; up to now by default.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) until: Option<Until>,
    /// Add what is new to the archive that is there.
    #[arg(long)]
    pub(crate) since_archive: bool,
    /// How much text goes into one file, before it is compressed.
    #[arg(long, value_name = "BYTES", default_value_t = SEGMENT_BYTES)]
    pub(crate) segment_bytes: u64,
    /// Also write the keys of personal data, into this file. Keep it apart.
    #[arg(long, value_name = "FILE", requires = "transfer_key")]
    pub(crate) keys: Option<PathBuf>,
    /// What the keys are encrypted under in their file; made if it is not there.
    #[arg(long, value_name = "FILE", requires = "keys")]
    pub(crate) transfer_key: Option<PathBuf>,
}

/// Who must have signed an archive.
#[derive(Args, Debug)]
pub(crate) struct Signers {
    /// Refuse an archive whose checkpoint is not signed with this key,
    /// repeatable: name+id+key, or a file of `tenantry proof keys`.
    #[arg(long, value_name = "KEY")]
    pub(crate) signed_by: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct TenantImport {
    /// The archive: a folder or a URL.
    #[arg(value_name = "DIR|URL", required_unless_present = "abandon")]
    pub(crate) from: Option<String>,
    /// Bring it in beside the live one: as a new tenant of this name, or as the
    /// tenant of this id.
    #[arg(long = "as", value_name = "NAME|TENANT", conflicts_with = "abandon")]
    pub(crate) to: Option<String>,
    /// Up to this position or moment; everything by default.
    #[arg(long, value_name = "POSITION|TIME", conflicts_with = "abandon")]
    pub(crate) until: Option<Until>,
    /// Read the archive from end to end and write nothing.
    #[arg(long, conflicts_with_all = ["abandon", "to", "until"])]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) signers: Signers,
    /// Take the keys of personal data from this file, instead of from the
    /// tenant that the archive was made from.
    #[arg(long, value_name = "FILE", requires = "transfer_key")]
    pub(crate) keys: Option<PathBuf>,
    /// What the keys are encrypted under in their file.
    #[arg(long, value_name = "FILE", requires = "keys")]
    pub(crate) transfer_key: Option<PathBuf>,
    /// Bring no keys along: personal data stays sealed and reads as erased.
    #[arg(long, conflicts_with = "keys")]
    pub(crate) without_keys: bool,
    /// Give up the import into this tenant that was interrupted.
    #[arg(long, value_name = "TENANT", conflicts_with = "from")]
    pub(crate) abandon: Option<TenantId>,
}

/// Writes a tenant's archive, or adds to it.
pub(crate) async fn export(
    place: &Place,
    registry: &Arc<Registry>,
    options: &Export,
) -> Result<()> {
    let config = place.config()?;
    let mut client = owner(&config).await?;
    let ring = keyring(&config).await?;
    let store = ArchiveStore::create(&options.to)?;
    let keys = match (&options.keys, &options.transfer_key) {
        (Some(path), Some(transfer)) => {
            let transfer = MasterKeys::open_or_create(transfer, service::now())?;
            Some(KeyFile { path: path.clone(), transfer: Arc::new(transfer) })
        }
        _ => None,
    };
    let order = archive::Export {
        tenant: options.tenant.0,
        until: options.until,
        since_archive: options.since_archive,
        segment_bytes: options.segment_bytes,
        keys,
    };
    let (bar, started) = (Bar::counting("events"), Instant::now());
    let tell = |at: archive::Progress| bar.at(at.done, at.of, "exporting");
    let exported = archive::export(&mut client, registry, &store, &order, &ring, tell).await;
    bar.end();
    let exported = exported?;
    if exported.found > 0 {
        say(&format!("{} events were there from an export that did not end", exported.found));
    }
    let written = exported.events - exported.found;
    say(&format!(
        "{written} events and {} further rows in {}",
        exported.manifest.state.iter().map(|segment| segment.rows).sum::<u64>(),
        pace(written, exported.bytes, started)
    ));
    print(&format!("{} up to position {}", options.tenant, exported.manifest.position));
    Ok(())
}

/// Brings an archive in, or gives up an import that did not end.
pub(crate) async fn import(
    place: &Place,
    registry: &Arc<Registry>,
    options: &TenantImport,
) -> Result<()> {
    if let Some(tenant) = options.abandon {
        let events = archive::abandon(&mut owner(&place.config()?).await?, tenant.0).await?;
        say(&format!("the import into {tenant} is given up; its {events} events are removed"));
        return Ok(());
    }
    let from = options.from.as_deref().context("name the archive")?;
    if options.check {
        return check(registry, from, &options.signers).await;
    }
    let store = ArchiveStore::open(from)?;
    let config = place.config()?;
    let mut client = owner(&config).await?;
    let ring = keyring(&config).await?;
    let keys = match (&options.keys, &options.transfer_key) {
        (Some(path), Some(transfer)) => {
            let transfer = Arc::new(MasterKeys::open(transfer)?);
            KeySource::File(KeyFile { path: path.clone(), transfer })
        }
        _ if options.without_keys => KeySource::Nowhere,
        _ => KeySource::Tenant,
    };
    let to = match options.to.as_deref().map(str::parse::<TenantId>) {
        None => Target::Same,
        Some(Ok(id)) => Target::Id(id.0),
        Some(Err(_)) => Target::Name(options.to.clone().unwrap_or_default()),
    };
    let trust = Trust { ours: integrity::keyring(&config.integrity)?, ..trust(&options.signers)? };
    let order = archive::Import { to, until: options.until, keys, trust };
    let (bar, started) = (Bar::counting("events"), Instant::now());
    let tell = |doing, at: archive::Progress| bar.at(at.done, at.of, doing);
    let imported = archive::import(&mut client, registry, &store, &order, &ring, tell).await;
    bar.end();
    let imported = imported?;
    tell_checked(&imported.checked);
    if imported.found > 0 {
        say(&format!("{} events were there from an import that did not end", imported.found));
    }
    let written = imported.position - imported.found;
    say(&format!(
        "{:?} has its log up to position {}: {written} events in {}; the projector fills its read \
         tables",
        imported.name,
        imported.position,
        pace(written, imported.checked.bytes, started)
    ));
    if imported.unreadable > 0 {
        say(&format!(
            "the keys of {} people did not come along: their personal data reads as erased",
            imported.unreadable
        ));
    }
    print(&TenantId(imported.tenant).to_string());
    Ok(())
}

/// Reads an archive from end to end.
pub(crate) async fn check(registry: &Arc<Registry>, from: &str, signers: &Signers) -> Result<()> {
    let trust = trust(signers)?;
    let store = ArchiveStore::open(from)?;
    let bar = Bar::counting("events");
    let tell = |at: archive::Progress| bar.at(at.done, at.of, "checking");
    let checked = archive::check(&store, registry, &trust, tell).await;
    bar.end();
    let checked = checked?;
    tell_checked(&checked);
    print(&format!("{} up to position {}", checked.manifest.tenant.id, checked.manifest.position));
    Ok(())
}

/// Whom the caller trusts to have signed.
fn trust(signers: &Signers) -> Result<Trust> {
    let keys = signers.signed_by.iter().map(|key| trusted(key)).collect::<Result<Vec<_>>>()?;
    Ok(Trust { required: keys.concat(), ours: None })
}

fn tell_checked(checked: &Checked) {
    let manifest = &checked.manifest;
    let rows: Vec<String> =
        checked.rows.iter().map(|(table, rows)| format!("{rows} {table}")).collect();
    say(&format!(
        "the archive of {:?} of {} is whole: {} events of {} streams; {}",
        manifest.tenant.name,
        manifest.exported_at,
        manifest.position,
        checked.streams,
        if rows.is_empty() { "nothing else".to_owned() } else { rows.join(", ") }
    ));
    say(&match checked.proven {
        Proven::Signed { until } => format!("its events up to position {until} are as signed"),
        Proven::Whole { until } => format!(
            "its events up to position {until} fit its checkpoint, which no key known here has \
             signed; name one that you trust with --signed-by"
        ),
        Proven::Nothing => "nothing in it was signed".to_owned(),
    });
}

/// The keys of personal data here.
async fn keyring(config: &Config) -> Result<KeyRing> {
    let database = Database::connect(&config.database, DatabaseRole::Owner, 1).await?;
    let ring = KeyRing::new(database.raw().clone(), keys::backend(config)?);
    Ok(ring.with_history(roles::history(config)?))
}

/// How long it took, and how fast it was.
#[expect(clippy::cast_precision_loss, reason = "rounded to be read by people")]
fn pace(events: u64, bytes: u64, started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64().max(0.001);
    format!(
        "{seconds:.1} s ({:.0} events/s; {:.1} MB of files)",
        events as f64 / seconds,
        bytes as f64 / 1e6
    )
}
