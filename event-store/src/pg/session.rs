//! Reading as one tenant, in one round trip.

use std::{future::Future, pin::pin};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use futures_util::TryStreamExt;
use tokio_postgres::{Row, RowStream, types::ToSql};
use ulid::Ulid;

use super::uuid;
use crate::{ReadError, history::Excerpt};

/// A connection from the pool.
pub(crate) async fn client(pool: &Pool) -> Result<Object, ReadError> {
    pool.get().await.map_err(|error| ReadError::Unavailable(error.to_string()))
}

/// Tells a server that is away from a statement that is wrong.
#[expect(clippy::needless_pass_by_value, reason = "reads well after map_err")]
pub(crate) fn failed(error: tokio_postgres::Error) -> ReadError {
    match error.as_db_error() {
        Some(refusal) if !away(&error) => ReadError::Fault(refusal.to_string()),
        _ => ReadError::Unavailable(error.to_string()),
    }
}

/// An error in the server's words, or those of the connection.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refusal) => refusal.to_string(),
        None => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| format!("{error}: {source}")),
    }
}

/// Whether an error means that the server or the connection went away, so that
/// nothing is known about what it did with the last statement.
pub(super) fn away(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        // Operator intervention: shutdown, crash, not accepting connections.
        Some(code) => {
            matches!(code.code(), "57P01" | "57P02" | "57P03" | "57P05" | "53300")
                || code.code().starts_with("08")
        }
        None => true,
    }
}

/// Whose rows a transaction sees. $1 the tenant
const ENTER: &str = include_str!("sql/enter.sql");

/// Reads what one tenant may see.
///
/// Begin, tenant, query and commit are sent before the first answer is waited
/// for: one round trip. Since all four are already on their way, a caller who
/// stops waiting leaves no transaction open behind it.
#[derive(Clone, Copy)]
pub struct TenantRead<'a> {
    /// The connection.
    pub client: &'a ClientWrapper,
    /// Whose rows are seen.
    pub tenant: Ulid,
}

impl TenantRead<'_> {
    /// Runs one query. Its plan is kept with the connection, so the text must
    /// be one of a bounded number.
    ///
    /// # Errors
    /// When the log cannot be reached or the query fails.
    pub async fn query(
        self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ReadError> {
        self.excerpt(sql, params, usize::MAX).await.map(|rows| rows.taken)
    }

    /// Runs one query, and takes the rows that it begins with until they have so
    /// many bytes.
    pub(crate) async fn excerpt(
        self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        bytes: usize,
    ) -> Result<Excerpt<Row>, ReadError> {
        let enter = self.client.prepare_cached(ENTER).await.map_err(failed)?;
        let statement = self.client.prepare_cached(sql).await.map_err(failed)?;
        let tenant = uuid(self.tenant).to_string();
        let tenant: [&(dyn ToSql + Sync); 1] = [&tenant];
        let (begun, entered, rows, committed) = tokio::join!(
            biased;
            self.client.batch_execute("BEGIN READ ONLY"),
            self.client.execute(&enter, &tenant),
            excerpt(self.client.query_raw(&statement, params.iter().copied()), bytes),
            self.client.batch_execute("COMMIT"),
        );
        begun.map_err(failed)?;
        entered.map_err(failed)?;
        let rows = rows.map_err(failed)?;
        committed.map_err(failed)?;
        Ok(rows)
    }

    /// Runs two queries that see the same moment, and takes the rows that the
    /// first begins with until they have so many bytes.
    pub(crate) async fn two_queries(
        self,
        one: (&str, &[&(dyn ToSql + Sync)]),
        bytes: usize,
        other: (&str, &[&(dyn ToSql + Sync)]),
    ) -> Result<(Excerpt<Row>, Vec<Row>), ReadError> {
        let enter = self.client.prepare_cached(ENTER).await.map_err(failed)?;
        let first = self.client.prepare_cached(one.0).await.map_err(failed)?;
        let second = self.client.prepare_cached(other.0).await.map_err(failed)?;
        let tenant = uuid(self.tenant).to_string();
        let tenant: [&(dyn ToSql + Sync); 1] = [&tenant];
        let (begun, entered, first, second, committed) = tokio::join!(
            biased;
            self.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            self.client.execute(&enter, &tenant),
            excerpt(self.client.query_raw(&first, one.1.iter().copied()), bytes),
            self.client.query(&second, other.1),
            self.client.batch_execute("COMMIT"),
        );
        begun.map_err(failed)?;
        entered.map_err(failed)?;
        let rows = (first.map_err(failed)?, second.map_err(failed)?);
        committed.map_err(failed)?;
        Ok(rows)
    }
}

/// Takes the rows that an answer begins with until they have so many bytes. What
/// still comes is thrown away as it comes.
pub(crate) async fn excerpt(
    answer: impl Future<Output = Result<RowStream, tokio_postgres::Error>>,
    bytes: usize,
) -> Result<Excerpt<Row>, tokio_postgres::Error> {
    let mut rows = pin!(answer.await?);
    let mut excerpt = Excerpt::of(bytes);
    while !excerpt.is_cut
        && let Some(row) = rows.try_next().await?
    {
        let size = row.raw_size_bytes();
        excerpt.push(row, size);
    }
    Ok(excerpt)
}

/// Runs one query as a tenant over a pool, and gives the connection back before
/// anybody looks at the rows: keys are looked up over the same pool.
pub(crate) async fn read(
    pool: &Pool,
    tenant: Ulid,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, ReadError> {
    let client = client(pool).await?;
    TenantRead { client: &client, tenant }.query(sql, params).await
}

/// Writes what one tenant has for itself and can do without, in one round trip
/// as a read. A server that crashes right afterwards may have lost it.
pub(super) async fn write_disposable(
    client: &ClientWrapper,
    tenant: Ulid,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<(), ReadError> {
    let set_tenant = client
        .prepare_cached(
            "SELECT set_config('tenantry.tenant', $1, true),
                set_config('synchronous_commit', 'off', true)",
        )
        .await
        .map_err(failed)?;
    let statement = client.prepare_cached(sql).await.map_err(failed)?;
    let tenant = uuid(tenant).to_string();
    let tenant: [&(dyn ToSql + Sync); 1] = [&tenant];
    let (begun, set, written, committed) = tokio::join!(
        biased;
        client.batch_execute("BEGIN"),
        client.execute(&set_tenant, &tenant),
        client.execute(&statement, params),
        client.batch_execute("COMMIT"),
    );
    begun.map_err(failed)?;
    set.map_err(failed)?;
    written.map_err(failed)?;
    committed.map_err(failed)
}
