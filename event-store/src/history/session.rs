//! What the log is read through.

use std::future::Future;

use tokio_postgres::{GenericClient, Row, types::ToSql};
use ulid::Ulid;

use crate::{
    ReadError,
    pg::{TenantRead, failed, unsigned, uuid},
};

/// Up to where a tenant's log is cold. $1 the tenant
const COLD: &str = include_str!("sql/cold.sql");

/// Runs queries as one tenant, or as somebody who sees all of them.
pub trait Session: Sync {
    /// How it fails.
    type Error: From<ReadError> + Send;

    /// The rows of a query. Its text is one of a few.
    fn rows(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>, Self::Error>> + Send;

    /// The rows of a query, and up to which position the tenant's log was cold
    /// at the same moment. As it stands here it is for sessions whose queries
    /// all see the same moment.
    fn rows_and_cold(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<(Vec<Row>, u64), Self::Error>> + Send {
        async move {
            let rows = self.rows(sql, params).await?;
            Ok((rows, self.cold(tenant).await?))
        }
    }

    /// Up to which position the tenant's log is cold.
    fn cold(&self, tenant: Ulid) -> impl Future<Output = Result<u64, Self::Error>> + Send {
        async move {
            let rows = self.rows(COLD, &[&uuid(tenant)]).await?;
            Ok(until(&rows)?)
        }
    }
}

fn until(rows: &[Row]) -> Result<u64, ReadError> {
    let position = rows.first().map(|row| row.try_get(0)).transpose().map_err(failed)?;
    Ok(unsigned(position.unwrap_or(0)))
}

impl Session for TenantRead<'_> {
    type Error = ReadError;

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ReadError> {
        self.query(sql, params).await
    }

    async fn rows_and_cold(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<(Vec<Row>, u64), ReadError> {
        let (rows, cold) = self.two_queries((sql, params), (COLD, &[&uuid(tenant)])).await?;
        Ok((rows, until(&cold)?))
    }
}

/// A connection of somebody who has said already whose rows it sees.
///
/// Events of some types are only to be read within a transaction in which all
/// queries see the same moment.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a, C>(pub &'a C);

impl<C: GenericClient + Sync> Session for Within<'_, C> {
    type Error = ReadError;

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ReadError> {
        self.0.query(sql, params).await.map_err(failed)
    }
}
