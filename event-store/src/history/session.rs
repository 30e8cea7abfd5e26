//! What the log is read through.

use std::future::Future;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{GenericClient, Row, types::ToSql};
use ulid::Ulid;

use super::Excerpt;
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

    /// The rows that a query begins with, until they have so many bytes, and one
    /// at least. As it stands here it is for sessions that ask for few: all rows
    /// are in memory before some are left out.
    fn excerpt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> impl Future<Output = Result<Excerpt<Row>, Self::Error>> + Send {
        async move {
            let mut excerpt = Excerpt::of(bytes);
            for row in self.rows(sql, params).await? {
                let size = row.raw_size_bytes();
                excerpt.push(row, size);
            }
            Ok(excerpt)
        }
    }

    /// The same, and up to which position the tenant's log was cold
    /// at the same moment. As it stands here it is for sessions whose queries
    /// all see the same moment.
    fn excerpt_and_cold(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> impl Future<Output = Result<(Excerpt<Row>, u64), Self::Error>> + Send {
        async move {
            let rows = self.excerpt(sql, params, bytes).await?;
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

    async fn excerpt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> Result<Excerpt<Row>, ReadError> {
        TenantRead::excerpt(*self, sql, params, bytes).await
    }

    async fn excerpt_and_cold(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> Result<(Excerpt<Row>, u64), ReadError> {
        let (rows, cold) = self.two_queries((sql, params), bytes, (COLD, &[&uuid(tenant)])).await?;
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

    async fn excerpt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> Result<Excerpt<Row>, ReadError> {
        let answer = self.0.query_raw(sql, params.iter().copied());
        crate::pg::excerpt(answer, bytes).await.map_err(failed)
    }
}

/// The same for whoever asks again and again: each query is prepared once for a
/// connection.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a>(pub &'a ClientWrapper);

impl Session for Prepared<'_> {
    type Error = ReadError;

    async fn rows(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ReadError> {
        let statement = self.0.prepare_cached(sql).await.map_err(failed)?;
        self.0.query(&statement, params).await.map_err(failed)
    }

    async fn excerpt(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> Result<Excerpt<Row>, ReadError> {
        let statement = self.0.prepare_cached(sql).await.map_err(failed)?;
        let answer = self.0.query_raw(&statement, params.iter().copied());
        crate::pg::excerpt(answer, bytes).await.map_err(failed)
    }

    async fn excerpt_and_cold(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> Result<(Excerpt<Row>, u64), ReadError> {
        // Both are prepared first, and then sent at once.
        self.0.prepare_cached(sql).await.map_err(failed)?;
        self.0.prepare_cached(COLD).await.map_err(failed)?;
        tokio::try_join!(self.excerpt(sql, params, bytes), self.cold(tenant))
    }
}
