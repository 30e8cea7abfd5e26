//! The new table takes the place of the old one.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use event_store::pg::number;
use tokio_postgres::{Error, error::SqlState};
use ulid::Ulid;
use uuid::Uuid;

use super::{Positions, Rebuild, RebuildError, reached};
use crate::{
    Phase, StepError,
    batch::Stretch,
    session::InTransaction,
    tables::{Definition, Stands},
};

/// How often to try, and how long to leave readers alone in between.
const ATTEMPTS: usize = 600;
const PAUSE: Duration = Duration::from_millis(400);

/// Waiting for a table keeps those who come later from reading it. So this
/// does not wait for long, but tries again.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '100ms'";

impl Rebuild<'_> {
    /// Puts the table in place as soon as the old one is free for a moment.
    pub(super) async fn swap(
        &self,
        place: &ClientWrapper,
        positions: &mut Positions,
    ) -> Result<(), RebuildError> {
        for _ in 0..ATTEMPTS {
            self.report.enter(Phase::Swapping);
            match self.try_swap(place, positions.clone()).await {
                Err(RebuildError::Step(StepError::Database(error))) if is_taken(&error) => {}
                Err(error) => return Err(error),
                Ok(reached) => {
                    *positions = reached;
                    return Ok(());
                }
            }
            tokio::time::sleep(PAUSE).await;
            self.catch_up(place, positions).await?;
        }
        Err(RebuildError::InUse(self.model.entry().name.to_owned()))
    }

    async fn try_swap(
        &self,
        place: &ClientWrapper,
        mut positions: Positions,
    ) -> Result<Positions, RebuildError> {
        let reader = self.pool.get().await?;
        let transaction = InTransaction::on(place);
        place.batch_execute(BEGIN).await?;
        // INVARIANT: from here to the end no projector moves this read model's
        // checkpoints: they share the lock that this takes alone. Guarded by
        // the test `a_rebuild_beside_a_running_projector_loses_nothing`.
        place.execute(include_str!("../sql/exclude.sql"), &[&self.model.consumer]).await?;
        for (tenant, old) in self.checkpoints(place).await? {
            let begun = positions.entry(tenant);
            let reached = begun.or_insert_with(|| self.beginning(tenant, old.erasures));
            let (after, until) = (reached.position, old.position);
            if after < until {
                // Rows are only read where no earlier turn of this loop wrote.
                let folded = self.fold(&reader, Stretch { tenant, after, until }).await?;
                self.write(place, &folded).await?;
                reached.position = folded.job.stretch.until;
            }
        }
        self.move_checkpoints(place, &positions).await?;
        place.batch_execute(&Definition::of(self.model.entry(), Stands::Live).drop()).await?;
        place.batch_execute(&self.definition.take_its_place()).await?;
        place.batch_execute("COMMIT").await?;
        transaction.ended();
        Ok(positions)
    }

    /// How far the old table has come, and how many erasures there were.
    async fn checkpoints(&self, place: &ClientWrapper) -> Result<Positions, Error> {
        let sql = "SELECT c.tenant_id, c.position, h.erasures FROM log.checkpoints AS c
             JOIN log.heads AS h ON h.tenant_id = c.tenant_id WHERE c.consumer = $1";
        place.query(sql, &[&self.model.consumer]).await?.iter().map(reached).collect()
    }

    /// Moves all checkpoints to where the new table has come, even those that
    /// are there: whoever still holds rows of the old table shall notice.
    async fn move_checkpoints(
        &self,
        place: &ClientWrapper,
        positions: &Positions,
    ) -> Result<(), Error> {
        let tenant = |tenant: &Ulid| event_store::pg::uuid(*tenant);
        let tenants: Vec<Uuid> = positions.keys().map(tenant).collect();
        let reached: Vec<i64> = positions.values().map(|at| number(at.position)).collect();
        let erasures: Vec<i64> = positions.values().map(|at| number(at.erasures)).collect();
        let consumer = &self.model.consumer;
        let replace = include_str!("../sql/replace.sql");
        place.execute(replace, &[consumer, &tenants, &reached, &erasures]).await.map(drop)
    }
}

/// Whether somebody else was using what was needed.
fn is_taken(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        [SqlState::LOCK_NOT_AVAILABLE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
    })
}
