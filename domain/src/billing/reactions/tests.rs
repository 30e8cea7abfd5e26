use super::{AcknowledgePayments, SettleInvoices, WatchDueDates};
use crate::{
    billing::{
        Invoice, InvoiceCommand, InvoiceEvent, ReceiptCommand,
        examples::{
            applied, apply, capture, drafted, due_on, issued, karoo, paid, payment, received,
            reopened, voided, written_off,
        },
        invoice::command::{MarkOverdue, ReversalReason, UnapplyPayment},
        receipt::{command::Issue, receipt_id},
    },
    kernel::{
        Intent, Timer,
        testing::{amount, id, reacting, target, text, zar},
    },
    payments::{
        CaptureId,
        payment::{PaymentEvent, command::Purpose},
    },
};

fn refunded(purpose: Purpose, late_capture_id: Option<CaptureId>) -> PaymentEvent {
    PaymentEvent::RefundSucceeded {
        refund_id: text("r-1"),
        amount: amount(500),
        purpose,
        late_capture_id,
        provider_ref: text("re_1"),
    }
}

fn captured(purpose: Purpose) -> PaymentEvent {
    PaymentEvent::Captured {
        capture_id: capture(),
        amount: amount(11_500),
        purpose,
        provider_ref: text("ch_1"),
        fee: None,
        remaining: zar(0),
    }
}

#[test]
fn captured_money_is_applied_to_its_invoice() {
    let applied = Intent::dispatch(target::<Invoice>(), &apply(payment(), 11_500));
    reacting::<SettleInvoices>(payment(), received(11_500)).then([applied.clone()]);
    reacting::<SettleInvoices>(payment(), captured(Purpose::Invoice(target()))).then([applied]);
}

#[test]
fn refunded_money_is_taken_back_from_its_invoice() {
    let unapply = InvoiceCommand::UnapplyPayment(UnapplyPayment {
        payment_id: payment(),
        reversal_id: text("r-1"),
        amount: amount(500),
        reason: ReversalReason::Refund,
    });
    reacting::<SettleInvoices>(payment(), refunded(Purpose::Invoice(target()), None))
        .then([Intent::dispatch(target::<Invoice>(), &unapply)]);
}

#[test]
fn money_that_never_reached_the_invoice_leaves_it_alone() {
    let late = refunded(Purpose::Invoice(target()), Some(capture()));
    reacting::<SettleInvoices>(payment(), late).then_nothing();
    let top_up = Purpose::TopUp(id(1));
    reacting::<SettleInvoices>(payment(), captured(top_up)).then_nothing();
    reacting::<SettleInvoices>(payment(), refunded(top_up, None)).then_nothing();
}

#[test]
fn every_capture_is_acknowledged_by_one_receipt() {
    let issue = ReceiptCommand::Issue(Issue {
        invoice_id: target(),
        payment_id: payment(),
        capture_id: capture(),
    });
    let issue = Intent::dispatch(receipt_id(payment(), &capture()), &issue);
    let overpaid = InvoiceEvent::OverpaymentRecorded {
        payment_id: payment(),
        capture_id: capture(),
        amount: zar(500),
        customer_id: karoo(),
    };
    for event in [applied(payment(), 11_500), overpaid] {
        reacting::<AcknowledgePayments>(target(), event).then([issue.clone()]);
    }
    reacting::<AcknowledgePayments>(target(), issued()).then_nothing();
}

#[test]
fn an_invoice_is_watched_from_the_day_after_it_is_due() {
    let mark = InvoiceCommand::MarkOverdue(MarkOverdue { due_on: due_on() });
    let timer = || Timer::of(target::<Invoice>(), "overdue");
    let day_after = due_on().plus_days(1).start();
    let watch = Intent::schedule(timer(), day_after, target::<Invoice>(), &mark);
    for event in [issued(), reopened()] {
        reacting::<WatchDueDates>(target(), event).then([watch.clone()]);
    }
    for event in [paid(), voided(), written_off(1)] {
        reacting::<WatchDueDates>(target(), event).then([Intent::Cancel(timer())]);
    }
    reacting::<WatchDueDates>(target(), drafted()).then_nothing();
}
