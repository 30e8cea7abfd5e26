//! What becomes true of a payment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AttemptId, CaptureId, RefundId,
    command::{CaptureMode, Purpose},
};
use crate::kernel::{Amount, Event, Money, Text, Timestamp};

/// The facts of a payment's life. Those that move money say what for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentEvent {
    /// An amount is to be received.
    Created {
        /// How much.
        amount: Amount,
        /// What for.
        purpose: Purpose,
        /// The provider's token of the payer's card or account.
        method_ref: Text<128>,
        /// When the money is drawn.
        capture: CaptureMode,
    },
    /// Money came without a provider, and is ours.
    Received {
        /// As which capture.
        capture_id: CaptureId,
        /// How much.
        amount: Amount,
        /// What for.
        purpose: Purpose,
        /// What tells it from all others.
        method_ref: Text<128>,
    },
    /// A provider is to be asked.
    AuthorizationRequested {
        /// Which attempt.
        attempt_id: AttemptId,
        /// Who is asked.
        provider: Text<40>,
    },
    /// The provider holds the money for us.
    Authorized {
        /// By which attempt.
        attempt_id: AttemptId,
        /// The provider's name for it.
        provider_ref: Text<128>,
        /// How much.
        amount: Amount,
        /// Until when it can be captured, if there is an end to it.
        expires_at: Option<Timestamp>,
    },
    /// The payer has something to do first.
    ActionRequired {
        /// In which attempt.
        attempt_id: AttemptId,
        /// Where, or what.
        action: Text<500>,
    },
    /// The provider said no.
    AttemptFailed {
        /// To which attempt.
        attempt_id: AttemptId,
        /// Why.
        code: Text<64>,
    },
    /// Nobody knows what came of an attempt.
    AttemptUnknown {
        /// Of which attempt.
        attempt_id: AttemptId,
    },
    /// The provider holds another amount than the payment's.
    Conflicted {
        /// By which attempt.
        attempt_id: AttemptId,
        /// The provider's name for it.
        provider_ref: Text<128>,
        /// What it holds.
        amount: Amount,
        /// Until when it could be captured.
        expires_at: Option<Timestamp>,
    },
    /// A part of what is authorized is to be captured.
    CaptureRequested {
        /// Which capture.
        capture_id: CaptureId,
        /// How much.
        amount: Amount,
        /// Whether it is the last.
        last: bool,
    },
    /// The money is ours.
    Captured {
        /// By which capture.
        capture_id: CaptureId,
        /// How much.
        amount: Amount,
        /// What for.
        purpose: Purpose,
        /// The provider's name for it.
        provider_ref: Text<128>,
        /// What the provider keeps of it, if that is known yet.
        fee: Option<Amount>,
        /// How much is authorized beyond what has been captured.
        remaining: Money,
    },
    /// A capture failed; what it had reserved is free again.
    CaptureFailed {
        /// Which capture.
        capture_id: CaptureId,
        /// Why.
        code: Text<64>,
    },
    /// Nobody knows what came of a capture.
    CaptureUnknown {
        /// Of which capture.
        capture_id: CaptureId,
    },
    /// Money came after it had been given up.
    CapturedLate {
        /// By which capture.
        capture_id: CaptureId,
        /// How much.
        amount: Amount,
        /// What it was for.
        purpose: Purpose,
        /// The provider's name for it.
        provider_ref: Text<128>,
        /// What the provider keeps of it, if that is known yet.
        fee: Option<Amount>,
    },
    /// A part of what was captured is to be given back.
    RefundRequested {
        /// Which refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// Why.
        reason: Text<200>,
        /// The late capture that is returned, if it is one.
        late_capture_id: Option<CaptureId>,
    },
    /// The money is the payer's again.
    RefundSucceeded {
        /// By which refund.
        refund_id: RefundId,
        /// How much.
        amount: Amount,
        /// What it had been for.
        purpose: Purpose,
        /// The late capture that is returned, if it is one.
        late_capture_id: Option<CaptureId>,
        /// The provider's name for it.
        provider_ref: Text<128>,
    },
    /// A refund failed; the money is still ours.
    RefundFailed {
        /// Which refund.
        refund_id: RefundId,
        /// Why.
        code: Text<64>,
    },
    /// Nobody knows what came of a refund.
    RefundUnknown {
        /// Of which refund.
        refund_id: RefundId,
    },
    /// The payment was given up before anything was captured.
    Voided {
        /// Why.
        reason: Text<200>,
    },
    /// The authorization ended.
    Expired {
        /// What had not been captured by then.
        released: Money,
    },
}

impl Event for PaymentEvent {}
