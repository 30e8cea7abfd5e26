//! Why a payment refuses.

use schemars::JsonSchema;
use serde::Serialize;

use crate::kernel::{Currency, Money, Rejection, Text, Timestamp};

/// The reasons for which a payment refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentRejection {
    /// There is no such payment.
    #[error("there is no such payment; create it first")]
    NotFound,
    /// The payment was created already, as another one.
    #[error("the payment exists already and is another one; create it under a new id")]
    AlreadyExists,
    /// There is no such wallet to fill, or it is closed.
    #[error("there is no open wallet to fill; open one first")]
    WalletNotOpen,
    /// An amount is in another currency than the payment or the wallet.
    #[error("the currency is {got}, expected {expected}")]
    CurrencyDiffers {
        /// The currency that the amount must be in.
        expected: Currency,
        /// The currency that it is in.
        got: Currency,
    },
    /// The payment is authorized already.
    #[error("the payment is authorized already; capture it")]
    AlreadyAuthorized,
    /// The payment is not authorized.
    #[error("the payment is not authorized; request an authorization first")]
    NotAuthorized,
    /// The payment was voided, has expired, or is in conflict.
    #[error("the payment has ended and takes nothing but late notices; create a new one")]
    Ended,
    /// A provider is being asked and has not decided.
    #[error("attempt {attempt_id} is not decided yet; record its outcome first")]
    AttemptInFlight {
        /// The attempt.
        attempt_id: Text<64>,
    },
    /// The attempt was made already with another provider.
    #[error("attempt {attempt_id} was made already with {provider}; use another attempt id")]
    AttemptIdReused {
        /// The attempt.
        attempt_id: Text<64>,
        /// Who was asked.
        provider: Text<40>,
    },
    /// There is no such attempt.
    #[error("there is no attempt {attempt_id}; request it first")]
    NoSuchAttempt {
        /// The attempt.
        attempt_id: Text<64>,
    },
    /// The attempt has another outcome already.
    #[error("attempt {attempt_id} is decided already, with another outcome")]
    AttemptDecided {
        /// The attempt.
        attempt_id: Text<64>,
    },
    /// More would be captured than is left of what was authorized.
    #[error("of the authorization {capturable} is left, {requested} cannot be captured")]
    CaptureExceedsAuthorized {
        /// What is left.
        capturable: Money,
        /// What was to be captured.
        requested: Money,
    },
    /// The capture was requested already with other contents.
    #[error("capture {capture_id} was requested already with other contents; use another id")]
    CaptureIdReused {
        /// The capture.
        capture_id: Text<64>,
    },
    /// There is no such capture.
    #[error("there is no capture {capture_id}; request it first")]
    NoSuchCapture {
        /// The capture.
        capture_id: Text<64>,
    },
    /// The capture has another outcome already.
    #[error("capture {capture_id} is decided already, with another outcome")]
    CaptureDecided {
        /// The capture.
        capture_id: Text<64>,
    },
    /// More would be refunded than is left of what was captured.
    #[error("of the captured money {refundable} is left, {requested} cannot be refunded")]
    RefundExceedsCaptured {
        /// What is left.
        refundable: Money,
        /// What was to be refunded.
        requested: Money,
    },
    /// The payment has as many refunds as it may have.
    #[error("a payment has at most {limit} refunds")]
    TooManyRefunds {
        /// How many it may have.
        limit: usize,
    },
    /// The refund was requested already with other contents.
    #[error("refund {refund_id} was requested already with other contents; use another id")]
    RefundIdReused {
        /// The refund.
        refund_id: Text<64>,
    },
    /// There is no such refund.
    #[error("there is no refund {refund_id}; request it first")]
    NoSuchRefund {
        /// The refund.
        refund_id: Text<64>,
    },
    /// The refund has another outcome already.
    #[error("refund {refund_id} is decided already, with another outcome")]
    RefundDecided {
        /// The refund.
        refund_id: Text<64>,
    },
    /// Money was captured, which a void would leave unexplained.
    #[error("{captured} is captured already; refund it instead")]
    AlreadyCaptured {
        /// How much.
        captured: Money,
    },
    /// The authorization can still be captured.
    #[error("the authorization ends only at {expires_at}")]
    NotExpired {
        /// When it ends.
        expires_at: Timestamp,
    },
}

impl Rejection for PaymentRejection {}
