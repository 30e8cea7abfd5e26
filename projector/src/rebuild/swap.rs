//! The new table takes the place of the old one.

use deadpool_postgres::ClientWrapper;
use event_store::pg::number;
use tokio_postgres::Error;
use ulid::Ulid;
use uuid::Uuid;

use super::{Positions, Rebuild, RebuildError, reached};
use crate::{
    Phase, StepError,
    batch::Stretch,
    session::{InTransaction, is_taken},
    tables::{Definition, Patience, Registered, Stands, TableState, stand_back, stand_in},
    versions::exclude,
};

impl Rebuild<'_> {
    /// Puts the table in place as soon as the old one is free for a moment.
    pub(super) async fn swap(
        &self,
        place: &ClientWrapper,
        positions: &mut Positions,
    ) -> Result<(), RebuildError> {
        let mut patience = Patience::new();
        loop {
            self.report.enter(Phase::Swapping);
            match self.try_swap(place, positions.clone()).await {
                Err(RebuildError::Step(StepError::Database(error))) if is_taken(&error) => {}
                Err(error) => return Err(error),
                Ok(reached) => {
                    *positions = reached;
                    return Ok(());
                }
            }
            if !patience.is_left().await {
                return Err(RebuildError::InUse(self.model.entry().name.to_owned()));
            }
            self.watched(self.catch_up(place, positions)).await?;
        }
    }

    async fn try_swap(
        &self,
        place: &ClientWrapper,
        mut positions: Positions,
    ) -> Result<Positions, RebuildError> {
        let reader = self.pool.get().await?;
        let transaction = InTransaction::on(place);
        place.batch_execute(&format!("BEGIN; {}", Patience::BRIEF)).await?;
        let consumer = &self.model.consumer;
        let mut versions = Registered::all(&**place, self.model.entry().name).await?;
        let own = versions.iter().position(|version| version.consumer == *consumer);
        let own = own.ok_or_else(|| RebuildError::Unregistered(consumer.clone()))?;
        let shown = versions.get(own).and_then(|version| version.shows.clone());
        // Where there was no table before, readers see one that could take all.
        let is_new = versions.get(own).is_some_and(|own| own.state == TableState::Unbuilt);
        let shown = shown.unwrap_or_else(|| consumer.clone());
        // INVARIANT: from here to the end no projector moves the checkpoints of
        // this consumer, nor of the one that readers see in its place: they share
        // the lock that this takes alone. Guarded by the test
        // `a_rebuild_beside_a_running_projector_loses_nothing`.
        exclude(&**place, [consumer, &shown]).await?;
        for (tenant, old) in self.checkpoints(place, &shown).await? {
            let begun = positions.entry(tenant);
            let reached = begun.or_insert_with(|| self.beginning(tenant, old.erasures));
            let (after, until) = (reached.position, old.position);
            if after < until {
                // Rows are only read where no earlier turn of this loop wrote.
                let folded = self.fold(&reader, Stretch { tenant, after, until }).await?;
                if let (Some(stopped), true) = (&folded.stopped, is_new) {
                    let (position, reason) = (stopped.position, stopped.error.clone());
                    return Err(RebuildError::Stuck { tenant, position, reason });
                }
                self.write(place, &folded).await?;
                reached.position = folded.job.stretch.until;
            }
        }
        if is_new
            && shown != *consumer
            && let Some(stuck) = self.build.newly_set_apart(place, &shown).await?
        {
            return Err(stuck);
        }
        self.move_checkpoints(place, &positions).await?;
        self.build.replace_quarantine(place).await?;
        self.put_in_place(place, &mut versions, own).await?;
        self.build.forget(&**place).await?;
        place.batch_execute("COMMIT").await?;
        transaction.ended();
        Ok(positions)
    }

    /// Gives the table the name under which it is read; where it was put aside,
    /// the one under which it is kept.
    async fn put_in_place(
        &self,
        place: &ClientWrapper,
        versions: &mut [Registered],
        own: usize,
    ) -> Result<(), Error> {
        stand_back(&**place, versions).await?;
        let Some(version) = versions.get_mut(own) else { return Ok(()) };
        let stands = version.state.stands();
        let replaced = Definition::of(self.model.entry(), stands.unwrap_or(Stands::Live));
        if stands.is_some() {
            place.batch_execute(&replaced.drop()).await?;
        } else {
            version.state = TableState::Live;
        }
        place.batch_execute(&self.definition.take_the_place_of(&replaced)).await?;
        stand_in(&**place, versions).await
    }

    /// How far what readers see has come, and how many erasures there were.
    async fn checkpoints(&self, place: &ClientWrapper, consumer: &str) -> Result<Positions, Error> {
        let sql = "SELECT c.tenant_id, c.position, h.erasures FROM log.checkpoints AS c
             JOIN log.heads AS h ON h.tenant_id = c.tenant_id WHERE c.consumer = $1";
        place.query(sql, &[&consumer]).await?.iter().map(reached).collect()
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
