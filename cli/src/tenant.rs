//! `tenantry tenant`.

use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::kernel::Registry;
use event_store::{TenantId, pg};
use ulid::Ulid;

use crate::{
    archive::{self, Export, Signers, TenantImport},
    cold::{self, Cool, Warm},
    options::Place,
    place::owner,
    print,
};

#[derive(Args, Debug)]
pub(crate) struct Tenant {
    #[command(subcommand)]
    pub(crate) action: TenantAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TenantAction {
    /// Give a new tenant a log, and print its id.
    Create {
        /// The tenant's name.
        name: String,
    },
    /// List the tenants.
    List,
    /// Tell where a tenant's log stands: how long it is, up to where it is sealed
    /// and cold, and how far its consumers have come.
    Show {
        /// Whose log.
        tenant: TenantId,
    },
    /// Move old events out of the database into cold storage, from where they
    /// are read as before. Only those that are sealed, and that all consumers
    /// have seen.
    Cool(Cool),
    /// Bring cold events back into the database.
    Warm(Warm),
    /// Write a tenant's log into an archive, or add to it what is new. One that
    /// was interrupted is gone on with.
    Export(Export),
    /// Bring an archive into this database, checked whole before anything is
    /// written. One that was interrupted is gone on with. Prints the tenant's id.
    Import(TenantImport),
    /// Read an archive from end to end: every checksum, position, version and
    /// event. Needs no database.
    VerifyArchive {
        /// The archive: a folder or a URL.
        #[arg(value_name = "DIR|URL")]
        from: String,
        #[command(flatten)]
        signers: Signers,
    },
}

pub(crate) async fn run(
    place: &Place,
    registry: &Arc<Registry>,
    action: &TenantAction,
) -> Result<()> {
    match action {
        TenantAction::Create { name } => {
            let id = Ulid::generate();
            pg::provision(&owner(&place.config()?).await?, id, name).await?;
            print(&TenantId(id).to_string());
        }
        TenantAction::List => {
            for tenant in pg::tenants(&owner(&place.config()?).await?).await? {
                print(&format!("{}  {}", TenantId(tenant.id), tenant.name));
            }
        }
        TenantAction::Show { tenant } => cold::show(place, *tenant).await?,
        TenantAction::Cool(options) => cold::cool(place, options).await?,
        TenantAction::Warm(options) => cold::warm(place, options).await?,
        TenantAction::Export(export) => archive::export(place, registry, export).await?,
        TenantAction::Import(import) => archive::import(place, registry, import).await?,
        TenantAction::VerifyArchive { from, signers } => {
            archive::check(registry, from, signers).await?;
        }
    }
    Ok(())
}
