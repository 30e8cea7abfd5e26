//! How far the read models lie behind the log, for whoever watches.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};
use ulid::Ulid;

use crate::{fold::Job, model::Model, standing::Standing};

/// What is still to be folded, by tenant and read model.
type Behind = HashMap<(Ulid, usize), Lag>;

#[derive(Clone, Copy)]
struct Lag {
    events: u64,
    /// When the first of the events that are waiting was written down, as
    /// exactly as is known.
    since: DateTime<Utc>,
}

/// Measures what the projector does.
pub(crate) struct Measures {
    behind: Arc<Mutex<Behind>>,
    events: Counter<u64>,
    rows: Counter<u64>,
    failures: Counter<u64>,
}

impl Measures {
    pub(crate) fn new(models: &[Arc<Model>]) -> Self {
        let meter = opentelemetry::global::meter("tenantry");
        let behind = Arc::<Mutex<Behind>>::default();
        observe(&meter, &behind, models);
        let counter = |name: &'static str, description: &'static str| {
            meter.u64_counter(name).with_description(description).build()
        };
        Self {
            behind,
            events: counter("projection_events", "Events folded, by read model."),
            rows: counter("projection_rows", "Rows written or removed, by read model."),
            failures: counter("projection_failures", "Attempts at events that cannot be folded."),
        }
    }

    fn behind(&self) -> MutexGuard<'_, Behind> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in where consumers were found; all of them, if that was looked at.
    pub(crate) fn found(&self, standings: &[Standing], models: &[Arc<Model>], all: bool) {
        let mut behind = self.behind();
        let mut before = if all { std::mem::take(&mut *behind) } else { Behind::new() };
        for standing in standings {
            let Some(model) = models.get(standing.consumer) else { continue };
            let key = (standing.tenant, model.place);
            let since = before.remove(&key).or_else(|| behind.get(&key).copied());
            let since = since.map_or(standing.written_at, |lag| lag.since);
            behind.insert(key, Lag { events: standing.head - standing.position, since });
        }
    }

    /// Takes in that a read model has come to the end of a stretch.
    pub(crate) fn moved(&self, job: &Job) {
        let mut behind = self.behind();
        let key = (job.stretch.tenant, job.model.place);
        let events = job.head.saturating_sub(job.stretch.until);
        if events == 0 {
            behind.remove(&key);
        } else if let Some(lag) = behind.get_mut(&key) {
            lag.events = events;
            // The next event was written down no earlier than the last.
            lag.since = job.batch.written_at.unwrap_or(lag.since);
        }
    }

    /// Counts what was folded into a read model.
    pub(crate) fn folded(&self, model: &Model, events: u64, rows: u64) {
        let projection = [KeyValue::new("projection", model.entry().name)];
        self.events.add(events, &projection);
        self.rows.add(rows, &projection);
    }

    /// Counts an event that could not be folded.
    pub(crate) fn failed(&self, model: &Model) {
        self.failures.add(1, &[KeyValue::new("projection", model.entry().name)]);
    }
}

fn observe(meter: &Meter, behind: &Arc<Mutex<Behind>>, models: &[Arc<Model>]) {
    let names: Vec<(usize, [KeyValue; 1])> = models
        .iter()
        .map(|model| (model.place, [KeyValue::new("projection", model.entry().name)]))
        .collect();
    let worst = |behind: &Arc<Mutex<Behind>>, place: usize, of: &dyn Fn(&Lag) -> f64| {
        let behind = behind.lock().unwrap_or_else(PoisonError::into_inner);
        let lags = behind.iter().filter(|((_, model), _)| *model == place);
        lags.map(|(_, lag)| of(lag)).fold(0.0, f64::max)
    };
    let (of_events, of_seconds) = (behind.clone(), behind.clone());
    let by_name = names.clone();
    // The instruments live as long as the meter that calls them.
    let _ = meter
        .f64_observable_gauge("projection_lag_events")
        .with_description("Events not folded yet, in the tenant that has most of them.")
        .with_callback(move |gauge| {
            for (place, name) in &by_name {
                #[expect(clippy::cast_precision_loss, reason = "a gauge may round")]
                gauge.observe(worst(&of_events, *place, &|lag| lag.events as f64), name);
            }
        })
        .build();
    let _ = meter
        .f64_observable_gauge("projection_lag_seconds")
        .with_description("Age of the oldest event not folded yet, of all tenants.")
        .with_callback(move |gauge| {
            let now = Utc::now();
            let age = |lag: &Lag| (now - lag.since).as_seconds_f64().max(0.0);
            for (place, name) in &names {
                gauge.observe(worst(&of_seconds, *place, &age), name);
            }
        })
        .build();
}
