//! Money in, money out.

use crate::{
    kernel::{
        Amount, Currency,
        testing::{given, nothing, text, zar},
    },
    payments::{
        Wallet, WalletCommand as Command, WalletRejection as Rejection,
        wallet::command::Credit,
        wallet::examples::{credit, credited, debit, debited, held, open, opened},
    },
};

fn insufficient(available: i64, requested: i64) -> Rejection {
    Rejection::InsufficientFunds { available: zar(available), requested: zar(requested) }
}

#[test]
fn each_booking_leaves_a_balance() {
    given::<Wallet>([opened(0)])
        .when(credit("c-1", 1_000))
        .then([credited("c-1", 1_000, 1_000)])
        .and_when(debit("d-1", 300))
        .then([debited("d-1", 300, 700)])
        .and_when(credit("c-2", 50))
        .then([credited("c-2", 50, 750)]);
}

#[test]
fn a_booking_is_made_once() {
    given::<Wallet>([opened(0), credited("c-1", 1_000, 1_000), debited("d-1", 300, 700)])
        .when(credit("c-1", 1_000))
        .then_nothing()
        .and_when(debit("d-1", 300))
        .then_nothing();
}

#[test]
fn a_reference_belongs_to_one_booking() {
    let reused = |reference| Rejection::RefReused { reference: text(reference) };
    given::<Wallet>([opened(0), credited("c-1", 1_000, 1_000)])
        .when(credit("c-1", 1_001))
        .then_refused(reused("c-1"))
        .and_when(debit("c-1", 1_000))
        .then_refused(reused("c-1"));
    let Command::Credit(other) = credit("c-1", 1_000) else { unreachable!() };
    given::<Wallet>([opened(0), credited("c-1", 1_000, 1_000)])
        .when(Command::Credit(Credit { contra_account: text("bank"), ..other }))
        .then_refused(reused("c-1"));
}

#[test]
fn there_is_no_overdraft_unless_it_was_granted() {
    given::<Wallet>([opened(0), credited("c-1", 1_000, 1_000)])
        .when(debit("d-1", 1_001))
        .then_refused(insufficient(1_000, 1_001))
        .and_when(debit("d-1", 1_000))
        .then([debited("d-1", 1_000, 0)]);
    given::<Wallet>([opened(500), credited("c-1", 1_000, 1_000)])
        .when(debit("d-1", 1_501))
        .then_refused(insufficient(1_500, 1_501))
        .and_when(debit("d-1", 1_500))
        .then([debited("d-1", 1_500, -500)]);
}

#[test]
fn what_is_held_cannot_be_spent() {
    given::<Wallet>([opened(0), credited("c-1", 100_000, 100_000), held("h-1", 30_000)])
        .when(debit("d-1", 80_000))
        .then_refused(insufficient(70_000, 80_000));
}

#[test]
fn of_fifty_debits_of_100_on_1000_exactly_ten_succeed() {
    let mut wallet = given::<Wallet>([opened(0), credited("c-1", 1_000, 1_000)]);
    let mut succeeded = 0;
    for n in 0..50 {
        let outcome = wallet.when(debit(&format!("d-{n}"), 100));
        succeeded += i32::from(outcome.decided().is_ok());
        wallet = outcome.afterwards();
    }
    assert_eq!(succeeded, 10);
}

#[test]
fn a_wallet_is_in_one_currency() {
    let (reference, contra_account) = (text("c-1"), text("unapplied"));
    let amount = Amount::new(1, Currency::USD).unwrap();
    given::<Wallet>([opened(0)])
        .when(Command::Credit(Credit { reference, amount, contra_account }))
        .then_refused(Rejection::CurrencyDiffers { expected: Currency::ZAR, got: Currency::USD });
}

#[test]
fn there_is_a_limit_to_what_is_kept() {
    nothing::<Wallet>()
        .when(open(None))
        .then([opened(0)])
        .and_when(credit("c-1", Amount::MAX_MINOR))
        .then([credited("c-1", Amount::MAX_MINOR, Amount::MAX_MINOR)])
        .and_when(credit("c-2", 1))
        .then_refused(Rejection::BalanceTooLarge { limit: zar(Amount::MAX_MINOR) });
}
