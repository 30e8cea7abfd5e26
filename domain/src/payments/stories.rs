//! Stories that lead the laws to what chance rarely reaches.

use super::{
    PaymentCommand as Command, WalletCommand,
    payment::command::{
        AuthorizationOutcome, CaptureMode, CaptureOutcome, Expire, RefundOutcome, Void,
    },
    payment::examples::{
        attempt, capture, create, drawn, for_invoice, hear_of_attempt, hear_of_capture,
        hear_of_refund, next_week, payment, refund, yes,
    },
    wallet::command::{Close, Freeze, Unfreeze},
    wallet::examples::{capture_hold, credit, debit, hold, open, release, wallet},
};
use crate::kernel::testing::{
    laws::{Order, to},
    text,
};

fn orders(commands: impl IntoIterator<Item = Command>) -> impl Iterator<Item = Order> {
    commands.into_iter().map(|command| to(payment(), command))
}

/// Two captures, two refunds, and everything unknown before it is known.
pub(super) fn captured_and_refunded() -> impl Iterator<Item = Order> {
    let action = AuthorizationOutcome::ActionRequired { action: text("https://bank.example") };
    let declined = AuthorizationOutcome::Declined { code: text("insufficient_funds") };
    let failed = CaptureOutcome::Failed { code: text("processing_error") };
    let kept = RefundOutcome::Failed { code: text("account_closed") };
    let returned = RefundOutcome::Succeeded { provider_ref: text("re_1") };
    orders([
        create(for_invoice(), CaptureMode::Manual),
        attempt("a-1"),
        hear_of_attempt("a-1", declined),
        attempt("a-2"),
        hear_of_attempt("a-2", action),
        hear_of_attempt("a-2", AuthorizationOutcome::Unknown),
        hear_of_attempt("a-2", yes(10_000)),
        capture("c-1", 6_000, false),
        hear_of_capture("c-1", CaptureOutcome::Unknown),
        hear_of_capture("c-1", drawn()),
        capture("c-2", 4_000, false),
        hear_of_capture("c-2", failed),
        refund("r-1", 4_000, None),
        hear_of_refund("r-1", RefundOutcome::Unknown),
        hear_of_refund("r-1", returned),
        refund("r-2", 2_000, None),
        hear_of_refund("r-2", kept),
    ])
}

/// Money comes after the payment was given up.
pub(super) fn captured_late() -> impl Iterator<Item = Order> {
    let void = Command::Void(Void { reason: text("changed their mind") });
    orders([
        create(for_invoice(), CaptureMode::Manual),
        attempt("a-1"),
        hear_of_attempt("a-1", yes(10_000)),
        capture("c-1", 6_000, false),
        void,
        hear_of_capture("c-1", drawn()),
        refund("r-1", 6_000, Some("c-1")),
    ])
}

/// The authorization ends before it is used.
pub(super) fn expired() -> impl Iterator<Item = Order> {
    let begin = [
        create(for_invoice(), CaptureMode::Manual),
        attempt("a-1"),
        hear_of_attempt("a-1", yes(10_000)),
    ];
    let expire = Command::Expire(Expire { expires_at: next_week() });
    orders(begin).chain([to(payment(), expire).after_days(7)])
}

/// The provider holds another amount.
pub(super) fn conflicted() -> impl Iterator<Item = Order> {
    orders([
        create(for_invoice(), CaptureMode::Auto),
        attempt("a-1"),
        hear_of_attempt("a-1", yes(9_999)),
    ])
}

/// Everything that can be booked, and the end of it.
pub(super) fn booked_and_closed() -> impl Iterator<Item = Order> {
    [
        open(Some(5_000)),
        credit("c-1", 10_000),
        debit("d-1", 2_000),
        hold("h-1", 3_000),
        capture_hold("h-1", "h-1/1", 1_000, false),
        capture_hold("h-1", "h-1/2", 1_000, true),
        hold("h-2", 3_000),
        release("h-2"),
        WalletCommand::Freeze(Freeze { reason: text("looks odd") }),
        WalletCommand::Unfreeze(Unfreeze {}),
        debit("d-2", 6_000),
        WalletCommand::Close(Close {}),
    ]
    .map(|command| to(wallet(), command))
    .into_iter()
}
