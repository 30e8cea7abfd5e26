use super::{PaymentRow, PaymentStatus, Payments};
use crate::{
    kernel::{
        Currency,
        testing::{Folded, NOW, amount, folding, id, laws, of, text, zar},
    },
    payments::{
        PaymentEvent as Event, Wallet,
        payment::command::{CaptureMode, Purpose},
        payment::examples::{
            attempted, authorized, capture_requested, captured, captured_late, created,
            for_invoice, next_week, payment, refund_requested, refunded,
        },
        stories::{captured_and_refunded, captured_late as late_story, conflicted, expired},
    },
};

/// The row of a payment to which this has happened.
fn after(events: impl IntoIterator<Item = Event>) -> Folded<Payments> {
    folding([created()].into_iter().chain(events).map(|event| of(payment(), event)))
}

fn begun() -> PaymentRow {
    PaymentRow {
        id: payment(),
        status: PaymentStatus::Created,
        invoice_id: Some(id(1)),
        wallet_id: None,
        currency: Currency::ZAR,
        amount_minor: 10_000,
        authorized_minor: 0,
        captured_minor: 0,
        late_minor: 0,
        refunded_minor: 0,
        fees_minor: 0,
        capture: CaptureMode::Manual,
        method_ref: text("tok_ok"),
        provider: None,
        last_failure: None,
        expires_at: None,
        created_at: NOW,
    }
}

fn asked(status: PaymentStatus) -> PaymentRow {
    PaymentRow { status, provider: Some(text("sandbox")), ..begun() }
}

fn held(status: PaymentStatus) -> PaymentRow {
    PaymentRow { authorized_minor: 10_000, expires_at: Some(next_week()), ..asked(status) }
}

#[test]
fn a_payment_shows_what_its_attempts_came_to() {
    after([]).then_rows([begun()]);
    after([attempted("a-1")]).then_rows([asked(PaymentStatus::Processing)]);
    let unknown = Event::AttemptUnknown { attempt_id: text("a-1") };
    after([attempted("a-1"), unknown]).then_rows([asked(PaymentStatus::Unknown)]);
    let action =
        Event::ActionRequired { attempt_id: text("a-1"), action: text("https://bank.example") };
    after([attempted("a-1"), action]).then_rows([asked(PaymentStatus::ActionRequired)]);
    let declined = Event::AttemptFailed { attempt_id: text("a-1"), code: text("stolen_card") };
    after([attempted("a-1"), declined]).then_rows([PaymentRow {
        last_failure: Some(text("stolen_card")),
        ..asked(PaymentStatus::Declined)
    }]);
    let conflicted = Event::Conflicted {
        attempt_id: text("a-1"),
        provider_ref: text("auth_1"),
        amount: amount(9_999),
        expires_at: None,
    };
    after([attempted("a-1"), conflicted]).then_rows([asked(PaymentStatus::Conflicted)]);
}

#[test]
fn a_payment_shows_what_was_captured_and_refunded() {
    let history = [
        attempted("a-1"),
        authorized("a-1"),
        capture_requested("c-1", 6_000, false),
        captured("c-1", 6_000, 4_000),
        capture_requested("c-2", 4_000, true),
        captured("c-2", 4_000, 0),
        refund_requested("r-1", 2_500),
        refunded("r-1", 2_500, None),
    ];
    let until = |events: usize| after(history[..events].to_vec());
    until(2).then_rows([held(PaymentStatus::Authorized)]);
    until(3).then_rows([held(PaymentStatus::Authorized)]);
    let part = PaymentRow {
        captured_minor: 6_000,
        fees_minor: 30,
        ..held(PaymentStatus::PartiallyCaptured)
    };
    until(4).then_rows([part]);
    let all =
        PaymentRow { captured_minor: 10_000, fees_minor: 60, ..held(PaymentStatus::Captured) };
    until(7).then_rows([all.clone()]);
    until(8).then_rows([PaymentRow { refunded_minor: 2_500, ..all }]);
}

#[test]
fn a_payment_shows_how_it_ended_and_what_still_came() {
    let ended = [attempted("a-1"), authorized("a-1"), capture_requested("c-1", 6_000, false)];
    let voided = Event::Voided { reason: text("changed their mind") };
    after(ended.clone().into_iter().chain([voided, captured_late("c-1", 6_000)])).then_rows([
        PaymentRow { late_minor: 6_000, fees_minor: 30, ..held(PaymentStatus::Voided) },
    ]);
    let expired = Event::Expired { released: zar(10_000) };
    after(ended.into_iter().chain([expired])).then_rows([held(PaymentStatus::Expired)]);
}

#[test]
fn a_transfer_is_captured_from_the_start() {
    let received = |purpose| Event::Received {
        capture_id: text("received"),
        amount: amount(500),
        purpose,
        method_ref: text("statement line 7"),
    };
    let row = PaymentRow {
        status: PaymentStatus::Captured,
        amount_minor: 500,
        authorized_minor: 500,
        captured_minor: 500,
        capture: CaptureMode::Auto,
        method_ref: text("statement line 7"),
        ..begun()
    };
    folding::<Payments>([of(payment(), received(for_invoice()))]).then_rows([row.clone()]);
    folding::<Payments>([of(payment(), received(Purpose::TopUp(id(1))))]).then_rows([PaymentRow {
        invoice_id: None,
        wallet_id: Some(id(1)),
        ..row
    }]);
}

#[test]
fn the_laws_of_the_list_hold() {
    laws::ReadModel::<Payments>::new()
        .with::<Wallet>()
        .orders(captured_and_refunded())
        .orders(late_story())
        .orders(expired())
        .orders(conflicted())
        .hold();
}
