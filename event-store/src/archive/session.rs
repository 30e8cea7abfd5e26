//! Transactions of the tools that write and read archives.

use tokio_postgres::{Client, IsolationLevel, Transaction};
use ulid::Ulid;

use super::ArchiveError;
use crate::pg::uuid;

/// The role that owns the tables and reads all tenants' events.
pub(super) const OWNER: &str = "tenantry_owner";

/// The role that writes the log.
pub(super) const WRITER: &str = "tenantry_log";

/// Begins a transaction as the owner that sees this tenant.
pub(super) async fn begin(
    client: &mut Client,
    tenant: Ulid,
    isolation: IsolationLevel,
) -> Result<Transaction<'_>, ArchiveError> {
    let transaction = client.build_transaction().isolation_level(isolation).start().await?;
    let tenant = uuid(tenant);
    let settings = format!(
        "SET LOCAL tenantry.tenant = '{tenant}'; SET LOCAL TimeZone = 'UTC';
         SET LOCAL statement_timeout = 0"
    );
    transaction.batch_execute(&settings).await?;
    act_as(&transaction, OWNER).await?;
    Ok(transaction)
}

/// Goes on as another role.
pub(super) async fn act_as(
    transaction: &Transaction<'_>,
    role: &'static str,
) -> Result<(), ArchiveError> {
    Ok(transaction.batch_execute(&format!("SET LOCAL ROLE {role}")).await?)
}
