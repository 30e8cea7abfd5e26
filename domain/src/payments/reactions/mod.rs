//! What follows from payments and wallets without anybody asking.

#[cfg(test)]
mod tests;

use crate::{
    kernel::{Id, Intent, Reaction, Recorded, Text, Timer},
    payments::{
        CaptureId, Payment, RefundId, Wallet,
        payment::{
            PaymentCommand, PaymentEvent,
            command::{Expire, Purpose, RequestRefund},
        },
        wallet::{
            Reference, WalletCommand, WalletEvent,
            command::{Credit, Debit, ReleaseHold},
        },
    },
};

/// Money captured to fill a wallet fills it; money refunded leaves it again.
pub struct FillWallets;

impl Reaction for FillWallets {
    const NAME: &'static str = "fill-wallets";
    type Source = Payment;

    fn react(recorded: &Recorded<Payment>) -> Vec<Intent> {
        let booking = |name: &str| (reference(recorded, name), Text::of("unapplied"));
        match &recorded.event {
            PaymentEvent::Captured {
                capture_id, amount, purpose: Purpose::TopUp(wallet), ..
            }
            | PaymentEvent::Received {
                capture_id, amount, purpose: Purpose::TopUp(wallet), ..
            } => {
                let (reference, contra_account) = booking(capture_id);
                let credit = Credit { reference, amount: *amount, contra_account };
                vec![Intent::dispatch(*wallet, &WalletCommand::Credit(credit))]
            }
            PaymentEvent::RefundSucceeded {
                refund_id,
                amount,
                purpose: Purpose::TopUp(wallet),
                late_capture_id: None,
                ..
            } => {
                let (reference, contra_account) = booking(refund_id);
                let debit = Debit { reference, amount: *amount, contra_account };
                vec![Intent::dispatch(*wallet, &WalletCommand::Debit(debit))]
            }
            _ => vec![],
        }
    }
}

/// Captures and refunds are called by names that are unique in their payment.
fn reference(recorded: &Recorded<Payment>, name: &str) -> Reference {
    Text::of(format_args!("{}/{name}", recorded.id))
}

/// Money that came after it had been given up goes back.
pub struct ReturnLateMoney;

impl Reaction for ReturnLateMoney {
    const NAME: &'static str = "return-late-money";
    type Source = Payment;

    fn react(recorded: &Recorded<Payment>) -> Vec<Intent> {
        let PaymentEvent::CapturedLate { capture_id, amount, .. } = &recorded.event else {
            return vec![];
        };
        let refund = RequestRefund {
            refund_id: late_refund_id(capture_id),
            amount: *amount,
            reason: Text::of("captured after the payment had ended"),
            late_capture_id: Some(capture_id.clone()),
        };
        vec![Intent::dispatch(recorded.id, &PaymentCommand::RequestRefund(refund))]
    }
}

/// The one refund of a late capture, under an id that nobody chooses by chance.
#[must_use]
pub fn late_refund_id(capture: &CaptureId) -> RefundId {
    Text::of(format_args!("late-{}", Id::<Payment>::derived(&["late", capture]).ulid()))
}

/// An authorization ends when the provider said it would.
pub struct ExpireAuthorizations;

impl Reaction for ExpireAuthorizations {
    const NAME: &'static str = "expire-authorizations";
    type Source = Payment;

    fn react(recorded: &Recorded<Payment>) -> Vec<Intent> {
        let timer = Timer::of(recorded.id, "expire");
        match &recorded.event {
            PaymentEvent::Authorized { expires_at: Some(expires_at), .. } => {
                let expire = PaymentCommand::Expire(Expire { expires_at: *expires_at });
                vec![Intent::schedule(timer, *expires_at, recorded.id, &expire)]
            }
            PaymentEvent::Voided { .. } => vec![Intent::Cancel(timer)],
            _ => vec![],
        }
    }
}

/// A hold lets go when it was said it would.
pub struct ExpireHolds;

impl Reaction for ExpireHolds {
    const NAME: &'static str = "expire-holds";
    type Source = Wallet;

    fn react(recorded: &Recorded<Wallet>) -> Vec<Intent> {
        let timer = |hold_id: &str| Timer::of(recorded.id, &format!("hold {hold_id}"));
        match &recorded.event {
            WalletEvent::HoldPlaced { hold_id, expires_at: Some(expires_at), .. } => {
                let release = WalletCommand::ReleaseHold(ReleaseHold { hold_id: hold_id.clone() });
                vec![Intent::schedule(timer(hold_id), *expires_at, recorded.id, &release)]
            }
            WalletEvent::HoldCaptured { hold_id, rest, .. } if rest.minor == 0 => {
                vec![Intent::Cancel(timer(hold_id))]
            }
            WalletEvent::HoldReleased { hold_id, .. } => vec![Intent::Cancel(timer(hold_id))],
            _ => vec![],
        }
    }
}
