//! What is counted: the reactions and the timers are queues, and are measured
//! as queues are.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry::{KeyValue, metrics::Counter};

use crate::{dispatch::Refused, settle::Move};

/// The queue of timers.
const TIMERS: &str = "timers";

/// The instruments of one worker.
pub(crate) struct Metrics {
    consumed: Counter<u64>,
    failed: Counter<u64>,
    refused: Counter<u64>,
    depths: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let meter = service::telemetry::meter();
        let depths: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
        let observed = depths.clone();
        // The registry of instruments keeps it.
        let _depth = meter
            .u64_observable_gauge("queue_depth")
            .with_description("What lies before a queue's consumer: events, or timers due.")
            .with_callback(move |gauge| {
                let depths = observed.lock().unwrap_or_else(PoisonError::into_inner);
                for (queue, depth) in &*depths {
                    gauge.observe(*depth, &[queue_label(queue)]);
                }
            })
            .build();
        Self {
            consumed: meter
                .u64_counter("queue_messages_consumed_total")
                .with_description("Events answered by reactions, and timers rung.")
                .build(),
            failed: meter
                .u64_counter("queue_messages_failed_total")
                .with_description("Events and timers that have to be tried again.")
                .build(),
            refused: meter
                .u64_counter("refused_intents_total")
                .with_description("Commands of reactions and timers that were refused.")
                .build(),
            depths,
        }
    }

    /// A reaction has come from one place to another.
    pub(crate) fn reacted(&self, moved: &Move) {
        self.consumed.add(moved.to - moved.from, &[queue_label(&moved.consumer)]);
        self.count_refused(&moved.refused);
    }

    /// A reaction stands still.
    pub(crate) fn failed(&self, consumer: &str) {
        self.failed.add(1, &[queue_label(consumer)]);
    }

    /// Timers have rung.
    pub(crate) fn rung(&self, given: u64, failed: u64, refused: &[Refused]) {
        self.consumed.add(given, &[queue_label(TIMERS)]);
        self.failed.add(failed, &[queue_label(TIMERS)]);
        self.count_refused(refused);
    }

    /// So much lies before each reaction, and so many timers are due.
    pub(crate) fn depths(&self, reactions: impl Iterator<Item = (String, u64)>, timers: u64) {
        let mut depths = self.depths.lock().unwrap_or_else(PoisonError::into_inner);
        depths.extend(reactions.chain([(TIMERS.to_owned(), timers)]));
    }

    fn count_refused(&self, refused: &[Refused]) {
        for one in refused {
            let origin = KeyValue::new("origin", one.cause.origin.text());
            self.refused.add(1, &[origin, KeyValue::new("code", one.code.clone())]);
        }
    }
}

fn queue_label(name: &str) -> KeyValue {
    KeyValue::new("queue", name.to_owned())
}
