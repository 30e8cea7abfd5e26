//! What a payment has asked of providers, and what they said.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AttemptId, CaptureId, RefundId,
    command::{AuthorizationOutcome, CaptureMode, CaptureOutcome, Purpose, RefundOutcome},
};
use crate::kernel::{Amount, Currency, Money, Text, Timestamp};

/// The intent to receive an amount, and all that was done about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// How much.
    pub amount: Amount,
    /// What for.
    pub purpose: Purpose,
    /// The provider's token of the payer's card or account.
    pub method_ref: Text<128>,
    /// When the money is drawn.
    pub capture: CaptureMode,
    /// The attempts to authorize it.
    pub attempts: BTreeMap<AttemptId, Attempt>,
    /// How much a provider holds for us, captured or not.
    pub authorized: Money,
    /// Until when it can be captured.
    pub expires_at: Option<Timestamp>,
    /// The captures.
    pub captures: BTreeMap<CaptureId, Capture>,
    /// The refunds.
    pub refunds: BTreeMap<RefundId, Refund>,
}

/// An attempt to authorize.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// Who was asked.
    pub provider: Text<40>,
    /// What it last said, if anything.
    pub outcome: Option<AuthorizationOutcome>,
}

/// A capture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// How much.
    pub amount: Amount,
    /// Whether it is the last.
    pub last: bool,
    /// What the provider last said, if anything.
    pub outcome: Option<CaptureOutcome>,
    /// Whether the money came after it had been given up.
    pub late: bool,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refund {
    /// How much.
    pub amount: Amount,
    /// Why.
    pub reason: Text<200>,
    /// The late capture that is returned, if it is one.
    pub late_capture_id: Option<CaptureId>,
    /// What the provider last said, if anything.
    pub outcome: Option<RefundOutcome>,
}

impl Intent {
    /// An intent about which nothing has been done.
    pub(super) fn new(
        amount: Amount,
        purpose: Purpose,
        method_ref: Text<128>,
        capture: CaptureMode,
    ) -> Self {
        Self {
            amount,
            purpose,
            method_ref,
            capture,
            attempts: BTreeMap::new(),
            authorized: Money::zero(amount.currency()),
            expires_at: None,
            captures: BTreeMap::new(),
            refunds: BTreeMap::new(),
        }
    }

    /// An intent that was fulfilled before anybody stated it.
    pub(super) fn received(
        capture_id: &CaptureId,
        amount: Amount,
        purpose: Purpose,
        method_ref: Text<128>,
    ) -> Self {
        let provider_ref = method_ref.clone();
        let outcome = Some(CaptureOutcome::Captured { provider_ref, fee: None });
        let capture = Capture { amount, last: true, outcome, late: false };
        Self {
            authorized: amount.money(),
            captures: BTreeMap::from([(capture_id.clone(), capture)]),
            ..Self::new(amount, purpose, method_ref, CaptureMode::Auto)
        }
    }

    /// The currency of every amount.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.amount.currency()
    }

    /// What was captured in time.
    // INVARIANT: never above what was authorized; guarded by `laws.rs`.
    #[must_use]
    pub fn captured(&self) -> Money {
        self.sum_of_captures(|capture| !capture.late && capture.is_captured())
    }

    /// What may still be asked for: nothing once the last capture was.
    #[must_use]
    pub fn capturable(&self) -> Money {
        let reserved = |capture: &Capture| !capture.late && !capture.has_failed();
        if self.captures.values().any(|capture| capture.last && reserved(capture)) {
            return Money::zero(self.currency());
        }
        self.authorized - self.sum_of_captures(reserved)
    }

    /// What may still be refunded of the money captured in time, or of one
    /// late capture.
    // INVARIANT: never below zero; guarded by `laws.rs`.
    #[must_use]
    pub fn refundable(&self, late_capture: Option<&CaptureId>) -> Money {
        let mut rest = match late_capture {
            None => self.captured(),
            Some(id) => self
                .captures
                .get(id)
                .filter(|capture| capture.late)
                .map_or(Money::zero(self.currency()), |capture| capture.amount.money()),
        };
        for refund in self.refunds.values() {
            if refund.late_capture_id.as_ref() == late_capture && !refund.has_failed() {
                rest -= refund.amount.money();
            }
        }
        rest
    }

    /// How many refunds are requested or have succeeded.
    #[must_use]
    pub fn refund_count(&self) -> usize {
        self.refunds.values().filter(|refund| !refund.has_failed()).count()
    }

    /// Whether it was stated in these words.
    pub(super) fn states(
        &self,
        amount: Amount,
        purpose: Purpose,
        method_ref: &Text<128>,
        capture: CaptureMode,
    ) -> bool {
        (self.amount, self.purpose, self.capture) == (amount, purpose, capture)
            && self.method_ref == *method_ref
    }

    /// Whether a provider has been asked to capture and has not decided.
    #[must_use]
    pub fn capture_in_flight(&self) -> bool {
        self.captures.values().any(|capture| !capture.is_captured() && !capture.has_failed())
    }

    pub(super) fn hear_of_attempt(&mut self, id: &AttemptId, outcome: AuthorizationOutcome) {
        if let Some(attempt) = self.attempts.get_mut(id) {
            attempt.outcome = Some(outcome);
        }
    }

    pub(super) fn hear_of_capture(&mut self, id: &CaptureId, outcome: CaptureOutcome) {
        if let Some(capture) = self.captures.get_mut(id) {
            capture.outcome = Some(outcome);
        }
    }

    pub(super) fn mark_late(&mut self, id: &CaptureId) {
        if let Some(capture) = self.captures.get_mut(id) {
            capture.late = true;
        }
    }

    pub(super) fn hear_of_refund(&mut self, id: &RefundId, outcome: RefundOutcome) {
        if let Some(refund) = self.refunds.get_mut(id) {
            refund.outcome = Some(outcome);
        }
    }

    fn sum_of_captures(&self, which: impl Fn(&Capture) -> bool) -> Money {
        let mut sum = Money::zero(self.currency());
        for capture in self.captures.values().filter(|capture| which(capture)) {
            sum += capture.amount.money();
        }
        sum
    }
}

impl Attempt {
    /// Whether the provider has said yes or no.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        matches!(
            self.outcome,
            Some(AuthorizationOutcome::Authorized { .. } | AuthorizationOutcome::Declined { .. })
        )
    }
}

impl Capture {
    /// Whether the money came, in time or late.
    #[must_use]
    pub fn is_captured(&self) -> bool {
        matches!(self.outcome, Some(CaptureOutcome::Captured { .. }))
    }

    /// Whether the money will not come.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Some(CaptureOutcome::Failed { .. }))
    }
}

impl Refund {
    /// Whether the money stays ours.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Some(RefundOutcome::Failed { .. }))
    }

    /// Whether the provider has said yes or no.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.has_failed() || matches!(self.outcome, Some(RefundOutcome::Succeeded { .. }))
    }
}
