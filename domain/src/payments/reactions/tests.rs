use super::{ExpireAuthorizations, ExpireHolds, FillWallets, ReturnLateMoney, late_refund_id};
use crate::{
    kernel::{
        Intent, Timer,
        testing::{Reacting, amount, reacting, text, zar},
    },
    payments::{
        PaymentCommand, PaymentEvent, WalletCommand, WalletEvent,
        payment::command::{Expire, Purpose, RequestRefund},
        payment::examples::{
            authorized, captured, captured_late, created, for_invoice, next_week, payment,
        },
        wallet::command::{Credit, Debit},
        wallet::examples::{credited, held, hold_captured, hold_released, release, wallet},
    },
};

fn filling(event: PaymentEvent) -> Reacting<FillWallets> {
    reacting(payment(), event)
}

fn transfer(purpose: Purpose) -> PaymentEvent {
    PaymentEvent::Received {
        capture_id: text("received"),
        amount: amount(500),
        purpose,
        method_ref: text("statement line 7"),
    }
}

fn returned(purpose: Purpose, late_capture: Option<&str>) -> PaymentEvent {
    PaymentEvent::RefundSucceeded {
        refund_id: text("r-1"),
        amount: amount(500),
        purpose,
        late_capture_id: late_capture.map(text),
        provider_ref: text("re_1"),
    }
}

#[test]
fn captured_money_fills_its_wallet() {
    let credit = |capture: &str, minor| {
        let credit = Credit {
            reference: text(&format!("{}/{capture}", payment())),
            amount: amount(minor),
            contra_account: text("unapplied"),
        };
        Intent::dispatch(wallet(), &WalletCommand::Credit(credit))
    };
    let purpose = Purpose::TopUp(wallet());
    filling(transfer(purpose)).then([credit("received", 500)]);
    let by_card = PaymentEvent::Captured {
        capture_id: text("c-1"),
        amount: amount(10_000),
        purpose,
        provider_ref: text("ch_1"),
        fee: None,
        remaining: zar(0),
    };
    filling(by_card).then([credit("c-1", 10_000)]);
}

#[test]
fn refunded_money_leaves_its_wallet() {
    let debit = Debit {
        reference: text(&format!("{}/r-1", payment())),
        amount: amount(500),
        contra_account: text("unapplied"),
    };
    filling(returned(Purpose::TopUp(wallet()), None))
        .then([Intent::dispatch(wallet(), &WalletCommand::Debit(debit))]);
}

#[test]
fn money_that_never_reached_a_wallet_leaves_it_alone() {
    filling(returned(Purpose::TopUp(wallet()), Some("c-1"))).then_nothing();
    for event in [transfer(for_invoice()), returned(for_invoice(), None), created()] {
        filling(event).then_nothing();
    }
}

#[test]
fn late_money_goes_back() {
    let event = captured_late("c-1", 6_000);
    let refund = PaymentCommand::RequestRefund(RequestRefund {
        refund_id: late_refund_id(&text("c-1")),
        amount: amount(6_000),
        reason: text("captured after the payment had ended"),
        late_capture_id: Some(text("c-1")),
    });
    reacting::<ReturnLateMoney>(payment(), event).then([Intent::dispatch(payment(), &refund)]);
    reacting::<ReturnLateMoney>(payment(), captured("c-1", 6_000, 0)).then_nothing();
}

#[test]
fn an_authorization_is_watched_until_it_ends() {
    let timer = || Timer::of(payment(), "expire");
    let expire = PaymentCommand::Expire(Expire { expires_at: next_week() });
    reacting::<ExpireAuthorizations>(payment(), authorized("a-1")).then([Intent::schedule(
        timer(),
        next_week(),
        payment(),
        &expire,
    )]);
    let voided = PaymentEvent::Voided { reason: text("changed their mind") };
    reacting::<ExpireAuthorizations>(payment(), voided).then([Intent::Cancel(timer())]);
    reacting::<ExpireAuthorizations>(payment(), created()).then_nothing();
}

#[test]
fn a_hold_is_watched_until_it_is_resolved() {
    let timer = || Timer::of(wallet(), "hold h-1");
    let watching = |event: WalletEvent| reacting::<ExpireHolds>(wallet(), event);
    watching(held("h-1", 600)).then([Intent::schedule(
        timer(),
        next_week(),
        wallet(),
        &release("h-1"),
    )]);
    watching(hold_captured(["h-1", "meal"], 200, [0, 400], 800)).then_nothing();
    let cancelled = [Intent::Cancel(timer())];
    watching(hold_captured(["h-1", "meal"], 200, [400, 0], 800)).then(cancelled.clone());
    watching(hold_released("h-1", 600)).then(cancelled);
    watching(credited("c-1", 1, 1)).then_nothing();
}
