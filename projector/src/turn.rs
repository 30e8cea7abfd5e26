//! One transaction's worth of work.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join_all;
use ulid::Ulid;

use crate::{
    Projector, StepError, Stepped,
    batch::{self, Stretch},
    fold::Job,
    model::Model,
    quarantine::{AllWithheld, left_out, withheld},
    round::Round,
    standing::Standing,
    trace,
};

/// What a turn has done, and for whom there is more to do.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) stepped: Stepped,
    /// Tenants that were served and have more.
    pub(crate) more: BTreeSet<Ulid>,
    /// Tenants there was no room for.
    pub(crate) left: Vec<Ulid>,
}

impl Projector {
    /// Serves these tenants in their order, one batch each, as far as there is
    /// room.
    pub(crate) async fn turn(&mut self, tenants: &[Ulid]) -> Result<Turn, StepError> {
        self.fencing.begin();
        let mut tenants = tenants.to_vec();
        tenants.retain(|tenant| self.fencing.admits(*tenant));
        let client = self.pool.get().await?;
        if self.live.is_empty() {
            self.live = Model::standing(&client, &self.models).await?;
        }
        let mut turn = Turn::default();
        let served = self.serve(&client, &tenants, &mut turn).await;
        if let Err(StepError::Database(_)) = &served {
            // Perhaps a table is gone, or another: look again which are there.
            self.live.clear();
        }
        served.map(|()| turn)
    }

    async fn serve(
        &mut self,
        client: &ClientWrapper,
        tenants: &[Ulid],
        turn: &mut Turn,
    ) -> Result<(), StepError> {
        let order: HashMap<Ulid, usize> = tenants.iter().copied().zip(0..).collect();
        let mut standings = self.look(client, Some(tenants)).await?;
        standings.sort_by_key(|standing| order.get(&standing.tenant));
        self.notice_erasures(&standings);
        let (refolding, mut standings): (Vec<_>, Vec<_>) = standings
            .into_iter()
            .partition(|standing| standing.remembers() || self.tries_again(standing));
        standings.retain(|standing| standing.position < standing.head);
        let withheld = self.withheld(client, refolding.iter().chain(&standings)).await?;
        let stretches = self.stretches(standings, turn);
        let jobs = self.read(client, stretches, &withheld).await?;
        for job in &jobs {
            self.measures.reading(job);
        }
        let _spans = trace::spans(&jobs);
        Round { projector: self, client, waiting: vec![jobs], turn }.run().await?;
        self.refold(client, refolding, &withheld, turn).await
    }

    /// What is left out of the read models that have anything left out.
    async fn withheld(
        &self,
        client: &ClientWrapper,
        standings: impl Iterator<Item = &Standing>,
    ) -> Result<AllWithheld, StepError> {
        let (mut tenants, mut consumers) = (BTreeSet::new(), BTreeSet::new());
        for standing in standings.filter(|it| it.leaves_out()) {
            tenants.insert(standing.tenant);
            consumers.insert(standing.consumer);
        }
        if tenants.is_empty() {
            return Ok(AllWithheld::new());
        }
        let tenants: Vec<Ulid> = tenants.into_iter().collect();
        let models = consumers.iter().filter_map(|consumer| self.live.get(*consumer));
        Ok(withheld(client, models.map(|model| &**model), Some(&tenants)).await?)
    }

    /// What each consumer is to take, until the turn is full.
    fn stretches(
        &self,
        standings: Vec<Standing>,
        turn: &mut Turn,
    ) -> BTreeMap<Stretch, Vec<Standing>> {
        let mut stretches = BTreeMap::<Stretch, Vec<Standing>>::new();
        let mut events = 0;
        let mut served = None;
        for standing in standings {
            let full = events >= self.pace.turn() && served != Some(standing.tenant);
            if full {
                if turn.left.last() != Some(&standing.tenant) {
                    turn.left.push(standing.tenant);
                }
                continue;
            }
            served = Some(standing.tenant);
            let stretch = self.stretch(&standing);
            stretches
                .entry(stretch)
                .or_insert_with(|| {
                    events += stretch.until - stretch.after;
                    vec![]
                })
                .push(standing);
        }
        stretches
    }

    /// Batches end at multiples of their size, so that consumers who stand
    /// apart meet. One that failed tries that event alone.
    fn stretch(&self, standing: &Standing) -> Stretch {
        let Standing { tenant, position: after, head, .. } = *standing;
        let batch = self.pace.batch();
        let until = match &standing.failure {
            Some(failure) if failure.position > after => failure.position,
            _ => (after / batch + 1) * batch,
        };
        Stretch { tenant, after, until: until.min(head) }
    }

    /// Reads and decodes every stretch once, all in one round trip.
    async fn read(
        &self,
        client: &ClientWrapper,
        stretches: BTreeMap<Stretch, Vec<Standing>>,
        withheld: &AllWithheld,
    ) -> Result<Vec<Job>, StepError> {
        let bytes = self.settings.bytes / stretches.len().max(1);
        let reads = stretches.into_iter().map(|(mut stretch, standings)| async move {
            let model = |standing: &Standing| self.live.get(standing.consumer);
            let models: Vec<_> = standings.iter().filter_map(model).collect();
            let wanted = |stream_type: &str| models.iter().any(|model| model.folds(stream_type));
            let means = (&*self.registry, &*self.ring);
            let batch = Arc::new(batch::read(client, means, stretch, bytes, wanted).await?);
            stretch.until = batch.until;
            let job = |standing: Standing| {
                let model = self.live.get(standing.consumer)?.clone();
                Some(Job {
                    withheld: left_out(withheld, standing.tenant, &model),
                    found: vec![],
                    model,
                    stretch,
                    since: standing.since?,
                    head: standing.head,
                    failure: standing.failure,
                    erasures: standing.taken_in,
                    batch: batch.clone(),
                })
            };
            Ok::<_, StepError>(standings.into_iter().filter_map(job).collect::<Vec<_>>())
        });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }
}
