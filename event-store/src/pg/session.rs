//! Reading as one tenant, in one round trip.

use std::{
    future::Future,
    pin::{Pin, pin},
};

use deadpool_postgres::{ClientWrapper, Object, Pool, Transaction};
use futures_util::TryStreamExt;
use tokio_postgres::{IsolationLevel, Row, RowStream, types::ToSql};
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

/// How a transaction begins: by which command, and by what it says of itself
/// before anything else, given the tenant.
#[derive(Clone, Copy)]
struct Beginning(&'static str, &'static str);

const READING: Beginning = Beginning("BEGIN READ ONLY", ENTER);
const READING_AT_ONE_MOMENT: Beginning =
    Beginning("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ENTER);
const WRITING_DISPOSABLE: Beginning = Beginning(
    "BEGIN",
    "SELECT set_config('tenantry.tenant', $1, true),
        set_config('synchronous_commit', 'off', true)",
);

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
        let statement = self.client.prepare_cached(sql).await.map_err(failed)?;
        let rows = self.client.query_raw(&statement, params.iter().copied());
        self.within(READING, pin!(excerpt(rows, bytes))).await
    }

    /// Runs two queries that see the same moment, and takes the rows that the
    /// first begins with until they have so many bytes.
    pub(crate) async fn two_queries(
        self,
        one: (&str, &[&(dyn ToSql + Sync)]),
        bytes: usize,
        other: (&str, &[&(dyn ToSql + Sync)]),
    ) -> Result<(Excerpt<Row>, Vec<Row>), ReadError> {
        let first = self.client.prepare_cached(one.0).await.map_err(failed)?;
        let second = self.client.prepare_cached(other.0).await.map_err(failed)?;
        let asking = async {
            let (first, second) = tokio::join!(
                biased;
                excerpt(self.client.query_raw(&first, one.1.iter().copied()), bytes),
                self.client.query(&second, other.1),
            );
            Ok::<_, tokio_postgres::Error>((first?, second?))
        };
        self.within(READING_AT_ONE_MOMENT, pin!(asking)).await
    }

    /// Writes what the tenant has for itself and can do without. A server that
    /// crashes right afterwards may have lost it.
    pub(super) async fn write_disposable(
        self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<(), ReadError> {
        let statement = self.client.prepare_cached(sql).await.map_err(failed)?;
        let writing = pin!(self.client.execute(&statement, params));
        self.within(WRITING_DISPOSABLE, writing).await.map(drop)
    }

    /// Does something in a transaction of its own, all of it in one round trip:
    /// whatever `asking` sends, it sends when it is polled first.
    async fn within<T>(
        self,
        Beginning(command, enter): Beginning,
        asking: Pin<&mut impl Future<Output = Result<T, tokio_postgres::Error>>>,
    ) -> Result<T, ReadError> {
        let enter = self.client.prepare_cached(enter).await.map_err(failed)?;
        let tenant = uuid(self.tenant).to_string();
        let tenant: [&(dyn ToSql + Sync); 1] = [&tenant];
        let (begun, entered, answer, committed) = tokio::join!(
            biased;
            self.client.batch_execute(command),
            self.client.execute(&enter, &tenant),
            asking,
            self.client.batch_execute("COMMIT"),
        );
        begun.map_err(failed)?;
        entered.map_err(failed)?;
        let answer = answer.map_err(failed)?;
        committed.map_err(failed)?;
        Ok(answer)
    }
}

/// One moment: all that is asked in it was there at the same time.
pub(crate) async fn moment(client: &mut ClientWrapper) -> Result<Transaction<'_>, ReadError> {
    let moment = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    moment.read_only(true).start().await.map_err(failed)
}

/// One moment, as a tenant sees it.
pub(crate) async fn moment_of(
    client: &mut ClientWrapper,
    tenant: Ulid,
) -> Result<Transaction<'_>, ReadError> {
    let moment = moment(client).await?;
    let enter = moment.prepare_cached(ENTER).await.map_err(failed)?;
    moment.execute(&enter, &[&uuid(tenant).to_string()]).await.map_err(failed)?;
    Ok(moment)
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
