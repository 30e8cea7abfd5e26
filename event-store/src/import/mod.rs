//! Moving in from postgres-es: the events of its table become logs of tenants.
//!
//! Events are carried over without the types that wrote them: JSON becomes
//! named MessagePack, names become ours by [`Rules`], `sequence` stays the
//! version of the stream. Ids of streams and events derive from what they were
//! called, so that an import that is run again finds what it has done, and
//! goes on: first with what a crash left undone, then with what is new.
//!
//! The source has no order over all of its events. [`OrderRule`] says by what
//! it is made, and the manifest, `log.imported_histories`, keeps by what it was.

mod check;
mod claims;
mod ids;
mod manifest;
mod names;
mod payload;
mod prepare;
mod rules;
mod seal;
mod source;
mod tenants;
#[cfg(test)]
mod tests;
mod views;
mod write;

use domain::kernel::Registry;
use tokio_postgres::Client;

pub use check::{Found, Mapped, Report};
pub use rules::{EventRule, Ids, OrderRule, Rules, TenantRule, TypeRule};
pub use tenants::Landing;
pub use views::{ViewDifference, ViewReport, compare_view};

use crate::keys::{KeyError, KeyRing};
use check::check;
use manifest::Manifest;
use source::Source;
use write::Writer;

/// The SQL that shows an imported tenant's log in the shape of the table it
/// came from. `:tenant` stands for the tenant's uuid.
const COMPATIBILITY: &str = include_str!("sql/compatibility.sql");

/// What an import is to do.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// How what is there becomes ours.
    pub rules: Rules,
    /// Look at everything, write nothing.
    pub dry_run: bool,
    /// Give tenants that have no log one.
    pub create_tenants: bool,
    /// Store what is declared as personal in the open, as it was, rather than
    /// sealed. Personal values that must be unique are then not taken.
    pub open_personal_data: bool,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is being done: `checking`, `writing`.
    pub doing: &'static str,
    /// Events done.
    pub done: u64,
    /// Of how many.
    pub of: u64,
}

/// Why nothing, or not everything, was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The rules contradict themselves or the source.
    #[error("{0}")]
    Rules(String),
    /// The source could not be read.
    #[error("the source cannot be read: {0}")]
    Source(#[source] tokio_postgres::Error),
    /// The log could not be written.
    #[error("the log cannot be written: {0}")]
    Target(#[source] tokio_postgres::Error),
    /// What is in the source cannot be imported by these rules; nothing was
    /// written.
    #[error("nothing was imported:\n{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// Personal data could not be sealed; what was written stays, and the import
    /// can be run again.
    #[error("personal data cannot be sealed: {0}")]
    Keys(#[from] KeyError),
    /// Something changed under the import; what was written stays, and the
    /// import can be run again.
    #[error("{0}; run the import again")]
    Disturbed(String),
    /// What was written is not what was read.
    #[error("{0}")]
    Unequal(String),
}

/// Imports what is new in the source, or says what it would do.
///
/// `source` may be any login that can read the table; `target` must be allowed
/// to act as `tenantry_owner` and `tenantry_log`. `keys` seal what is declared
/// as personal; their sessions must be those of the command API.
///
/// # Errors
/// What cannot be imported, with numbers and examples. As long as anything
/// cannot, nothing is.
pub async fn import(
    source: &mut Client,
    target: &mut Client,
    keys: &KeyRing,
    registry: &Registry,
    import: &Import,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let sealing = if import.open_personal_data { None } else { Some(keys) };
    let mut source = Source::open(source, &import.rules).await?;
    let manifest = Manifest::open(target, import.dry_run).await?;
    let target_and_keys = (&mut *target, sealing);
    let imported =
        carry_over(&mut source, target_and_keys, &manifest, registry, import, progress).await;
    if !import.dry_run {
        Manifest::release(target).await;
    }
    let closed = source.close().await;
    let report = imported?;
    closed?;
    Ok(report)
}

async fn carry_over(
    source: &mut Source<'_>,
    (target, keys): (&mut Client, Option<&KeyRing>),
    manifest: &Manifest,
    registry: &Registry,
    import: &Import,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let here = (&*target, keys);
    let (mut report, plan) = check(source, here, manifest, registry, import, progress).await?;
    if import.dry_run || !report.faults.is_empty() {
        return match (import.dry_run, report.faults.is_empty()) {
            (false, false) => Err(ImportError::Refused(report.faults)),
            _ => Ok(report),
        };
    }
    let mut writer = Writer::new((target, keys), registry, source, plan);
    report.imported = writer.run(source, !report.personal.is_empty(), progress).await?;
    writer.verify(&report).await?;
    Ok(report)
}

/// The SQL that creates, in the database of the log, a read-only view of a
/// tenant's events in the shape of the table they came from: for whoever still
/// reads that table.
#[must_use]
pub fn compatibility_view(tenant: ulid::Ulid) -> String {
    COMPATIBILITY.replace(":tenant", &format!("'{}'", crate::pg::uuid(tenant)))
}
