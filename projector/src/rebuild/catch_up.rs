//! What came into the log while a table was loaded.

use std::sync::Arc;

use chrono::DateTime;
use deadpool_postgres::ClientWrapper;
use ulid::Ulid;

use super::{Positions, Reached, Rebuild, RebuildError, heads};
use crate::{
    Phase,
    batch::{self, Stretch},
    fold::{Folded, FoldingError, Job},
    quarantine::{LeftOut, withheld_of},
    session::{InTransaction, Pipeline, is_about_rows, reason},
    stream,
    write::{first_error, prepare},
};

/// Events of one tenant that are written at once.
const BATCH: u64 = 2_000;
/// Bytes of them that are read at once.
const BYTES: usize = 16 << 20;
/// So few events are left for the swap, during which projectors wait.
const FEW: u64 = 500;
/// After so many rounds the log is as fast as the rebuild.
const ROUNDS: usize = 20;

impl Rebuild<'_> {
    /// Folds what is new until little is left.
    pub(super) async fn catch_up(
        &self,
        client: &ClientWrapper,
        positions: &mut Positions,
    ) -> Result<(), RebuildError> {
        for _ in 0..ROUNDS {
            let mut left = 0;
            for (tenant, head) in heads(client).await? {
                let begun = positions.entry(tenant);
                let place = begun.or_insert_with(|| self.beginning(tenant, head.erasures));
                let stretch = Stretch { tenant, after: place.position, until: head.position };
                let reached = self.catch_up_tenant(client, stretch, place.erasures).await?;
                left += reached - place.position;
                place.position = reached;
            }
            if left <= FEW {
                break;
            }
        }
        Ok(())
    }

    /// Folds a stretch, or as much of it as can be folded, and says how far it
    /// came.
    async fn catch_up_tenant(
        &self,
        client: &ClientWrapper,
        stretch: Stretch,
        erasures: u64,
    ) -> Result<u64, RebuildError> {
        let mut after = stretch.after;
        while after < stretch.until {
            self.build.may_go_on().await;
            let until = stretch.until.min(after + BATCH);
            let folded = self.fold(client, Stretch { after, until, ..stretch }).await?;
            let transaction = InTransaction::on(client);
            client.batch_execute("BEGIN").await?;
            self.write(client, &folded).await?;
            let reached = folded.job.stretch.until;
            let place = Reached { position: reached, erasures };
            self.build.note(client, stretch.tenant, place, 0).await?;
            client.batch_execute("COMMIT").await?;
            transaction.ended();
            self.report.add(Phase::CatchingUp, reached - after);
            after = reached;
            if folded.stopped.is_some() {
                break;
            }
        }
        Ok(after)
    }

    /// Folds a stretch into the rows of the new table.
    pub(super) async fn fold(
        &self,
        client: &ClientWrapper,
        stretch: Stretch,
    ) -> Result<Folded, RebuildError> {
        let wanted = |stream_type: &str| self.model.folds(stream_type);
        let means = (&*self.registry, &*self.ring);
        let batch = batch::read(client, means, stretch, BYTES, wanted).await?;
        let stretch = Stretch { until: batch.until, ..stretch };
        let left_out = self.left_out(client, stretch.tenant).await?;
        let job = Job {
            model: self.model.clone(),
            stretch,
            // Nobody else moves what this table has come to.
            since: DateTime::UNIX_EPOCH,
            head: stretch.until,
            failure: None,
            // Written down with the new table's checkpoints.
            erasures: 0,
            left_out,
            batch: Arc::new(batch),
        };
        match job.fold(client, None).await {
            Ok((folded, _)) => Ok(folded),
            Err(FoldingError::Failed(error)) => Err(error.into()),
            Err(FoldingError::Unfit(_, reason)) => {
                Err(RebuildError::Unfit { tenant: stretch.tenant, reason })
            }
        }
    }

    /// What is left out of the new table so far.
    pub(super) async fn left_out(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
    ) -> Result<LeftOut, RebuildError> {
        Ok(withheld_of(client, &self.build.quarantine, self.model, tenant).await?.into())
    }

    /// Writes folded rows in the open transaction.
    pub(super) async fn write(
        &self,
        client: &ClientWrapper,
        folded: &Folded,
    ) -> Result<(), RebuildError> {
        let tenant = folded.job.stretch.tenant;
        let ready = prepare(client, folded).await?;
        stream::enter(client, tenant).await?;
        let mut rows = Pipeline::new();
        for statement in &ready {
            rows.send(statement.execute(client)).await;
        }
        first_error(rows.answers().await).map_err(|error| -> RebuildError {
            if is_about_rows(&error) {
                RebuildError::Unfit { tenant, reason: reason(&error) }
            } else {
                error.into()
            }
        })?;
        Ok(self.build.set_apart(client, tenant, &folded.verdict.found).await?)
    }
}
