//! Drawing the money that a provider holds for us, in one part or several.

use super::{
    Payment, PaymentEvent as Event, PaymentRejection as Rejection,
    command::{CaptureOutcome as Outcome, RecordCapture, RequestCapture},
    decide::{Decision, same_currency},
    intent::{Capture, Intent},
};
use crate::kernel::{Money, already};

/// Reserves a capture of what is left of the authorization.
pub(super) fn request(payment: &Payment, command: &RequestCapture) -> Decision {
    let RequestCapture { capture_id, amount, last } = command.clone();
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    if let Some(known) = intent.captures.get(&capture_id) {
        let same = (known.amount, known.last) == (amount, last);
        return already(same, || Rejection::CaptureIdReused { capture_id });
    }
    let intent = authorized(payment)?;
    same_currency(intent.currency(), amount.currency())?;
    let (capturable, requested) = (intent.capturable(), amount.money());
    if requested > capturable {
        return Err(Rejection::CaptureExceedsAuthorized { capturable, requested });
    }
    Ok(vec![Event::CaptureRequested { capture_id, amount, last }])
}

/// Records what the provider said. Money that comes after the payment has
/// ended, or after its capture was said to have failed, is late.
pub(super) fn record(payment: &Payment, command: &RecordCapture) -> Decision {
    let RecordCapture { capture_id, outcome } = command.clone();
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    let Some(capture) = intent.captures.get(&capture_id) else {
        return Err(Rejection::NoSuchCapture { capture_id });
    };
    if capture.outcome.as_ref() == Some(&outcome) {
        return Ok(vec![]);
    }
    if let Outcome::Captured { fee: Some(fee), .. } = &outcome {
        same_currency(intent.currency(), fee.currency())?;
    }
    let is_late = capture.has_failed() || !matches!(payment, Payment::Authorized(_));
    let (amount, purpose) = (capture.amount, intent.purpose);
    match outcome {
        _ if capture.is_captured() => Err(Rejection::CaptureDecided { capture_id }),
        Outcome::Captured { provider_ref, fee } if is_late => {
            Ok(vec![Event::CapturedLate { capture_id, amount, purpose, provider_ref, fee }])
        }
        Outcome::Captured { provider_ref, fee } => {
            let remaining = remaining_after(intent, capture);
            Ok(vec![Event::Captured { capture_id, amount, purpose, provider_ref, fee, remaining }])
        }
        _ if capture.has_failed() => Err(Rejection::CaptureDecided { capture_id }),
        Outcome::Failed { code } => Ok(vec![Event::CaptureFailed { capture_id, code }]),
        Outcome::Unknown => Ok(vec![Event::CaptureUnknown { capture_id }]),
    }
}

/// What is authorized beyond all captures; the last one lets go of it.
fn remaining_after(intent: &Intent, capture: &Capture) -> Money {
    let remaining = intent.authorized - intent.captured() - capture.amount.money();
    if capture.last { Money::zero(remaining.currency) } else { remaining }
}

fn authorized(payment: &Payment) -> Result<&Intent, Rejection> {
    match payment {
        Payment::Authorized(intent) => Ok(intent),
        Payment::Created(_) => Err(Rejection::NotAuthorized),
        Payment::Voided(_) | Payment::Expired(_) | Payment::Conflicted(_) => Err(Rejection::Ended),
        Payment::Unknown => Err(Rejection::NotFound),
    }
}
