//! Giving captured money back, in one part or several.

use super::{
    Payment, PaymentEvent as Event, PaymentRejection as Rejection,
    command::{RecordRefund, RefundOutcome as Outcome, RequestRefund},
    decide::{Decision, same_currency},
};
use crate::kernel::already;

const MOST_REFUNDS: usize = 10;

/// Reserves a refund of what was captured. Until it has failed it counts, so
/// two that together exceed the capture cannot both be requested.
pub(super) fn request(payment: &Payment, command: &RequestRefund) -> Decision {
    let RequestRefund { refund_id, amount, reason, late_capture_id } = command.clone();
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    if let Some(known) = intent.refunds.get(&refund_id) {
        let same = (known.amount, &known.reason, &known.late_capture_id)
            == (amount, &reason, &late_capture_id);
        return already(same, || Rejection::RefundIdReused { refund_id });
    }
    same_currency(intent.currency(), amount.currency())?;
    let refundable = intent.refundable(late_capture_id.as_ref());
    let requested = amount.money();
    if requested > refundable {
        return Err(Rejection::RefundExceedsCaptured { refundable, requested });
    }
    if intent.refund_count() >= MOST_REFUNDS {
        return Err(Rejection::TooManyRefunds { limit: MOST_REFUNDS });
    }
    Ok(vec![Event::RefundRequested { refund_id, amount, reason, late_capture_id }])
}

/// Records what the provider said.
pub(super) fn record(payment: &Payment, command: &RecordRefund) -> Decision {
    let RecordRefund { refund_id, outcome } = command.clone();
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    let Some(refund) = intent.refunds.get(&refund_id) else {
        return Err(Rejection::NoSuchRefund { refund_id });
    };
    if refund.is_decided() || refund.outcome.as_ref() == Some(&outcome) {
        let same = refund.outcome == Some(outcome);
        return already(same, || Rejection::RefundDecided { refund_id });
    }
    Ok(vec![match outcome {
        Outcome::Succeeded { provider_ref } => Event::RefundSucceeded {
            refund_id,
            amount: refund.amount,
            purpose: intent.purpose,
            late_capture_id: refund.late_capture_id.clone(),
            provider_ref,
        },
        Outcome::Failed { code } => Event::RefundFailed { refund_id, code },
        Outcome::Unknown => Event::RefundUnknown { refund_id },
    }])
}
