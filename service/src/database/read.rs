//! One statement as one tenant, in one round trip.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use deadpool_postgres::Object;
use opentelemetry::{KeyValue, metrics::Histogram};
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};
use ulid::Ulid;

use super::{Database, DatabaseError, uuid};
use crate::telemetry::meter;

static SECONDS: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    meter()
        .f64_histogram("db_query_duration_seconds")
        .with_description("Time from taking a connection to having all rows of one read.")
        .build()
});

/// Both kinds of statement, to be run the same way.
#[derive(Clone, Copy)]
enum Statement<'a> {
    Kept(&'a [&'a (dyn ToSql + Sync)]),
    Once(&'a [(&'a (dyn ToSql + Sync), Type)]),
}

impl Database {
    /// Reads as a tenant. The statement's plan is kept with every connection,
    /// so its text has to be one of a bounded number.
    ///
    /// # Errors
    /// When the database does not answer, or refuses the statement.
    pub async fn read(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DatabaseError> {
        self.run(tenant, sql, Statement::Kept(params)).await
    }

    /// Reads as a tenant with a statement that may never come again, such as
    /// one made of somebody's filters. The types of its parameters are given,
    /// so that nothing has to be asked first.
    ///
    /// # Errors
    /// When the database does not answer, or refuses the statement.
    pub async fn read_once(
        &self,
        tenant: Ulid,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, DatabaseError> {
        self.run(tenant, sql, Statement::Once(params)).await
    }

    async fn run(
        &self,
        tenant: Ulid,
        sql: &str,
        statement: Statement<'_>,
    ) -> Result<Vec<Row>, DatabaseError> {
        let began = Instant::now();
        let mut rows = self.attempt(tenant, sql, statement).await;
        // A connection that died in the pool is found out by its next user.
        // Reading twice is no harm, and the second connection is a new one.
        if matches!(rows, Err(DatabaseError::Away(_))) {
            rows = self.attempt(tenant, sql, statement).await;
        }
        self.measure(began.elapsed());
        rows
    }

    async fn attempt(
        &self,
        tenant: Ulid,
        sql: &str,
        statement: Statement<'_>,
    ) -> Result<Vec<Row>, DatabaseError> {
        let connection = self.connection().await?;
        match statement {
            Statement::Kept(params) => {
                let prepared = connection.prepare_cached(sql).await.map_err(DatabaseError::of)?;
                pipelined(&connection, tenant, connection.query(&prepared, params)).await
            }
            Statement::Once(params) => {
                pipelined(&connection, tenant, connection.query_typed(sql, params)).await
            }
        }
    }

    fn measure(&self, took: Duration) {
        SECONDS.record(took.as_secs_f64(), &[KeyValue::new("role", self.role.name())]);
    }
}

/// Sends begin, statement and commit before it waits for the first answer.
///
/// INVARIANT: a caller who stops waiting leaves no transaction open. Each of
/// the three is sent when it is first polled, all in the same poll, so that
/// either none of them went out or the COMMIT did too; guarded by the test
/// `a_reader_who_stops_waiting_leaves_no_transaction_behind`.
async fn pipelined(
    connection: &Object,
    tenant: Ulid,
    query: impl Future<Output = Result<Vec<Row>, tokio_postgres::Error>>,
) -> Result<Vec<Row>, DatabaseError> {
    // A UUID has no letter that SQL could take for anything else. As plain
    // text it needs no message of its own.
    let tenant = uuid(tenant);
    let begin = format!("BEGIN READ ONLY; SET LOCAL tenantry.tenant = '{tenant}'");
    let (opened, rows, committed) = tokio::join!(
        biased;
        connection.batch_execute(&begin),
        query,
        connection.batch_execute("COMMIT"),
    );
    opened.map_err(DatabaseError::of)?;
    let rows = rows.map_err(DatabaseError::of)?;
    committed.map_err(DatabaseError::of)?;
    Ok(rows)
}
