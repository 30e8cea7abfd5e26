//! How a wallet is opened, frozen and closed, and why not. Its bookings and
//! holds are in [`book`](super::book).

use super::{
    Wallet, WalletEvent as Event, WalletRejection as Rejection,
    account::Account,
    command::{Freeze, Open},
};
use crate::kernel::{Amount, Currency, Money, already};

/// What a wallet decides.
pub(super) type Decision = Result<Vec<Event>, Rejection>;

/// Opens a wallet; opening it again in the same words changes nothing.
pub(super) fn open(wallet: &Wallet, command: &Open) -> Decision {
    let Open { customer_id, currency, overdraft_limit } = *command;
    if let Some(overdraft) = overdraft_limit {
        same_currency(currency, overdraft.currency())?;
    }
    let overdraft_limit = overdraft_limit.map_or(Money::zero(currency), Amount::money);
    if let Some(known) = wallet.account() {
        let same = (known.customer_id, known.overdraft_limit) == (customer_id, overdraft_limit);
        return already(same, || Rejection::AlreadyExists);
    }
    Ok(vec![Event::Opened { customer_id, overdraft_limit }])
}

/// Stops all bookings and holds.
pub(super) fn freeze(wallet: &Wallet, command: &Freeze) -> Decision {
    match wallet {
        Wallet::Open(_) => Ok(vec![Event::Frozen { reason: command.reason.clone() }]),
        Wallet::Frozen(_) => Ok(vec![]),
        Wallet::Closed(_) => Err(Rejection::Closed),
        Wallet::Unknown => Err(Rejection::NotFound),
    }
}

/// Lets bookings and holds go on.
pub(super) fn unfreeze(wallet: &Wallet) -> Decision {
    match wallet {
        Wallet::Frozen(_) => Ok(vec![Event::Unfrozen {}]),
        Wallet::Open(_) => Ok(vec![]),
        Wallet::Closed(_) => Err(Rejection::Closed),
        Wallet::Unknown => Err(Rejection::NotFound),
    }
}

/// Closes a wallet in which nothing is left.
pub(super) fn close(wallet: &Wallet) -> Decision {
    let account = match wallet {
        Wallet::Open(account) | Wallet::Frozen(account) => account,
        Wallet::Closed(_) => return Ok(vec![]),
        Wallet::Unknown => return Err(Rejection::NotFound),
    };
    let Account { posted, held, .. } = *account;
    if posted.minor != 0 || held.minor != 0 {
        return Err(Rejection::NotEmpty { posted, held });
    }
    Ok(vec![Event::Closed {}])
}

/// All bookings of a wallet are in one currency.
pub(super) fn same_currency(expected: Currency, got: Currency) -> Result<(), Rejection> {
    if expected == got { Ok(()) } else { Err(Rejection::CurrencyDiffers { expected, got }) }
}
