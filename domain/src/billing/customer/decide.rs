//! What may happen to a customer, and why not.

use super::{
    Customer, CustomerEvent as Event, CustomerRejection as Rejection,
    command::{AgreeTerms, Close, Open, Rename, ReplaceEmail},
    state::Account,
};
use crate::kernel::{Personal, Text};

type Decision = Result<Vec<Event>, Rejection>;

/// Opens a customer; opening it again in the same words changes nothing.
pub(super) fn open(customer: &Customer, command: Open) -> Decision {
    let Open { name, email, currency, payment_terms_days } = command;
    let account = Account { name, email: mailbox(email)?, currency, payment_terms_days };
    match customer {
        Customer::Unknown => {}
        Customer::Open(opened) if *opened == account => return Ok(vec![]),
        Customer::Open(_) => return Err(Rejection::AlreadyOpen),
        Customer::Closed(_) => return Err(Rejection::Closed),
    }
    let Account { name, email, currency, payment_terms_days } = account;
    Ok(vec![Event::Opened { name, email, currency, payment_terms_days }])
}

/// Renames, unless that is the name.
pub(super) fn rename(customer: &Customer, Rename { name }: Rename) -> Decision {
    let account = opened(customer)?;
    if account.name == name {
        return Ok(vec![]);
    }
    Ok(vec![Event::Renamed { name }])
}

/// Replaces the address, unless that is the address.
pub(super) fn replace_email(customer: &Customer, command: ReplaceEmail) -> Decision {
    let account = opened(customer)?;
    let email = mailbox(command.email)?;
    if account.email == email {
        return Ok(vec![]);
    }
    Ok(vec![Event::EmailReplaced { email, previous: account.email.clone() }])
}

/// Agrees terms, unless those are the terms.
pub(super) fn agree_terms(customer: &Customer, command: &AgreeTerms) -> Decision {
    let account = opened(customer)?;
    if account.payment_terms_days == command.payment_terms_days {
        return Ok(vec![]);
    }
    Ok(vec![Event::TermsAgreed { payment_terms_days: command.payment_terms_days }])
}

/// Closes the customer and frees its address.
pub(super) fn close(customer: &Customer, Close { reason }: Close) -> Decision {
    if matches!(customer, Customer::Closed(_)) {
        return Ok(vec![]);
    }
    let account = opened(customer)?;
    Ok(vec![Event::Closed { reason, email: account.email.clone() }])
}

fn opened(customer: &Customer) -> Result<&Account, Rejection> {
    match customer {
        Customer::Open(account) => Ok(account),
        Customer::Closed(_) => Err(Rejection::Closed),
        Customer::Unknown => Err(Rejection::NotFound),
    }
}

/// Whether mail arrives is for the mail to find out; this catches slips.
fn mailbox(email: Text<254>) -> Result<Personal<Text<254>>, Rejection> {
    match email.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() => Ok(email.into()),
        _ => Err(Rejection::NotAnEmail),
    }
}
