//! What whoever gave a command is told.

use domain::kernel::{Aggregate, rejection_code, variant_fields, variant_name};
use ulid::Ulid;

use super::{CommandError, Order, Outcome, Receipt, ReceiptEvent, Shared};
use crate::{Appended, Log};

pub(super) fn refused<A: Aggregate>(rejection: &A::Rejection) -> CommandError {
    let variant = variant_name(rejection).unwrap_or_default();
    CommandError::Refused {
        code: rejection_code::<A>(variant),
        message: rejection.to_string(),
        details: variant_fields(rejection),
    }
}

pub(super) fn named<A: Aggregate>(event: &A::Event, with_fields: bool) -> ReceiptEvent {
    let name = format!("{}.{}", A::TYPE, variant_name(event).unwrap_or_default());
    let fields = with_fields.then(|| variant_fields(event));
    ReceiptEvent { name, fields }
}

/// Whether a command that failed this way may have been executed before: it
/// may be refused now on the state that it left behind itself.
pub(super) fn may_be_repeated(error: &CommandError) -> bool {
    matches!(
        error,
        CommandError::Refused { .. }
            | CommandError::Precondition { .. }
            | CommandError::ClaimTaken { .. }
            | CommandError::CommandIdReused
    )
}

/// Whoever repeats a command that was executed before gets the first answer
/// again, whatever it would come to now.
pub(super) async fn first_answer(
    shared: &Shared,
    order: &Order,
    error: CommandError,
) -> Result<Receipt, CommandError> {
    let Some(asked) = order.request_hash.filter(|_| !order.validate_only) else {
        return Err(error);
    };
    if !may_be_repeated(&error) {
        return Err(error);
    }
    match shared.log.outcome(order.tenant, order.command_id).await? {
        // An id that was made up for the repetition is another one.
        Some((hash, id, first)) if hash == asked && (order.minted || id == order.id) => {
            repeated(&*shared.log, order.tenant, id, first).await
        }
        Some(_) => Err(CommandError::CommandIdReused),
        None => Err(error),
    }
}

/// The first answer to a command that had been executed before.
pub(super) async fn repeated(
    log: &dyn Log,
    tenant: Ulid,
    id: Ulid,
    first: Appended,
) -> Result<Receipt, CommandError> {
    let count = (first.last_position + 1).saturating_sub(first.first_position);
    let events = if count == 0 {
        vec![]
    } else {
        let limit = usize::try_from(count).unwrap_or(usize::MAX);
        log.read_tenant(tenant, first.first_position - 1, limit).await?
    };
    Ok(Receipt {
        id,
        outcome: Outcome::Repeated,
        version: first.version,
        position: first.last_position,
        events: events
            .into_iter()
            .map(|event| ReceiptEvent {
                name: format!("{}.{}", event.envelope.stream_type, event.name),
                fields: None,
            })
            .collect(),
    })
}
