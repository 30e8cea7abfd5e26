//! How much of the logs is not sealed yet, and for how long.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use deadpool_postgres::Pool;
use event_store::{TenantId, history::History, integrity::Behind, pg::TenantRead};
use opentelemetry::KeyValue;

use crate::WorkerError;

/// One tenant's lag, or that of all others together.
#[derive(Clone, Debug)]
struct Lag {
    tenant: String,
    events: u64,
    /// Nothing for all others: that would be a look at each.
    seconds: Option<f64>,
}

/// The gauges of what is not sealed.
pub(crate) struct Unsealed {
    pool: Pool,
    /// How many tenants are named.
    labels: usize,
    lags: Arc<Mutex<Vec<Lag>>>,
}

impl Unsealed {
    pub(crate) fn new(pool: Pool, labels: usize) -> Self {
        let lags: Arc<Mutex<Vec<Lag>>> = Arc::default();
        let meter = service::telemetry::meter();
        let observed = lags.clone();
        // The registry of instruments keeps them.
        let _events = meter
            .u64_observable_gauge("log_unsealed_events")
            .with_description("Events that no checkpoint is signed over yet.")
            .with_callback(move |gauge| {
                for lag in &*observed.lock().unwrap_or_else(PoisonError::into_inner) {
                    gauge.observe(lag.events, &[KeyValue::new("tenant", lag.tenant.clone())]);
                }
            })
            .build();
        let observed = lags.clone();
        let _seconds = meter
            .f64_observable_gauge("log_unsealed_seconds")
            .with_description("Age of the oldest event that no checkpoint is signed over yet.")
            .with_callback(move |gauge| {
                for lag in &*observed.lock().unwrap_or_else(PoisonError::into_inner) {
                    let Some(seconds) = lag.seconds else { continue };
                    gauge.observe(seconds, &[KeyValue::new("tenant", lag.tenant.clone())]);
                }
            })
            .build();
        Self { pool, labels, lags }
    }

    /// Takes down how far logs are behind. Those furthest behind are named, all
    /// others are counted together.
    pub(crate) async fn measure(&self, behind: &[Behind]) {
        let mut behind = behind.to_vec();
        behind.sort_by_key(|one| std::cmp::Reverse(one.head.saturating_sub(one.sealed)));
        let mut lags = vec![];
        let mut other = Lag { tenant: "other".to_owned(), events: 0, seconds: None };
        for (place, one) in behind.into_iter().enumerate() {
            let events = one.head.saturating_sub(one.sealed);
            if place >= self.labels {
                other.events += events;
                continue;
            }
            let tenant = TenantId(one.tenant).to_string();
            let seconds = self.seconds(one).await;
            if let Err(error) = &seconds {
                tracing::debug!(%error, tenant.id = tenant, "cannot tell how old an event is");
            }
            lags.push(Lag { tenant, events, seconds: seconds.ok() });
        }
        lags.push(other);
        *self.lags.lock().unwrap_or_else(PoisonError::into_inner) = lags;
    }

    /// The age of the first event that is not sealed.
    async fn seconds(&self, behind: Behind) -> Result<f64, WorkerError> {
        let client = self.pool.get().await?;
        let session = TenantRead { client: &client, tenant: behind.tenant };
        // What is not sealed lies where it was written.
        let history = History::default();
        let found = history.at(&session, behind.tenant, &[behind.sealed + 1]).await?;
        let Some(event) = found.first() else { return Ok(0.0) };
        let age = DateTime::<Utc>::from(service::now()) - event.recorded_at()?;
        Ok(age.as_seconds_f64().max(0.0))
    }
}
