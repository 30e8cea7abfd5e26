//! What the command path tells about itself.

use opentelemetry::{KeyValue, global, metrics::Counter};

use super::CommandError;

pub(super) struct Metrics {
    rejections: Counter<u64>,
    retries: Counter<u64>,
    snapshots: Counter<u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let meter = global::meter("tenantry");
        Self {
            rejections: meter
                .u64_counter("command_rejections_total")
                .with_description("Commands that were refused, by the reason.")
                .build(),
            retries: meter
                .u64_counter("command_retries_total")
                .with_description("Commands decided anew after losing a race, by what changed.")
                .build(),
            snapshots: meter
                .u64_counter("snapshots_total")
                .with_description("Snapshots of aggregates, by what became of them.")
                .build(),
        }
    }
}

impl Metrics {
    pub(super) fn rejected(&self, error: &CommandError) {
        self.rejections.add(1, &[KeyValue::new("reason", error.reason().to_owned())]);
    }

    /// A race was lost: what is competed for is the reason.
    pub(super) fn retried(&self, lost: &CommandError) {
        let reason = match lost {
            CommandError::Contention(what) => *what,
            _ => "other",
        };
        self.retries.add(1, &[KeyValue::new("reason", reason)]);
    }

    pub(super) fn snapshot(&self, outcome: &'static str) {
        self.snapshots.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}
