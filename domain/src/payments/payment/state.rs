//! The stages of a payment's life, and what moves it from one to the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CaptureId, PaymentEvent as Event,
    command::{AuthorizationOutcome, CaptureOutcome, RefundOutcome},
    intent::{Attempt, Capture, Intent, Refund},
};
use crate::kernel::Amount;

/// A payment in one of the stages of its life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Payment {
    /// Nothing has happened yet.
    #[default]
    Unknown,
    /// Not authorized yet.
    Created(Intent),
    /// Authorized, and captured as far as it was.
    Authorized(Intent),
    /// Given up before anything was captured.
    Voided(Intent),
    /// The authorization ended.
    Expired(Intent),
    /// A provider holds another amount; people must look at it.
    Conflicted(Intent),
}

impl Payment {
    /// What a capture brought in time.
    #[must_use]
    pub fn captured(&self, id: &CaptureId) -> Option<Amount> {
        let capture = self.intent()?.captures.get(id)?;
        (capture.is_captured() && !capture.late).then_some(capture.amount)
    }

    /// The intent, whatever the stage.
    #[must_use]
    pub fn intent(&self) -> Option<&Intent> {
        match self {
            Self::Unknown => None,
            Self::Created(intent)
            | Self::Authorized(intent)
            | Self::Voided(intent)
            | Self::Expired(intent)
            | Self::Conflicted(intent) => Some(intent),
        }
    }
}

/// Moves a payment on.
pub(super) fn evolve(payment: &mut Payment, event: &Event) {
    *payment = match (std::mem::take(payment), event) {
        (_, Event::Created { amount, purpose, method_ref, capture }) => {
            Payment::Created(Intent::new(*amount, *purpose, method_ref.clone(), *capture))
        }
        (_, Event::Received { capture_id, amount, purpose, method_ref }) => {
            let method_ref = method_ref.clone();
            Payment::Authorized(Intent::received(capture_id, *amount, *purpose, method_ref))
        }
        (Payment::Created(intent), Event::Authorized { .. }) => Payment::Authorized(intent),
        (Payment::Created(intent), Event::Conflicted { .. }) => Payment::Conflicted(intent),
        (Payment::Created(intent) | Payment::Authorized(intent), Event::Voided { .. }) => {
            Payment::Voided(intent)
        }
        (Payment::Authorized(intent), Event::Expired { .. }) => Payment::Expired(intent),
        (stage, _) => stage,
    };
    match payment {
        Payment::Unknown => {}
        Payment::Created(intent)
        | Payment::Authorized(intent)
        | Payment::Voided(intent)
        | Payment::Expired(intent)
        | Payment::Conflicted(intent) => note(intent, event),
    }
}

/// Keeps what providers were asked and what they said.
fn note(intent: &mut Intent, event: &Event) {
    match event.clone() {
        Event::Created { .. }
        | Event::Received { .. }
        | Event::Voided { .. }
        | Event::Expired { .. } => {}
        Event::AuthorizationRequested { attempt_id, provider } => {
            intent.attempts.insert(attempt_id, Attempt { provider, outcome: None });
        }
        Event::Authorized { attempt_id, provider_ref, amount, expires_at } => {
            intent.authorized = amount.money();
            intent.expires_at = expires_at;
            let outcome = AuthorizationOutcome::Authorized { provider_ref, amount, expires_at };
            intent.hear_of_attempt(&attempt_id, outcome);
        }
        Event::Conflicted { attempt_id, provider_ref, amount, expires_at } => {
            let outcome = AuthorizationOutcome::Authorized { provider_ref, amount, expires_at };
            intent.hear_of_attempt(&attempt_id, outcome);
        }
        Event::ActionRequired { attempt_id, action } => {
            intent.hear_of_attempt(&attempt_id, AuthorizationOutcome::ActionRequired { action });
        }
        Event::AttemptFailed { attempt_id, code } => {
            intent.hear_of_attempt(&attempt_id, AuthorizationOutcome::Declined { code });
        }
        Event::AttemptUnknown { attempt_id } => {
            intent.hear_of_attempt(&attempt_id, AuthorizationOutcome::Unknown);
        }
        Event::CaptureRequested { capture_id, amount, last } => {
            let capture = Capture { amount, last, outcome: None, late: false };
            intent.captures.insert(capture_id, capture);
        }
        Event::Captured { capture_id, provider_ref, fee, .. } => {
            intent.hear_of_capture(&capture_id, CaptureOutcome::Captured { provider_ref, fee });
        }
        Event::CaptureFailed { capture_id, code } => {
            intent.hear_of_capture(&capture_id, CaptureOutcome::Failed { code });
        }
        Event::CaptureUnknown { capture_id } => {
            intent.hear_of_capture(&capture_id, CaptureOutcome::Unknown);
        }
        Event::CapturedLate { capture_id, provider_ref, fee, .. } => {
            intent.hear_of_capture(&capture_id, CaptureOutcome::Captured { provider_ref, fee });
            intent.mark_late(&capture_id);
        }
        Event::RefundRequested { refund_id, amount, reason, late_capture_id } => {
            let refund = Refund { amount, reason, late_capture_id, outcome: None };
            intent.refunds.insert(refund_id, refund);
        }
        Event::RefundSucceeded { refund_id, provider_ref, .. } => {
            intent.hear_of_refund(&refund_id, RefundOutcome::Succeeded { provider_ref });
        }
        Event::RefundFailed { refund_id, code } => {
            intent.hear_of_refund(&refund_id, RefundOutcome::Failed { code });
        }
        Event::RefundUnknown { refund_id } => {
            intent.hear_of_refund(&refund_id, RefundOutcome::Unknown);
        }
    }
}
