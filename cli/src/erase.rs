//! `tenantry erase`: a person is forgotten.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use clap::Args;
use domain::kernel::{ReadModelEntry, Registry};
use event_store::{
    TenantId,
    integrity::Document,
    keys::{Erased, Erasure, erase},
    pg,
};
use service::{config::Config, database::DatabaseRole, integrity::keyring};
use tokio_postgres::Client;
use ulid::Ulid;

use crate::{place::owner, print, progress::Bar, roles, say};

#[derive(Args, Debug)]
pub(crate) struct Erase {
    /// Whose log.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// The person: the id of the aggregate that holds their data, for example
    /// `cus_01J…`, or a bare ULID.
    #[arg(value_name = "ID")]
    pub(crate) subject: String,
    /// Why. It is kept for ever: say nothing about the person.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who asked, for the record.
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) by: String,
}

pub(crate) async fn run(config: &Config, registry: &Arc<Registry>, options: &Erase) -> Result<()> {
    let subject = subject(registry, &options.subject)?;
    let ring = roles::key_ring(config, DatabaseRole::Query, &roles::history(config)?).await?;
    let mut client = owner(config).await?;
    let erasure = Erasure {
        tenant: options.tenant.0,
        subject,
        actor: format!("operator:{}", options.by),
        reason: options.reason.clone(),
    };
    let erased = erase(&mut client, registry, &ring, &erasure).await?;
    folded_anew(&client, registry, &erasure, &erased).await?;
    let keyring = keyring(&config.integrity)?;
    let document =
        Document::of_erasure(options.tenant.0, &options.subject, &erased, keyring.as_ref());
    if matches!(document, Document::Erasure { certificate: None, .. }) {
        say("the certificate is not signed: no private key is named in integrity.signing_key_file");
    }
    print(&serde_json::to_string_pretty(&document)?);
    Ok(())
}

/// The person of an id of any aggregate, or of a bare ULID.
pub(crate) fn subject(registry: &Registry, text: &str) -> Result<Ulid> {
    let known = registry.aggregates();
    known
        .iter()
        .find_map(|entry| entry.parse_id(text))
        .or_else(|| Ulid::from_string(text).ok())
        .with_context(|| {
            let prefixes: Vec<_> =
                known.iter().map(|entry| format!("{}_…", entry.prefix)).collect();
            format!("{text:?} is not an id; ids look like {}, or are ULIDs", prefixes.join(", "))
        })
}

/// Waits until no table, of the present or of a past, holds anything that was
/// made of the person.
async fn folded_anew(
    client: &Client,
    registry: &Registry,
    erasure: &Erasure,
    erased: &Erased,
) -> Result<()> {
    let tables: Vec<String> = registry.projected().iter().map(ReadModelEntry::table_name).collect();
    let behind = "SELECT
             (SELECT count(*) FROM log.checkpoints
              WHERE tenant_id = $1 AND consumer = ANY ($2) AND erasures < $3)
             + (SELECT count(*) FROM log.past_tables WHERE tenant_id = $1 AND erasures < $3)";
    let number = pg::number(erased.number);
    let bar = Bar::counting("read tables");
    for _ in 0..3_000 {
        let left: i64 = client
            .query_one(behind, &[&pg::uuid(erasure.tenant), &tables, &number])
            .await?
            .try_get(0)?;
        let left = pg::unsigned(left);
        bar.at((tables.len() as u64).saturating_sub(left), tables.len() as u64, "folding anew");
        if left == 0 {
            bar.end();
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bar.end();
    say("the person is erased: the key is destroyed");
    bail!(
        "some read tables have not been folded anew within a minute; what they hold of the \
         person cannot be read. Is a projector running? Erase again for the certificate"
    )
}
