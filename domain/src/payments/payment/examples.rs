//! What the tests of payments speak about: R 100.00 for an invoice.

use super::{
    Payment, PaymentCommand, PaymentEvent,
    command::{
        AuthorizationOutcome, CaptureMode, CaptureOutcome, Create, Purpose, RecordAuthorization,
        RecordCapture, RecordRefund, RefundOutcome, RequestAuthorization, RequestCapture,
        RequestRefund,
    },
};
use crate::{
    billing::Invoice,
    kernel::{
        Id, Timestamp,
        testing::{NOW, amount, id, target, text, zar},
    },
};

/// The payment under test.
pub(in crate::payments) fn payment() -> Id<Payment> {
    target()
}

pub(in crate::payments) fn for_invoice() -> Purpose {
    Purpose::Invoice(id::<Invoice>(1))
}

pub(in crate::payments) fn next_week() -> Timestamp {
    NOW.plus_seconds(7 * 86_400)
}

pub(in crate::payments) fn create(purpose: Purpose, capture: CaptureMode) -> PaymentCommand {
    let method_ref = text("tok_ok");
    PaymentCommand::Create(Create { amount: amount(10_000), purpose, method_ref, capture })
}

pub(in crate::payments) fn created() -> PaymentEvent {
    PaymentEvent::Created {
        amount: amount(10_000),
        purpose: for_invoice(),
        method_ref: text("tok_ok"),
        capture: CaptureMode::Manual,
    }
}

pub(in crate::payments) fn attempt(attempt_id: &str) -> PaymentCommand {
    let (attempt_id, provider) = (text(attempt_id), text("sandbox"));
    PaymentCommand::RequestAuthorization(RequestAuthorization { attempt_id, provider })
}

pub(in crate::payments) fn attempted(attempt_id: &str) -> PaymentEvent {
    let (attempt_id, provider) = (text(attempt_id), text("sandbox"));
    PaymentEvent::AuthorizationRequested { attempt_id, provider }
}

pub(in crate::payments) fn hear_of_attempt(
    attempt_id: &str,
    outcome: AuthorizationOutcome,
) -> PaymentCommand {
    let attempt_id = text(attempt_id);
    PaymentCommand::RecordAuthorization(RecordAuthorization { attempt_id, outcome })
}

/// The provider holds this much until next week.
pub(in crate::payments) fn yes(minor: i64) -> AuthorizationOutcome {
    AuthorizationOutcome::Authorized {
        provider_ref: text("auth_1"),
        amount: amount(minor),
        expires_at: Some(next_week()),
    }
}

pub(in crate::payments) fn authorized(attempt_id: &str) -> PaymentEvent {
    PaymentEvent::Authorized {
        attempt_id: text(attempt_id),
        provider_ref: text("auth_1"),
        amount: amount(10_000),
        expires_at: Some(next_week()),
    }
}

pub(in crate::payments) fn capture(capture_id: &str, minor: i64, last: bool) -> PaymentCommand {
    let (capture_id, amount) = (text(capture_id), amount(minor));
    PaymentCommand::RequestCapture(RequestCapture { capture_id, amount, last })
}

pub(in crate::payments) fn capture_requested(
    capture_id: &str,
    minor: i64,
    last: bool,
) -> PaymentEvent {
    PaymentEvent::CaptureRequested { capture_id: text(capture_id), amount: amount(minor), last }
}

pub(in crate::payments) fn hear_of_capture(
    capture_id: &str,
    outcome: CaptureOutcome,
) -> PaymentCommand {
    PaymentCommand::RecordCapture(RecordCapture { capture_id: text(capture_id), outcome })
}

/// The provider has drawn the money and keeps R 0.30.
pub(in crate::payments) fn drawn() -> CaptureOutcome {
    CaptureOutcome::Captured { provider_ref: text("ch_1"), fee: Some(amount(30)) }
}

pub(in crate::payments) fn captured(capture_id: &str, minor: i64, remaining: i64) -> PaymentEvent {
    PaymentEvent::Captured {
        capture_id: text(capture_id),
        amount: amount(minor),
        purpose: for_invoice(),
        provider_ref: text("ch_1"),
        fee: Some(amount(30)),
        remaining: zar(remaining),
    }
}

pub(in crate::payments) fn captured_late(capture_id: &str, minor: i64) -> PaymentEvent {
    PaymentEvent::CapturedLate {
        capture_id: text(capture_id),
        amount: amount(minor),
        purpose: for_invoice(),
        provider_ref: text("ch_1"),
        fee: Some(amount(30)),
    }
}

pub(in crate::payments) fn refund(
    refund_id: &str,
    minor: i64,
    late_capture: Option<&str>,
) -> PaymentCommand {
    PaymentCommand::RequestRefund(RequestRefund {
        refund_id: text(refund_id),
        amount: amount(minor),
        reason: text("cold food"),
        late_capture_id: late_capture.map(text),
    })
}

pub(in crate::payments) fn refund_requested(refund_id: &str, minor: i64) -> PaymentEvent {
    PaymentEvent::RefundRequested {
        refund_id: text(refund_id),
        amount: amount(minor),
        reason: text("cold food"),
        late_capture_id: None,
    }
}

pub(in crate::payments) fn hear_of_refund(
    refund_id: &str,
    outcome: RefundOutcome,
) -> PaymentCommand {
    PaymentCommand::RecordRefund(RecordRefund { refund_id: text(refund_id), outcome })
}

pub(in crate::payments) fn refunded(
    refund_id: &str,
    minor: i64,
    late_capture: Option<&str>,
) -> PaymentEvent {
    PaymentEvent::RefundSucceeded {
        refund_id: text(refund_id),
        amount: amount(minor),
        purpose: for_invoice(),
        late_capture_id: late_capture.map(text),
        provider_ref: text("re_1"),
    }
}
