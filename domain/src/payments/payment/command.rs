//! What may be asked of a payment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AttemptId, CaptureId, RefundId};
use crate::{
    billing::Invoice,
    kernel::{Amount, Command, Id, Text, Timestamp},
    payments::Wallet,
};

/// Creates the intent to receive an amount for a purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// How much.
    pub amount: Amount,
    /// What for.
    pub purpose: Purpose,
    /// The provider's token of the payer's card or account. Never a card number.
    pub method_ref: Text<128>,
    /// When the money is drawn.
    pub capture: CaptureMode,
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To settle an invoice.
    Invoice(Id<Invoice>),
    /// To fill a wallet.
    TopUp(Id<Wallet>),
}

/// When the money of an authorized payment is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// All of it as soon as it is authorized.
    Auto,
    /// When it is asked for, in one part or several.
    Manual,
}

/// Records money that has come without a provider: a bank transfer, or cash.
/// It is created, authorized and captured at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// How much.
    pub amount: Amount,
    /// What for.
    pub purpose: Purpose,
    /// What tells it from all others: the line of a bank statement, a till slip.
    pub method_ref: Text<128>,
}

/// Reserves the attempt to authorize the payment, one at a time. The provider
/// is called afterwards, with the attempt's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestAuthorization {
    /// What the attempt is called within its payment.
    pub attempt_id: AttemptId,
    /// Who will be asked.
    pub provider: Text<40>,
}

/// Records what a provider said to an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordAuthorization {
    /// Which attempt.
    pub attempt_id: AttemptId,
    /// What it said.
    pub outcome: AuthorizationOutcome,
}

/// What a provider says to an attempt to authorize.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthorizationOutcome {
    /// Yes.
    Authorized {
        /// The provider's name for it.
        provider_ref: Text<128>,
        /// How much. Anything but the payment's amount is a conflict for
        /// people to look at.
        amount: Amount,
        /// Until when it can be captured, if there is an end to it.
        #[serde(default)]
        expires_at: Option<Timestamp>,
    },
    /// No; another attempt may follow.
    Declined {
        /// The provider's reason.
        code: Text<64>,
    },
    /// The payer has something to do first.
    ActionRequired {
        /// Where, or what.
        action: Text<500>,
    },
    /// Nothing certain: ask again, but do not attempt again.
    Unknown,
}

/// Reserves a capture of what is authorized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestCapture {
    /// What the capture is called within its payment.
    pub capture_id: CaptureId,
    /// How much.
    pub amount: Amount,
    /// Whether it is the last, so that the rest of the authorization is let go.
    #[serde(default)]
    pub last: bool,
}

/// Records what a provider said to a capture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordCapture {
    /// Which capture.
    pub capture_id: CaptureId,
    /// What it said.
    pub outcome: CaptureOutcome,
}

/// What a provider says to a capture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CaptureOutcome {
    /// The money is ours.
    Captured {
        /// The provider's name for it.
        provider_ref: Text<128>,
        /// What the provider keeps of it, if that is known yet.
        #[serde(default)]
        fee: Option<Amount>,
    },
    /// It is not, and will not be.
    Failed {
        /// The provider's reason.
        code: Text<64>,
    },
    /// Nothing certain: ask again.
    Unknown,
}

/// Reserves a refund of what was captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestRefund {
    /// What the refund is called within its payment.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub reason: Text<200>,
    /// The late capture that is returned, if it is one. Such money never
    /// reached its purpose, so nothing is taken back from there.
    #[serde(default)]
    pub late_capture_id: Option<CaptureId>,
}

/// Records what a provider said to a refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordRefund {
    /// Which refund.
    pub refund_id: RefundId,
    /// What it said.
    pub outcome: RefundOutcome,
}

/// What a provider says to a refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RefundOutcome {
    /// The money is the payer's again.
    Succeeded {
        /// The provider's name for it.
        provider_ref: Text<128>,
    },
    /// It is still ours.
    Failed {
        /// The provider's reason.
        code: Text<64>,
    },
    /// Nothing certain: ask again.
    Unknown,
}

/// Gives up a payment of which nothing is captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// Why.
    pub reason: Text<200>,
}

/// Ends an authorization whose time is over. Ignored if it no longer ends at
/// that time or nothing of it is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expire {
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A payment moves money from a payer to us.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "every command is documented where its fields are")]
pub enum PaymentCommand {
    Create(Create),
    Receive(Receive),
    RequestAuthorization(RequestAuthorization),
    RecordAuthorization(RecordAuthorization),
    RequestCapture(RequestCapture),
    RecordCapture(RecordCapture),
    RequestRefund(RequestRefund),
    RecordRefund(RecordRefund),
    Void(Void),
    Expire(Expire),
}

impl Command for PaymentCommand {
    const CREATE: &'static [&'static str] = &["create", "receive"];
}
