//! Asking a provider to hold the money for us, one attempt at a time.

use super::{
    Payment, PaymentEvent as Event, PaymentRejection as Rejection,
    command::{
        AuthorizationOutcome as Outcome, CaptureMode, RecordAuthorization, RequestAuthorization,
    },
    decide::{Decision, nothing_in_flight},
    intent::Intent,
};
use crate::kernel::already;

/// Reserves an attempt.
pub(super) fn request(payment: &Payment, command: &RequestAuthorization) -> Decision {
    let RequestAuthorization { attempt_id, provider } = command.clone();
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    if let Some(known) = intent.attempts.get(&attempt_id) {
        let reused = || Rejection::AttemptIdReused { attempt_id, provider: known.provider.clone() };
        return already(known.provider == provider, reused);
    }
    let intent = unauthorized(payment)?;
    nothing_in_flight(intent)?;
    Ok(vec![Event::AuthorizationRequested { attempt_id, provider }])
}

/// Records what the provider said. Whatever it says of a decided attempt must
/// be what it said before.
pub(super) fn record(payment: &Payment, command: &RecordAuthorization) -> Decision {
    let RecordAuthorization { attempt_id, outcome } = command.clone();
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    let Some(attempt) = intent.attempts.get(&attempt_id) else {
        return Err(Rejection::NoSuchAttempt { attempt_id });
    };
    if attempt.is_decided() || attempt.outcome.as_ref() == Some(&outcome) {
        let same = attempt.outcome == Some(outcome);
        return already(same, || Rejection::AttemptDecided { attempt_id });
    }
    let intent = unauthorized(payment)?;
    Ok(match outcome {
        Outcome::Declined { code } => vec![Event::AttemptFailed { attempt_id, code }],
        Outcome::ActionRequired { action } => vec![Event::ActionRequired { attempt_id, action }],
        Outcome::Unknown => vec![Event::AttemptUnknown { attempt_id }],
        Outcome::Authorized { provider_ref, amount, expires_at } if amount != intent.amount => {
            vec![Event::Conflicted { attempt_id, provider_ref, amount, expires_at }]
        }
        Outcome::Authorized { provider_ref, amount, expires_at } => {
            let capture = match intent.capture {
                CaptureMode::Manual => None,
                // The provider draws the money in the same call, under the attempt's id.
                CaptureMode::Auto => Some(Event::CaptureRequested {
                    capture_id: attempt_id.clone(),
                    amount,
                    last: true,
                }),
            };
            let authorized = Event::Authorized { attempt_id, provider_ref, amount, expires_at };
            [authorized].into_iter().chain(capture).collect()
        }
    })
}

fn unauthorized(payment: &Payment) -> Result<&Intent, Rejection> {
    match payment {
        Payment::Created(intent) => Ok(intent),
        Payment::Authorized(_) => Err(Rejection::AlreadyAuthorized),
        Payment::Voided(_) | Payment::Expired(_) | Payment::Conflicted(_) => Err(Rejection::Ended),
        Payment::Unknown => Err(Rejection::NotFound),
    }
}
