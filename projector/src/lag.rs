//! How far the read models lie behind the log, for whoever watches.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use event_store::TenantId;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};
use service::telemetry;
use ulid::Ulid;

use crate::{fold::Job, model::Model, standing::Standing};

/// What is still to be folded, by tenant and read model's place.
#[derive(Default)]
struct Behind(HashMap<(Ulid, usize), Lag>);

#[derive(Clone, Copy)]
struct Lag {
    events: u64,
    /// When the first of the events that are waiting was written down, as
    /// exactly as is known.
    since: DateTime<Utc>,
}

impl Behind {
    /// Takes in who was found to be behind: by so many events, the last of
    /// which was written at this time. If all were looked at, nobody else is.
    fn found(
        &mut self,
        found: impl Iterator<Item = ((Ulid, usize), u64, DateTime<Utc>)>,
        all: bool,
    ) {
        let mut before = HashMap::new();
        if all {
            std::mem::swap(&mut before, &mut self.0);
        }
        for (key, events, written_at) in found {
            let known = before.remove(&key).or_else(|| self.0.get(&key).copied());
            let since = known.map_or(written_at, |lag| lag.since);
            self.0.insert(key, Lag { events, since });
        }
    }

    /// Takes in how many events are left, and when the first of them was
    /// written down.
    fn left(&mut self, key: (Ulid, usize), events: u64, since: Option<DateTime<Utc>>) {
        if events == 0 {
            self.0.remove(&key);
        } else if let Some(lag) = self.0.get_mut(&key) {
            lag.events = events;
            lag.since = since.unwrap_or(lag.since);
        }
    }

    fn of(&self, place: usize) -> impl Iterator<Item = &Lag> {
        self.0.iter().filter(move |((_, model), _)| *model == place).map(|(_, lag)| lag)
    }

    /// The events that are waiting in the tenant that has most of them.
    fn events(&self, place: usize) -> u64 {
        self.of(place).map(|lag| lag.events).max().unwrap_or(0)
    }

    /// The tenants that are furthest behind, so many of them.
    fn worst(&self, place: usize, most: usize) -> Vec<(Ulid, Lag)> {
        let of = self.0.iter().filter(|((_, model), _)| *model == place);
        let mut worst: Vec<(Ulid, Lag)> = of.map(|((tenant, _), lag)| (*tenant, *lag)).collect();
        worst.sort_by_key(|(tenant, lag)| (std::cmp::Reverse(lag.events), *tenant));
        worst.truncate(most);
        worst
    }

    /// The age of the oldest event that is waiting.
    fn seconds(&self, place: usize, now: DateTime<Utc>) -> f64 {
        let ages = self.of(place).map(|lag| (now - lag.since).as_seconds_f64());
        ages.fold(0.0, f64::max)
    }
}

/// Measures what the projector does.
pub(crate) struct Measures {
    behind: Arc<Mutex<Behind>>,
    waiting: Arc<AtomicU64>,
    events: Counter<u64>,
    rows: Counter<u64>,
    failures: Counter<u64>,
}

impl Measures {
    pub(crate) fn new(models: &[[Arc<Model>; 2]], labels: usize) -> Self {
        let meter = telemetry::meter();
        let behind = Arc::<Mutex<Behind>>::default();
        observe(meter, &behind, models);
        observe_worst(meter, &behind, models, labels);
        let waiting = Arc::<AtomicU64>::default();
        let observed = waiting.clone();
        let _ = meter
            .u64_observable_gauge("projection_queue_tenants")
            .with_description("Tenants that wait for their turn.")
            .with_callback(move |gauge| gauge.observe(observed.load(Ordering::Relaxed), &[]))
            .build();
        let counter = |name: &'static str, description: &'static str| {
            meter.u64_counter(name).with_description(description).build()
        };
        Self {
            behind,
            waiting,
            events: counter("projection_events_total", "Events folded, by read model."),
            rows: counter("projection_rows_total", "Rows written or removed, by read model."),
            failures: counter(
                "projection_failures_total",
                "Attempts at events that cannot be folded, by read model.",
            ),
        }
    }

    /// Takes in where consumers were found; all of them, if that was looked at.
    pub(crate) fn found(&self, standings: &[Standing], models: &[Arc<Model>], all: bool) {
        let behind = standings.iter().filter(|standing| standing.position < standing.head);
        let found = behind.filter_map(|standing| {
            let key = (standing.tenant, models.get(standing.consumer)?.place);
            Some((key, standing.head - standing.position, standing.written_at))
        });
        locked(&self.behind).found(found, all);
    }

    /// Takes in what a read model has before it.
    pub(crate) fn reading(&self, job: &Job) {
        let left = job.head - job.stretch.after;
        locked(&self.behind).left(key(job), left, job.batch.first_at);
    }

    /// Takes in that a read model has come to the end of a stretch. The next
    /// event was written down no earlier than the last.
    pub(crate) fn moved(&self, job: &Job) {
        let left = job.head - job.stretch.until;
        locked(&self.behind).left(key(job), left, job.batch.last_at);
    }

    /// Takes in how many tenants wait for their turn.
    pub(crate) fn waiting(&self, tenants: usize) {
        self.waiting.store(tenants as u64, Ordering::Relaxed);
    }

    /// Counts what was folded into a read model.
    pub(crate) fn folded(&self, model: &Model, events: u64, rows: u64) {
        let projection = [projection(model)];
        self.events.add(events, &projection);
        self.rows.add(rows, &projection);
    }

    /// Counts an event that could not be folded.
    pub(crate) fn failed(&self, model: &Model) {
        self.failures.add(1, &[projection(model)]);
    }
}

fn key(job: &Job) -> (Ulid, usize) {
    (job.stretch.tenant, job.model.place)
}

fn projection(model: &Model) -> KeyValue {
    KeyValue::new("projection", model.label.clone())
}

fn locked(behind: &Mutex<Behind>) -> MutexGuard<'_, Behind> {
    // Whatever panicked, each entry is whole.
    behind.lock().unwrap_or_else(PoisonError::into_inner)
}

fn observe(meter: &Meter, behind: &Arc<Mutex<Behind>>, models: &[[Arc<Model>; 2]]) {
    let projections: Vec<_> =
        models.iter().map(|[model, _]| (model.place, [projection(model)])).collect();
    let (of_events, named) = (behind.clone(), projections.clone());
    // The instruments live as long as the meter that calls them.
    let _ = meter
        .u64_observable_gauge("projection_lag_events")
        .with_description("Events not folded yet, in the tenant that has most of them.")
        .with_callback(move |gauge| {
            for (place, projection) in &named {
                gauge.observe(locked(&of_events).events(*place), projection);
            }
        })
        .build();
    let of_seconds = behind.clone();
    let _ = meter
        .f64_observable_gauge("projection_lag_seconds")
        .with_description("Age of the oldest event not folded yet, of all tenants.")
        .with_callback(move |gauge| {
            for (place, projection) in &projections {
                gauge.observe(locked(&of_seconds).seconds(*place, Utc::now()), projection);
            }
        })
        .build();
}

/// The same of the tenants that are furthest behind, by name: ten thousand of
/// them would be ten thousand series.
fn observe_worst(
    meter: &Meter,
    behind: &Arc<Mutex<Behind>>,
    models: &[[Arc<Model>; 2]],
    labels: usize,
) {
    let projections: Vec<_> =
        models.iter().map(|[model, _]| (model.place, projection(model))).collect();
    let worst = move |behind: &Mutex<Behind>, observe: &dyn Fn(&Lag, &[KeyValue])| {
        for (place, projection) in &projections {
            for (tenant, lag) in locked(behind).worst(*place, labels) {
                let tenant = KeyValue::new("tenant", TenantId(tenant).to_string());
                observe(&lag, &[projection.clone(), tenant]);
            }
        }
    };
    let (of_events, each) = (behind.clone(), worst.clone());
    let _ = meter
        .u64_observable_gauge("projection_tenant_lag_events")
        .with_description("Events not folded yet, in the tenants that have most of them.")
        .with_callback(move |gauge| each(&of_events, &|lag, of| gauge.observe(lag.events, of)))
        .build();
    let of_seconds = behind.clone();
    let _ = meter
        .f64_observable_gauge("projection_tenant_lag_seconds")
        .with_description("Age of the oldest event not folded yet, in these tenants.")
        .with_callback(move |gauge| {
            let now = Utc::now();
            worst(&of_seconds, &|lag, of| {
                gauge.observe((now - lag.since).as_seconds_f64().max(0.0), of);
            });
        })
        .build();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn lag_is_that_of_the_tenant_that_is_worst_off() {
        let (one, other) = ((Ulid(1), 0), (Ulid(2), 0));
        let mut behind = Behind::default();
        behind.found([(one, 5, at(100)), (other, 7, at(110))].into_iter(), true);
        assert_eq!((behind.events(0), behind.seconds(0, at(120))), (7, 20.0));
        assert_eq!((behind.events(1), behind.seconds(1, at(120))), (0, 0.0));
        // Found once more, an event is no younger than before.
        behind.found([(one, 9, at(115))].into_iter(), false);
        assert_eq!((behind.events(0), behind.seconds(0, at(120))), (9, 20.0));
        behind.left(one, 4, Some(at(108)));
        assert_eq!((behind.events(0), behind.seconds(0, at(120))), (7, 12.0));
        let worst: Vec<_> =
            behind.worst(0, 1).into_iter().map(|(tenant, lag)| (tenant, lag.events)).collect();
        assert_eq!(worst, [(Ulid(2), 7)]);
        behind.left(other, 0, Some(at(110)));
        assert_eq!(behind.events(0), 4);
        // Whoever is not found any more has caught up elsewhere.
        behind.found(std::iter::empty(), true);
        assert_eq!((behind.events(0), behind.seconds(0, at(120))), (0, 0.0));
    }
}
