//! Bringing a database up to the schema of this program.

use tokio_postgres::{Client, GenericClient};
use ulid::Ulid;

use super::uuid;

/// The schema of an empty log.
pub const SCHEMA: &str = include_str!("../../../schema.sql");

/// The schema version of this program.
const VERSION: i32 = 1;

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database was written by a newer program.
    #[error(
        "the database has schema version {found}, this program knows {VERSION}: use a newer one"
    )]
    Newer {
        /// The version found.
        found: i32,
    },
    /// The database refused.
    #[error("the schema could not be applied: {0}")]
    Database(#[from] tokio_postgres::Error),
}

/// Creates the schema in an empty database, or finds it up to date. Two
/// migrations at once wait for each other. The login must be allowed to create
/// roles.
///
/// # Errors
/// When the database is newer than this program or refuses.
pub async fn migrate(client: &mut Client) -> Result<(), MigrateError> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(
            "SET LOCAL client_min_messages = warning;
             SELECT pg_advisory_xact_lock(hashtext('tenantry.migrate'))",
        )
        .await?;
    let exists: bool = transaction
        .query_one("SELECT to_regclass('log.schema_version') IS NOT NULL", &[])
        .await?
        .get(0);
    if exists {
        let found: i32 =
            transaction.query_one("SELECT version FROM log.schema_version", &[]).await?.get(0);
        if found > VERSION {
            return Err(MigrateError::Newer { found });
        }
    } else {
        transaction.batch_execute(SCHEMA).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Gives a tenant a log. Without effect if it has one, or if an archive is
/// being imported into it: it gets its log at the end of that. The session must
/// be allowed to act as `tenantry_owner`.
///
/// # Errors
/// When the database refuses.
pub async fn provision(
    client: &impl GenericClient,
    tenant: Ulid,
    name: &str,
) -> Result<(), tokio_postgres::Error> {
    client.execute(include_str!("sql/provision.sql"), &[&uuid(tenant), &name]).await?;
    Ok(())
}

/// A tenant that has a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: Ulid,
    /// Its name.
    pub name: String,
}

/// The tenants that have a log, oldest first. The session must be allowed to
/// act as `tenantry_owner`.
///
/// # Errors
/// When the database refuses.
pub async fn tenants(client: &impl GenericClient) -> Result<Vec<Tenant>, tokio_postgres::Error> {
    let sql = "SELECT tenant_id, name FROM log.tenants ORDER BY created_at, tenant_id";
    let rows = client.query(sql, &[]).await?;
    rows.iter()
        .map(|row| Ok(Tenant { id: super::ulid(row.try_get(0)?), name: row.try_get(1)? }))
        .collect()
}
