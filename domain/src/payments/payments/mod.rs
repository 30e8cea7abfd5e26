//! Every payment as it stands, for lists and for the people who chase them.

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    billing::Invoice,
    kernel::{Amount, Currency, Folds, Id, Keys, ReadModel, Recorded, Slot, Text, Timestamp},
    payments::{
        Payment, Wallet,
        payment::{
            PaymentEvent as Event,
            command::{CaptureMode, Purpose},
        },
    },
};

/// All payments.
pub struct Payments;

/// One payment: how much of it was authorized, captured and given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRow {
    /// The payment.
    pub id: Id<Payment>,
    /// How far it has come.
    pub status: PaymentStatus,
    /// The invoice it is for, if it is for one.
    pub invoice_id: Option<Id<Invoice>>,
    /// The wallet it fills, if it fills one.
    pub wallet_id: Option<Id<Wallet>>,
    /// The currency of every amount.
    pub currency: Currency,
    /// How much is to be received.
    pub amount_minor: i64,
    /// How much a provider holds or held for us.
    pub authorized_minor: i64,
    /// How much of it is ours, captured in time.
    pub captured_minor: i64,
    /// How much came after it had been given up.
    pub late_minor: i64,
    /// How much was given back.
    pub refunded_minor: i64,
    /// What providers keep, as far as it is known.
    pub fees_minor: i64,
    /// When the money is drawn.
    pub capture: CaptureMode,
    /// The provider's token of the payer's card or account.
    pub method_ref: Text<128>,
    /// The provider that was asked last.
    pub provider: Option<Text<40>>,
    /// Why the last thing that failed did.
    pub last_failure: Option<Text<64>>,
    /// Until when the authorization can be captured.
    pub expires_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How far a payment has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nobody has been asked yet.
    Created,
    /// A provider is being asked.
    Processing,
    /// The payer has something to do.
    ActionRequired,
    /// Nobody knows what the provider decided.
    Unknown,
    /// The last attempt was declined; another may follow.
    Declined,
    /// A provider holds the money.
    Authorized,
    /// A part of the money is ours.
    PartiallyCaptured,
    /// All the money that was wanted is ours.
    Captured,
    /// Given up before anything was captured.
    Voided,
    /// The authorization ended.
    Expired,
    /// The provider holds another amount; people must look at it.
    Conflicted,
}

impl ReadModel for Payments {
    const NAME: &'static str = "payments";
    const ROW: &'static str = "payment";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["id"];
    const INDEXES: &'static [&'static [&'static str]] =
        &[&["status", "created_at"], &["created_at"], &["invoice_id"], &["wallet_id"]];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Payment>;
    type Row = PaymentRow;
    type Sources = (Payment,);
}

impl Folds<Payment> for Payments {
    fn keys(event: &Recorded<Payment>) -> Keys<Id<Payment>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, recorded: &Recorded<Payment>) {
        use PaymentStatus as Status;
        match &recorded.event {
            Event::Created { amount, purpose, method_ref, capture } => {
                slot.put(PaymentRow::new(recorded, *amount, *purpose, method_ref, *capture));
            }
            Event::Received { amount, purpose, method_ref, .. } => {
                let row =
                    PaymentRow::new(recorded, *amount, *purpose, method_ref, CaptureMode::Auto);
                slot.put(PaymentRow {
                    status: Status::Captured,
                    authorized_minor: amount.minor(),
                    captured_minor: amount.minor(),
                    ..row
                });
            }
            Event::AuthorizationRequested { provider, .. } => slot.change(|row| {
                row.status = Status::Processing;
                row.provider = Some(provider.clone());
            }),
            Event::ActionRequired { .. } => slot.change(|row| row.status = Status::ActionRequired),
            Event::AttemptUnknown { .. } => slot.change(|row| row.status = Status::Unknown),
            Event::AttemptFailed { code, .. } => slot.change(|row| {
                row.status = Status::Declined;
                row.last_failure = Some(code.clone());
            }),
            Event::Conflicted { .. } => slot.change(|row| row.status = Status::Conflicted),
            Event::Authorized { amount, expires_at, .. } => slot.change(|row| {
                row.status = Status::Authorized;
                row.authorized_minor = amount.minor();
                row.expires_at = *expires_at;
            }),
            Event::Captured { amount, fee, remaining, .. } => slot.change(|row| {
                let all = remaining.minor == 0;
                row.status = if all { Status::Captured } else { Status::PartiallyCaptured };
                row.captured_minor += amount.minor();
                row.fees_minor += fee.map_or(0, Amount::minor);
            }),
            Event::CapturedLate { amount, fee, .. } => slot.change(|row| {
                row.late_minor += amount.minor();
                row.fees_minor += fee.map_or(0, Amount::minor);
            }),
            Event::RefundSucceeded { amount, .. } => {
                slot.change(|row| row.refunded_minor += amount.minor());
            }
            Event::CaptureFailed { code, .. } | Event::RefundFailed { code, .. } => {
                slot.change(|row| row.last_failure = Some(code.clone()));
            }
            Event::Voided { .. } => slot.change(|row| row.status = Status::Voided),
            Event::Expired { .. } => slot.change(|row| row.status = Status::Expired),
            // What is only asked for, or not known, moves no money yet.
            Event::CaptureRequested { .. }
            | Event::CaptureUnknown { .. }
            | Event::RefundRequested { .. }
            | Event::RefundUnknown { .. } => {}
        }
    }
}

impl PaymentRow {
    fn new(
        recorded: &Recorded<Payment>,
        amount: Amount,
        purpose: Purpose,
        method_ref: &Text<128>,
        capture: CaptureMode,
    ) -> Self {
        let (invoice_id, wallet_id) = match purpose {
            Purpose::Invoice(invoice) => (Some(invoice), None),
            Purpose::TopUp(wallet) => (None, Some(wallet)),
        };
        Self {
            id: recorded.id,
            status: PaymentStatus::Created,
            invoice_id,
            wallet_id,
            currency: amount.currency(),
            amount_minor: amount.minor(),
            authorized_minor: 0,
            captured_minor: 0,
            late_minor: 0,
            refunded_minor: 0,
            fees_minor: 0,
            capture,
            method_ref: method_ref.clone(),
            provider: None,
            last_failure: None,
            expires_at: None,
            created_at: recorded.envelope.occurred_at,
        }
    }
}
