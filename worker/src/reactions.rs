//! One tenant's turn with its reactions.

use std::collections::BTreeMap;

use event_store::pg::{Fence, number, uuid};
use futures_util::{StreamExt, stream};
use tokio_postgres::types::ToSql;
use ulid::Ulid;

use crate::{
    Worker, WorkerError,
    chains::chains,
    dispatch::{Cause, Failure, Origin, Refused, give},
    pauses::Failing,
    place::{Place, Places, Reading, Stretch, places},
    plan::{Plan, Task, plan},
    settle::{Move, settle, timer_changes},
    worker::Progress,
};
use domain::kernel::Intent;

/// What became of a chain of tasks.
#[derive(Default)]
struct Chain {
    refused: Vec<(u64, Refused)>,
    given: u64,
    /// The position of the event at which it broke off, and why.
    broken: Option<(u64, Failure)>,
}

/// How far one reaction came in a stretch.
struct Outcome {
    place: Place,
    moved: Move,
    given: u64,
    stopped: Option<Failure>,
}

/// An event that a reaction cannot take for now.
struct Standstill {
    failing: Failing,
    consumer: String,
    at: u64,
    failure: Failure,
}

impl Worker {
    /// Lets all reactions go on by one stretch of the log, together where they
    /// stand at the same place.
    pub(crate) async fn react(&self, tenant: Ulid, fence: &Fence) -> Result<Progress, WorkerError> {
        let Places { head, places } = places(&self.pool, tenant, &self.consumers).await?;
        let mut together: BTreeMap<u64, Vec<Place>> = BTreeMap::new();
        for place in places {
            let failing = Failing::Reaction(tenant, place.reaction);
            if place.position < head && !self.pauses.holds(&failing) {
                together.entry(place.position).or_default().push(place);
            }
        }
        let mut progress = Progress::default();
        for (after, group) in together {
            progress += self.react_together(tenant, (after, head), &group, fence).await?;
        }
        Ok(progress)
    }

    async fn react_together(
        &self,
        tenant: Ulid,
        (after, head): (u64, u64),
        group: &[Place],
        fence: &Fence,
    ) -> Result<Progress, WorkerError> {
        let reactions = self.registry.reactions();
        let sources: Vec<&'static str> = group
            .iter()
            .filter_map(|place| reactions.get(place.reaction))
            .map(|reaction| reaction.source)
            .collect();
        let reading =
            Reading { tenant, after, head, sources: &sources, batch: self.settings.batch };
        let stretch = reading.stretch(&self.pool, &self.registry, &self.keys).await?;
        let mut outcomes = Vec::with_capacity(group.len());
        for place in group {
            outcomes.push(self.carry_out(tenant, *place, &stretch).await);
        }
        let progress = Progress {
            events: outcomes.iter().map(|one| one.moved.to - one.moved.from).sum(),
            commands: outcomes.iter().map(|one| one.given).sum(),
            timers: 0,
            more: outcomes.iter().any(|one| one.stopped.is_none() && one.moved.to < head),
        };
        self.write_down(tenant, outcomes, fence).await?;
        Ok(progress)
    }

    /// Does what a stretch calls for by one reaction, as far as possible.
    async fn carry_out(&self, tenant: Ulid, place: Place, stretch: &Stretch) -> Outcome {
        let consumer = self.consumers.get(place.reaction).cloned().unwrap_or_default();
        let mut moved = Move {
            consumer,
            from: place.position,
            to: place.position,
            timers: vec![],
            refused: vec![],
            recovered: false,
        };
        let Some(reaction) = self.registry.reactions().get(place.reaction) else {
            return Outcome { place, moved, given: 0, stopped: None };
        };
        let Plan { tasks, end, mut stopped } = plan(reaction, stretch);
        let timers: Vec<_> = tasks
            .iter()
            .flat_map(|task| timer_changes(task).map(|change| (task.cause.position, change)))
            .collect();
        let chains: Vec<Chain> = stream::iter(chains(tasks, Task::touches))
            .map(|chain| self.follow(tenant, reaction.name, chain))
            .buffer_unordered(self.settings.commands)
            .collect()
            .await;
        moved.to = end;
        let given = chains.iter().map(|chain| chain.given).sum();
        for (position, failure) in chains.iter().filter_map(|chain| chain.broken.clone()) {
            if position <= moved.to {
                moved.to = position.saturating_sub(1);
                stopped = Some(failure);
            }
        }
        // What lies beyond will be done again, with the same outcome.
        let reached = moved.to;
        let refused = chains.into_iter().flat_map(|chain| chain.refused);
        moved.refused =
            refused.filter(|(at, _)| *at <= reached).map(|(_, refused)| refused).collect();
        moved.timers =
            timers.into_iter().filter(|(at, _)| *at <= reached).map(|(_, change)| change).collect();
        moved.recovered = place.failing && moved.to > moved.from;
        Outcome { place, moved, given, stopped }
    }

    /// Gives the commands of a chain, one after the other.
    async fn follow(&self, tenant: Ulid, name: &'static str, tasks: Vec<Task>) -> Chain {
        let mut chain = Chain::default();
        for task in &tasks {
            for (intent, index) in task.intents.iter().zip(0..) {
                let Intent::Dispatch(dispatch) = intent else { continue };
                let cause = Cause {
                    tenant,
                    origin: Origin::Reaction(name, index),
                    event_id: task.cause.event_id,
                    correlation_id: task.cause.correlation_id,
                    at: task.cause.occurred_at,
                    trace_parent: task.cause.trace_parent.clone(),
                    subjects: task.subjects.clone(),
                };
                match give(&self.commands, &cause, dispatch).await {
                    Ok(refused) => {
                        chain.given += 1;
                        chain.refused.extend(refused.map(|one| (task.cause.position, one)));
                    }
                    Err(failure) => {
                        chain.broken = Some((task.cause.position, failure));
                        return chain;
                    }
                }
            }
        }
        chain
    }

    async fn write_down(
        &self,
        tenant: Ulid,
        outcomes: Vec<Outcome>,
        fence: &Fence,
    ) -> Result<(), WorkerError> {
        let mut moves = vec![];
        let mut failures = vec![];
        for Outcome { place, moved, stopped, .. } in outcomes {
            let failing = Failing::Reaction(tenant, place.reaction);
            self.metrics.reacted(&moved);
            if moved.to > moved.from {
                self.pauses.over(&failing);
            }
            if let Some(failure) = stopped {
                let (consumer, at) = (moved.consumer.clone(), moved.to + 1);
                failures.push(Standstill { failing, consumer, at, failure });
            }
            if moved.to > moved.from {
                moves.push(moved);
            }
        }
        if !moves.is_empty() && !settle(&self.pool, &self.keys, tenant, &moves, fence).await? {
            return Ok(());
        }
        for standstill in failures {
            self.stand_still(tenant, standstill, fence).await?;
        }
        Ok(())
    }

    /// Lets a reaction wait before it tries the same event again, and records
    /// what somebody should look at.
    async fn stand_still(
        &self,
        tenant: Ulid,
        Standstill { failing, consumer, at, failure }: Standstill,
        fence: &Fence,
    ) -> Result<(), WorkerError> {
        let attempts = self.pauses.failed(failing);
        self.metrics.failed(&consumer);
        tracing::warn!(
            consumer, tenant.id = %tenant, position = at, attempts, error = failure.message,
            "a reaction stands still"
        );
        if failure.lasting || attempts >= self.settings.max_retries {
            let client = self.pool.get().await?;
            let statement = client.prepare_cached(include_str!("sql/record_failure.sql")).await?;
            let (tenant, at) = (uuid(tenant), number(at));
            let mut params: Vec<&(dyn ToSql + Sync)> =
                vec![&consumer, &tenant, &at, &failure.message];
            params.extend(fence.params());
            client.execute(&statement, &params).await?;
        }
        Ok(())
    }
}
