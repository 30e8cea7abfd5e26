//! A transaction that owns its connection.

use std::ops::Deref;

use deadpool_postgres::{ClientWrapper, Object};
use futures_util::FutureExt;
use ulid::Ulid;

use super::{Database, DatabaseError, uuid};

/// Several statements of which all count or none: dropped before it is
/// committed, none does. Dereferences to its connection, on which nobody but
/// this type begins or ends a transaction.
#[derive(Debug)]
pub struct Transaction {
    connection: Object,
    open: bool,
}

impl Deref for Transaction {
    type Target = ClientWrapper;
    fn deref(&self) -> &ClientWrapper {
        &self.connection
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.open {
            // INVARIANT: a connection goes back with its transaction ended. The
            // first poll sends the ROLLBACK, behind whatever was sent before
            // and ahead of the next user's statements; nobody has to wait for
            // the answer. Guarded by the test
            // `a_dropped_transaction_counts_for_nothing_and_nobody_inherits_it`.
            let _sent = self.connection.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

impl Database {
    /// Begins a transaction that may write, as a tenant or as nobody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn transaction(&self, tenant: Option<Ulid>) -> Result<Transaction, DatabaseError> {
        self.begin("BEGIN", tenant).await
    }

    /// Begins a transaction that reads, and sees the same from first to last.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self, tenant: Option<Ulid>) -> Result<Transaction, DatabaseError> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", tenant).await
    }

    async fn begin(&self, begin: &str, tenant: Option<Ulid>) -> Result<Transaction, DatabaseError> {
        // Made before anything is sent, so that whoever gives up half-way
        // leaves a ROLLBACK behind the BEGIN.
        let transaction = Transaction { connection: self.connection().await?, open: true };
        let tenant =
            tenant.map(|tenant| format!("; SET LOCAL tenantry.tenant = '{}'", uuid(tenant)));
        let begin = format!("{begin}{}", tenant.unwrap_or_default());
        transaction.batch_execute(&begin).await.map_err(DatabaseError::of)?;
        Ok(transaction)
    }
}

impl Transaction {
    /// Makes everything count.
    ///
    /// # Errors
    /// When the commit fails, or the connection is lost before its answer: then
    /// it is not known whether it counted.
    pub async fn commit(self) -> Result<(), DatabaseError> {
        self.end("COMMIT").await
    }

    /// Makes nothing count, and keeps the connection for others.
    ///
    /// # Errors
    /// When the connection is lost; nothing counts then either.
    pub async fn rollback(self) -> Result<(), DatabaseError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, how: &str) -> Result<(), DatabaseError> {
        self.batch_execute(how).await.map_err(DatabaseError::of)?;
        self.open = false;
        Ok(())
    }
}
