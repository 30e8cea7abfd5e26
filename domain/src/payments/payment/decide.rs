//! How a payment comes into being and ends, and why not. What goes on with
//! providers in between is in [`authorize`](super::authorize),
//! [`capture`](super::capture) and [`refund`](super::refund).

use super::{
    Payment, PaymentEvent as Event, PaymentRejection as Rejection,
    command::{CaptureMode, Create, Expire, Purpose, Receive, Void},
    intent::Intent,
};
use crate::{
    kernel::{Amount, Currency, Facts, Text, already},
    payments::Wallet,
};

/// What a payment decides.
pub(super) type Decision = Result<Vec<Event>, Rejection>;

/// Creates the intent; creating it again in the same words changes nothing.
pub(super) fn create(payment: &Payment, command: &Create, facts: &Facts) -> Decision {
    let Create { amount, purpose, method_ref, capture } = command.clone();
    if let Some(known) = payment.intent() {
        let same = known.states(amount, purpose, &method_ref, capture);
        return already(same, || Rejection::AlreadyExists);
    }
    fits_purpose(purpose, amount, facts)?;
    Ok(vec![Event::Created { amount, purpose, method_ref, capture }])
}

/// Records money that has come by itself.
pub(super) fn receive(payment: &Payment, command: &Receive, facts: &Facts) -> Decision {
    let Receive { amount, purpose, method_ref } = command.clone();
    let capture_id = Text::of("received");
    if let Some(known) = payment.intent() {
        let same = known.states(amount, purpose, &method_ref, CaptureMode::Auto);
        let same = same && known.captures.contains_key(&capture_id);
        return already(same, || Rejection::AlreadyExists);
    }
    fits_purpose(purpose, amount, facts)?;
    Ok(vec![Event::Received { capture_id, amount, purpose, method_ref }])
}

/// Gives up a payment of which nothing is captured. A capture whose outcome
/// is open may still come; it will be late.
pub(super) fn void(payment: &Payment, command: &Void) -> Decision {
    let intent = match payment {
        Payment::Voided(_) => return Ok(vec![]),
        Payment::Created(intent) | Payment::Authorized(intent) => intent,
        Payment::Expired(_) | Payment::Conflicted(_) => return Err(Rejection::Ended),
        Payment::Unknown => return Err(Rejection::NotFound),
    };
    nothing_in_flight(intent)?;
    let captured = intent.captured();
    if captured.minor > 0 {
        return Err(Rejection::AlreadyCaptured { captured });
    }
    Ok(vec![Event::Voided { reason: command.reason.clone() }])
}

/// Ends an authorization whose time is over. A timer that comes too late to
/// matter is ignored.
pub(super) fn expire(payment: &Payment, command: &Expire, facts: &Facts) -> Decision {
    let intent = payment.intent().ok_or(Rejection::NotFound)?;
    let expires_at = command.expires_at;
    let nothing_left = intent.capturable().minor == 0 && !intent.capture_in_flight();
    let is_current =
        matches!(payment, Payment::Authorized(_)) && intent.expires_at == Some(expires_at);
    if !is_current || nothing_left {
        return Ok(vec![]);
    }
    if facts.now < expires_at {
        return Err(Rejection::NotExpired { expires_at });
    }
    Ok(vec![Event::Expired { released: intent.authorized - intent.captured() }])
}

fn fits_purpose(purpose: Purpose, amount: Amount, facts: &Facts) -> Result<(), Rejection> {
    match purpose {
        // What an invoice makes of the money is for the invoice to say.
        Purpose::Invoice(_) => Ok(()),
        Purpose::TopUp(wallet) => match facts.state(wallet) {
            Some(Wallet::Open(account) | Wallet::Frozen(account)) => {
                same_currency(account.currency(), amount.currency())
            }
            Some(Wallet::Unknown | Wallet::Closed(_)) | None => Err(Rejection::WalletNotOpen),
        },
    }
}

/// All amounts of a payment are in one currency.
pub(super) fn same_currency(expected: Currency, got: Currency) -> Result<(), Rejection> {
    if expected == got { Ok(()) } else { Err(Rejection::CurrencyDiffers { expected, got }) }
}

/// A provider that is being asked has to answer first.
pub(super) fn nothing_in_flight(intent: &Intent) -> Result<(), Rejection> {
    match intent.attempts.iter().find(|(_, attempt)| !attempt.is_decided()) {
        Some((id, _)) => Err(Rejection::AttemptInFlight { attempt_id: id.clone() }),
        None => Ok(()),
    }
}
