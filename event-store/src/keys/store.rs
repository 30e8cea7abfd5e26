//! Keys in the database, each encrypted under the one above it.

use deadpool_postgres::Pool;
use ulid::Ulid;
use uuid::Uuid;

use super::{KeyError, Wrapped};
use crate::{
    ReadError,
    pg::{failed, read_as, session_client, ulid, uuid},
};

/// What a key of a tenant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Subjects,
    Match,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Subjects => "subjects",
            Self::Match => "match",
        }
    }
}

/// A row of `log.tenant_keys`.
pub(super) struct TenantKeyRow {
    pub(super) version: i32,
    pub(super) wrapped: Wrapped,
}

/// A row of `log.subject_keys`.
pub(super) struct SubjectKeyRow {
    pub(super) subject: Ulid,
    pub(super) tenant_key: i32,
    /// Nothing once the key was destroyed.
    pub(super) wrapped: Option<Vec<u8>>,
}

/// The newest key of a tenant for a purpose, or one of a certain version.
pub(super) async fn tenant_key(
    pool: &Pool,
    tenant: Ulid,
    purpose: Purpose,
    version: Option<i32>,
) -> Result<Option<TenantKeyRow>, KeyError> {
    let sql = include_str!("sql/tenant_key.sql");
    let rows = read_as(pool, tenant, sql, &[&uuid(tenant), &purpose.name(), &version]).await?;
    let read = |row: &tokio_postgres::Row| {
        let wrapped = Wrapped { master: row.try_get(1)?, bytes: row.try_get(2)? };
        Ok(TenantKeyRow { version: row.try_get(0)?, wrapped })
    };
    rows.first().map(read).transpose().map_err(fault)
}

/// Keeps a tenant's first key for a purpose, unless there is one already.
pub(super) async fn add_tenant_key(
    pool: &Pool,
    tenant: Ulid,
    purpose: Purpose,
    wrapped: &Wrapped,
) -> Result<(), KeyError> {
    let client = session_client(pool).await?;
    let statement =
        client.prepare_cached("SELECT log.add_tenant_key($1, $2, $3, $4)").await.map_err(failed)?;
    client
        .execute(&statement, &[&uuid(tenant), &purpose.name(), &wrapped.master, &wrapped.bytes])
        .await
        .map_err(failed)?;
    Ok(())
}

/// The keys of these people, as far as they have any.
pub(super) async fn subject_keys(
    pool: &Pool,
    tenant: Ulid,
    subjects: &[Ulid],
) -> Result<Vec<SubjectKeyRow>, KeyError> {
    let subjects: Vec<Uuid> = subjects.iter().map(|subject| uuid(*subject)).collect();
    let sql = include_str!("sql/subject_keys.sql");
    let rows = read_as(pool, tenant, sql, &[&uuid(tenant), &subjects]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(SubjectKeyRow {
            subject: ulid(row.try_get(0)?),
            tenant_key: row.try_get(1)?,
            wrapped: row.try_get(2)?,
        })
    };
    rows.iter().map(read).collect::<Result<_, _>>().map_err(fault)
}

#[expect(clippy::needless_pass_by_value, reason = "reads well after map_err")]
fn fault(error: tokio_postgres::Error) -> KeyError {
    ReadError::Fault(error.to_string()).into()
}
