//! Bookings and holds, and why not. Each first asks whether it was made
//! already, then whether the wallet takes it, then whether the money is there.

use super::{
    Reference, Wallet, WalletEvent as Event, WalletRejection as Rejection,
    account::{Account, Booking, BookingKind},
    command::{CaptureHold, Credit, Debit, PlaceHold, ReleaseHold},
    decide::{Decision, same_currency},
};
use crate::kernel::{Amount, Money, already};

/// Books money in.
pub(super) fn credit(wallet: &Wallet, command: &Credit) -> Decision {
    let Credit { reference, amount, contra_account } = command.clone();
    let kind = BookingKind::Credit;
    let booking = Booking { kind, amount, contra_account: contra_account.clone() };
    if let Some(known) = booked(wallet, &reference) {
        return already(*known == booking, || Rejection::RefReused { reference });
    }
    let account = bookable(wallet, amount)?;
    let balance = account.posted + amount.money();
    if balance.minor > Amount::MAX_MINOR {
        let limit = Money::new(Amount::MAX_MINOR, account.currency());
        return Err(Rejection::BalanceTooLarge { limit });
    }
    Ok(vec![Event::Credited { reference, amount, contra_account, balance }])
}

/// Books money out that is there and not held.
pub(super) fn debit(wallet: &Wallet, command: &Debit) -> Decision {
    let Debit { reference, amount, contra_account } = command.clone();
    let kind = BookingKind::Debit;
    let booking = Booking { kind, amount, contra_account: contra_account.clone() };
    if let Some(known) = booked(wallet, &reference) {
        return already(*known == booking, || Rejection::RefReused { reference });
    }
    let account = bookable(wallet, amount)?;
    is_there(account, amount)?;
    let balance = account.posted - amount.money();
    Ok(vec![Event::Debited { reference, amount, contra_account, balance }])
}

/// Promises money that is there and not held.
pub(super) fn place_hold(wallet: &Wallet, command: &PlaceHold) -> Decision {
    let PlaceHold { hold_id, amount, purpose, expires_at } = command.clone();
    if let Some(known) = wallet.account().and_then(|account| account.holds.get(&hold_id)) {
        let same = (known.amount, known.expires_at) == (amount, expires_at);
        return already(same && known.purpose == purpose, || Rejection::HoldIdReused { hold_id });
    }
    let account = bookable(wallet, amount)?;
    is_there(account, amount)?;
    Ok(vec![Event::HoldPlaced { hold_id, amount, purpose, expires_at }])
}

/// Books held money out; the last capture lets the rest go.
pub(super) fn capture_hold(wallet: &Wallet, command: &CaptureHold) -> Decision {
    let CaptureHold { hold_id, reference, amount, contra_account, last } = command.clone();
    let kind = BookingKind::Capture { hold_id: hold_id.clone(), last };
    let booking = Booking { kind, amount, contra_account: contra_account.clone() };
    if let Some(known) = booked(wallet, &reference) {
        return already(*known == booking, || Rejection::RefReused { reference });
    }
    let account = bookable(wallet, amount)?;
    let Some(hold) = account.holds.get(&hold_id) else {
        return Err(Rejection::NoSuchHold { hold_id });
    };
    if hold.rest.minor == 0 {
        return Err(Rejection::HoldResolved { hold_id });
    }
    let requested = amount.money();
    if requested > hold.rest {
        return Err(Rejection::CaptureExceedsHold { rest: hold.rest, requested });
    }
    let (balance, rest) = (account.posted - requested, hold.rest - requested);
    let nothing = Money::zero(account.currency());
    let (released, rest) = if last { (rest, nothing) } else { (nothing, rest) };
    Ok(vec![Event::HoldCaptured {
        hold_id,
        reference,
        amount,
        contra_account,
        last,
        released,
        rest,
        balance,
    }])
}

/// Lets go of what is held, even in a frozen wallet: nothing moves.
pub(super) fn release_hold(wallet: &Wallet, command: &ReleaseHold) -> Decision {
    let hold_id = command.hold_id.clone();
    let account = wallet.account().ok_or(Rejection::NotFound)?;
    let Some(hold) = account.holds.get(&hold_id) else {
        return Err(Rejection::NoSuchHold { hold_id });
    };
    if hold.rest.minor == 0 {
        return already(hold.released, || Rejection::HoldResolved { hold_id });
    }
    Ok(vec![Event::HoldReleased { hold_id, released: hold.rest }])
}

fn booked<'a>(wallet: &'a Wallet, reference: &Reference) -> Option<&'a Booking> {
    wallet.account()?.bookings.get(reference)
}

fn bookable(wallet: &Wallet, amount: Amount) -> Result<&Account, Rejection> {
    let account = match wallet {
        Wallet::Open(account) => account,
        Wallet::Frozen(_) => return Err(Rejection::Frozen),
        Wallet::Closed(_) => return Err(Rejection::Closed),
        Wallet::Unknown => return Err(Rejection::NotFound),
    };
    same_currency(account.currency(), amount.currency())?;
    Ok(account)
}

fn is_there(account: &Account, amount: Amount) -> Result<(), Rejection> {
    let (available, requested) = (account.available(), amount.money());
    if requested > available {
        return Err(Rejection::InsufficientFunds { available, requested });
    }
    Ok(())
}
