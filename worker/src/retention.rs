//! Outcomes of commands are not kept for ever.

use crate::{Worker, WorkerError};

impl Worker {
    /// Lets the log forget outcomes that are older than the retention. Without
    /// effect as long as there are none.
    pub(crate) async fn forget_outcomes(&self) -> Result<(), WorkerError> {
        let client = self.pool.get().await?;
        let sql = "SELECT log.rotate_commands(make_interval(days => $1))";
        let days = i32::try_from(self.settings.retention_days).unwrap_or(i32::MAX);
        let dropped: i32 = client.query_one(sql, &[&days]).await?.get(0);
        if dropped > 0 {
            tracing::info!(partitions = dropped, "forgot old outcomes of commands");
        }
        Ok(())
    }
}
