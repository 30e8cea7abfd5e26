//! What a stretch of the log calls for, before anything is done about it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::kernel::{Envelope, Intent, ReactionEntry};
use ulid::Ulid;

use crate::{dispatch::Failure, place::Stretch};

/// What one event calls for.
#[derive(Debug)]
pub(crate) struct Task {
    /// The event.
    pub(crate) cause: Envelope,
    /// Whose personal data it holds, of which the intents may hold copies.
    pub(crate) subjects: Vec<Ulid>,
    /// What it calls for, in order.
    pub(crate) intents: Vec<Intent>,
}

impl Task {
    /// The aggregates it has to do with: the one it comes from, and those it
    /// gives orders to.
    pub(crate) fn touches(&self) -> Vec<Ulid> {
        let addressed = self.intents.iter().filter_map(|intent| match intent {
            Intent::Dispatch(dispatch) => Some(dispatch.id),
            Intent::Schedule { .. } | Intent::Cancel(_) => None,
        });
        [self.cause.stream_id].into_iter().chain(addressed).collect()
    }
}

/// What a stretch of the log calls for by one reaction.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of the log; events that call for nothing are left out.
    pub(crate) tasks: Vec<Task>,
    /// How far the plan goes.
    pub(crate) end: u64,
    /// Why it goes no farther, if it stops before the stretch ends.
    pub(crate) stopped: Option<Failure>,
}

/// Asks a reaction about a stretch, up to the first event that it cannot take.
pub(crate) fn plan(reaction: &ReactionEntry, stretch: &Stretch) -> Plan {
    let mut tasks = vec![];
    for occurrence in &stretch.events {
        if &*occurrence.stream_type != reaction.source {
            continue;
        }
        let answered = occurrence.event.as_ref().map_err(Clone::clone).and_then(|event| {
            // One reaction's defect must not end the others.
            catch_unwind(AssertUnwindSafe(|| reaction.react(event)))
                .map(|intents| Task {
                    cause: event.envelope().clone(),
                    subjects: occurrence.subjects.clone(),
                    intents,
                })
                .map_err(|_| format!("the reaction panicked (position {})", occurrence.position))
        });
        match answered {
            Ok(task) if task.intents.is_empty() => {}
            Ok(task) => tasks.push(task),
            Err(message) => {
                let end = occurrence.position.saturating_sub(1);
                return Plan { tasks, end, stopped: Some(Failure { message, lasting: true }) };
            }
        }
    }
    Plan { tasks, end: stretch.end, stopped: None }
}
