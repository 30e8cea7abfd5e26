//! What can be seen of appends from outside.

use std::{
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, ObservableGauge},
};

use super::{
    failure::Failure,
    queue::{Batch, Load, Outcome},
};
use crate::AppendError;

static LOADS: Mutex<Vec<Weak<Load>>> = Mutex::new(Vec::new());

/// Lives as long as the process; forgets logs that are gone.
static WAITING: LazyLock<ObservableGauge<u64>> = LazyLock::new(|| {
    opentelemetry::global::meter("tenantry")
        .u64_observable_gauge("eventstore_appends_waiting")
        .with_description("Appends that wait to be sent.")
        .with_callback(|gauge| {
            let mut loads = LOADS.lock().unwrap_or_else(PoisonError::into_inner);
            loads.retain(|load| load.strong_count() > 0);
            let waiting: usize =
                loads.iter().filter_map(Weak::upgrade).map(|load| load.appends()).sum();
            gauge.observe(waiting as u64, &[]);
        })
        .build()
});

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    seconds: Histogram<f64>,
    verdicts: Counter<u64>,
    batches: Histogram<u64>,
    failures: Counter<u64>,
}

impl Metrics {
    pub(super) fn new(load: &Arc<Load>) -> Self {
        LOADS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(load));
        LazyLock::force(&WAITING);
        let meter = opentelemetry::global::meter("tenantry");
        Self {
            seconds: meter
                .f64_histogram("eventstore_append_seconds")
                .with_description("Time from an append's arrival to its verdict.")
                .build(),
            verdicts: meter
                .u64_counter("eventstore_appends_total")
                .with_description("Appends, by what became of them.")
                .build(),
            batches: meter
                .u64_histogram("eventstore_batch_appends")
                .with_description("Appends that share a call.")
                .build(),
            failures: meter
                .u64_counter("eventstore_failed_calls_total")
                .with_description("Calls that came to nothing, by the reason.")
                .build(),
        }
    }

    pub(super) fn judged(&self, outcome: &Outcome, took: Duration) {
        self.seconds.record(took.as_secs_f64(), &[]);
        self.verdicts.add(1, &[KeyValue::new("verdict", verdict(outcome))]);
    }

    pub(super) fn batch(&self, batch: &Batch) {
        let appends: usize = batch.groups.iter().map(|pending| pending.group.appends.len()).sum();
        self.batches.record(appends as u64, &[]);
    }

    pub(super) fn failed(&self, failure: &Failure) {
        let reason = match failure {
            Failure::Later { .. } => "away",
            Failure::Locked(_) => "locked",
            Failure::Uncertain(_) => "uncertain",
            Failure::Refused(_) => "refused",
        };
        self.failures.add(1, &[KeyValue::new("reason", reason)]);
    }
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome.as_ref().map_err(|refused| &refused.error) {
        Ok(appended) if appended.iter().any(|appended| appended.duplicate) => "duplicate",
        Ok(_) => "stored",
        Err(AppendError::Conflict { .. }) => "conflict",
        Err(AppendError::CommandIdReused(_)) => "command_id_reused",
        Err(AppendError::ClaimTaken { .. }) => "claim_taken",
        Err(AppendError::NumberTaken(_)) => "number_taken",
        Err(AppendError::ReferenceChanged) => "reference_changed",
        Err(AppendError::KeyExists(_)) => "key_exists",
        Err(AppendError::Erased(_)) => "erased",
        Err(AppendError::UnknownTenant(_)) => "unknown_tenant",
        Err(AppendError::TooLarge { .. }) => "too_large",
        Err(AppendError::Overloaded(_)) => "overloaded",
        Err(AppendError::Unavailable(_)) => "unavailable",
        Err(AppendError::Unknown(_)) => "unknown",
        Err(AppendError::Fault(_)) => "fault",
    }
}
