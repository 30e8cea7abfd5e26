//! What surrounds a decision: the command as it was sent, the facts, and what
//! it refers to.

use domain::kernel::{Command, Facts, Referenced, ReferencedState, References};
use ulid::Ulid;

use super::{CommandError, Order, Shared, batch::Overlay};
use crate::CommandRecord;

/// Reads a command, and says which field it stumbles over.
pub(super) fn decoded<C: Command>(json: &[u8]) -> Result<C, CommandError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        // The first step of the path is the command itself.
        let field = path.split_once('.').map_or("", |(_, field)| field).to_owned();
        CommandError::Invalid { field, message: error.into_inner().to_string() }
    })
}

pub(super) fn facts(order: &Order) -> Facts {
    Facts {
        tenant: order.tenant,
        target: order.id,
        actor: order.actor.clone(),
        now: order.now,
        command_id: order.command_id,
        correlation_id: order.correlation_id,
        causation_id: order.causation_id,
        reason: order.reason.clone(),
        referenced: Referenced::default(),
    }
}

pub(super) fn record(order: &Order) -> CommandRecord {
    CommandRecord {
        id: order.command_id,
        request_hash: order.request_hash,
        occurred_at: order.now,
        actor: order.actor.clone(),
        correlation_id: order.correlation_id,
        causation_id: order.causation_id,
        reason: order.reason.clone(),
        trace_parent: order.trace_parent.clone(),
    }
}

/// Finds what a command refers to: first among what the earlier commands of
/// its batch leave, then in the log.
pub(super) async fn look_up(
    shared: &Shared,
    tenant: Ulid,
    references: References,
    overlay: &Overlay,
    fresh: bool,
) -> Result<Referenced, CommandError> {
    let mut found = Referenced::default();
    for (kind, id) in references.aggregates {
        let absent = ReferencedState { kind, id, version: 0, state: None };
        if let Some(left) = overlay.referenced(id) {
            found.states.push(if left.kind == kind { left.clone() } else { absent });
            continue;
        }
        let executor = shared
            .executors
            .get(kind)
            .ok_or_else(|| CommandError::UnknownAggregate(kind.to_owned()))?;
        let state = match executor.referenced(shared, tenant, id, fresh).await {
            // Another aggregate's id: to the decision there is none.
            Err(CommandError::NotFound(_)) => absent,
            state => state?,
        };
        found.states.push(state);
    }
    if !references.series.is_empty() {
        let last = shared.log.series(tenant, &references.series).await?;
        let last = references.series.into_iter().zip(last);
        found.series = last.map(|(name, last)| overlay.last_number(name, last)).collect();
    }
    Ok(found)
}
