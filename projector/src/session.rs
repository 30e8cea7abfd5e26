//! Transactions in as few round trips as can be.

use std::{error::Error as _, future::poll_fn, pin::Pin, task::Poll};

use deadpool_postgres::ClientWrapper;
use futures_util::{
    FutureExt,
    future::{MaybeDone, join_all, maybe_done},
};
use tokio_postgres::{Error, Row, error::SqlState, types::ToSql};
use ulid::Ulid;

/// Makes a transaction see the rows of one tenant. Prepared beforehand, so that
/// it can be sent without waiting.
pub(crate) const ENTER: &str = include_str!("sql/enter.sql");

/// Reads what one tenant may see, in one round trip.
///
/// All four statements are sent before the first answer is waited for. A
/// caller who stops waiting leaves no transaction open.
pub(crate) async fn read_as(
    client: &ClientWrapper,
    tenant: Ulid,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Error> {
    let enter = client.prepare_cached(ENTER).await?;
    let statement = client.prepare_cached(sql).await?;
    let tenant = event_store::pg::uuid(tenant).to_string();
    let tenant: [&(dyn ToSql + Sync); 1] = [&tenant];
    let (begun, entered, rows, committed) = tokio::join!(
        biased;
        client.batch_execute("BEGIN READ ONLY"),
        client.execute(&enter, &tenant),
        client.query(&statement, params),
        client.batch_execute("COMMIT"),
    );
    begun?;
    entered?;
    let rows = rows?;
    committed?;
    Ok(rows)
}

type Sent<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Statements that are sent in order, without waiting for each other's answers.
pub(crate) struct Pipeline<'a, T>(Vec<MaybeDone<Sent<'a, T>>>);

impl<'a, T> Pipeline<'a, T> {
    pub(crate) fn new() -> Self {
        Self(vec![])
    }

    /// Sends a statement. It must be a prepared one, or it would only be sent
    /// once it is prepared, after those that follow.
    pub(crate) async fn send(&mut self, statement: impl Future<Output = T> + Send + 'a) {
        let mut statement = maybe_done(Box::pin(statement) as Sent<'a, T>);
        poll_fn(|context| {
            let _ = statement.poll_unpin(context);
            Poll::Ready(())
        })
        .await;
        self.0.push(statement);
    }

    /// Waits for all answers.
    pub(crate) async fn answers(mut self) -> Vec<T> {
        join_all(&mut self.0).await;
        self.0.iter_mut().filter_map(|sent| Pin::new(sent).take_output()).collect()
    }
}

/// A connection on which a transaction is open. Unless that is brought to its
/// end, it is rolled back: the server is told so even by a future that is
/// dropped in the middle.
pub(crate) struct InTransaction<'a> {
    client: &'a ClientWrapper,
    ended: bool,
}

impl<'a> InTransaction<'a> {
    pub(crate) fn on(client: &'a ClientWrapper) -> Self {
        Self { client, ended: false }
    }

    /// Whatever became of it, the transaction has ended.
    pub(crate) fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for InTransaction<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // Polled once, a statement is on its way.
            let _ = self.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

/// What the server said; the error alone would only say "db error".
pub(crate) fn reason(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Whether a statement was refused for what it was to write, rather than for
/// the state of the server or the connection.
pub(crate) fn is_about_rows(error: &Error) -> bool {
    // Bad values, broken constraints, rows larger than an index takes.
    error
        .code()
        .is_some_and(|code| ["22", "23", "54"].contains(&code.code().get(..2).unwrap_or("")))
}

/// Whether somebody else was using what was needed.
pub(crate) fn is_taken(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
    })
}
