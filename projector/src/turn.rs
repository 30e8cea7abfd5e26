//! One transaction's worth of work.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use deadpool_postgres::ClientWrapper;
use futures_util::future::try_join_all;
use ulid::Ulid;

use crate::{
    Projector, StepError, Stepped,
    batch::{self, Stretch, Taken},
    fold::Job,
    model::Model,
    quarantine::{AllWithheld, Among, LeftOut, withheld},
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
        let leaving = standings.iter().filter(|standing| standing.leaves_out());
        let leaving: HashSet<(Ulid, usize)> =
            leaving.filter_map(|standing| self.place(standing)).collect();
        let stretches = self.stretches(standings, turn);
        let mut jobs = self.read(client, stretches).await?;
        self.leave_out(client, &mut jobs, &leaving).await?;
        for job in &jobs {
            self.measures.reading(job);
        }
        let _spans = trace::spans(&jobs);
        Round { projector: self, client, waiting: vec![jobs], turn }.run().await?;
        if refolding.is_empty() {
            return Ok(());
        }
        let withheld = self.withheld(client, &refolding).await?;
        self.refold(client, refolding, &withheld, turn).await
    }

    fn place(&self, standing: &Standing) -> Option<(Ulid, usize)> {
        Some((standing.tenant, self.live.get(standing.consumer)?.place))
    }

    /// All that is left out of the read models that have anything left out.
    async fn withheld(
        &self,
        client: &ClientWrapper,
        standings: &[Standing],
    ) -> Result<AllWithheld, StepError> {
        let (mut tenants, mut consumers) = (BTreeSet::new(), BTreeSet::new());
        for standing in standings.iter().filter(|it| it.leaves_out()) {
            tenants.insert(standing.tenant);
            consumers.insert(standing.consumer);
        }
        if tenants.is_empty() {
            return Ok(AllWithheld::default());
        }
        let tenants: Vec<Ulid> = tenants.into_iter().collect();
        let models = consumers.iter().filter_map(|consumer| self.live.get(*consumer));
        let among = Among { tenants: &tenants, streams: None };
        Ok(withheld(client, models.map(|model| &**model), among).await?)
    }

    /// Leaves out of these jobs what is left out of their read models: they are
    /// told of the streams that they meet, however many there are.
    async fn leave_out(
        &self,
        client: &ClientWrapper,
        jobs: &mut [Job],
        leaving: &HashSet<(Ulid, usize)>,
    ) -> Result<(), StepError> {
        let is_leaving = |job: &&mut Job| leaving.contains(&(job.stretch.tenant, job.model.place));
        let (mut tenants, mut streams) = (BTreeSet::new(), BTreeSet::new());
        let mut models = BTreeMap::new();
        for job in jobs.iter_mut().filter(is_leaving) {
            tenants.insert(job.stretch.tenant);
            streams.extend(job.events().filter_map(Taken::stream));
            models.insert(job.model.place, job.model.clone());
        }
        if streams.is_empty() {
            return Ok(());
        }
        let tenants: Vec<Ulid> = tenants.into_iter().collect();
        let streams: Vec<Ulid> = streams.into_iter().collect();
        let among = Among { tenants: &tenants, streams: Some(&streams) };
        let all = withheld(client, models.values().map(|model| &**model), among).await?;
        for job in jobs.iter_mut().filter(is_leaving) {
            job.left_out = all.of(job.stretch.tenant, &job.model).into();
        }
        Ok(())
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
                    left_out: LeftOut::default(),
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
