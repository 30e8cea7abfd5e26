//! The cooling loop: moves what has become old into cold storage.

use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::cold::{CoolError, CoolOrder, Cooled, Cooler};
use opentelemetry::{KeyValue, metrics::Counter};
use service::{shutdown::Shutdown, telemetry::meter};
use ulid::Ulid;

/// How often is looked for what has become old, which takes its time.
const LOOK: Duration = Duration::from_mins(10);

/// What is moved.
#[derive(Clone, Copy, Debug)]
pub struct Cooling {
    /// How old events are then.
    pub after: Duration,
}

/// Moves old events until the end begins. Whatever is under way then is left:
/// a segment counts when it is registered, and not before.
pub async fn cool(cooler: Cooler, cooling: Cooling, shutdown: Shutdown) {
    let counters = Counters::new();
    let look = async {
        loop {
            look_around(&cooler, cooling, &counters).await;
            tokio::time::sleep(LOOK).await;
        }
    };
    shutdown.or::<()>(look).await;
}

async fn look_around(cooler: &Cooler, cooling: Cooling, counters: &Counters) {
    let tenants = match cooler.tenants().await {
        Ok(tenants) => tenants,
        Err(error) => {
            tracing::warn!(%error, "cannot look for old events, trying again");
            return;
        }
    };
    for tenant in tenants {
        if let Err(error) = cool_tenant(cooler, cooling, tenant, counters).await {
            counters.refused(&error);
            tracing::error!(%error, tenant.id = %tenant, "old events could not be moved");
        }
    }
}

async fn cool_tenant(
    cooler: &Cooler,
    cooling: Cooling,
    tenant: Ulid,
    counters: &Counters,
) -> Result<(), CoolError> {
    let recorded_by = DateTime::<Utc>::from(service::now()) - cooling.after;
    while let Some(cooled) = cooler.cool(CoolOrder { tenant, recorded_by }).await? {
        counters.moved(&cooled);
        let Cooled { events, bytes, .. } = cooled;
        tracing::info!(tenant.id = %tenant, events, bytes, "old events were moved");
    }
    Ok(())
}

struct Counters {
    events: Counter<u64>,
    bytes: Counter<u64>,
    failed: Counter<u64>,
}

impl Counters {
    fn new() -> Self {
        let events = meter().u64_counter("log_cooled_events_total");
        let bytes = meter().u64_counter("log_cooled_bytes_total");
        let failed = meter().u64_counter("log_cool_failures_total");
        Self {
            events: events.with_description("Events moved into cold storage.").build(),
            bytes: bytes.with_description("Bytes of the objects they were moved into.").build(),
            failed: failed
                .with_description("Logs of which nothing was moved: reason altered, or failed.")
                .build(),
        }
    }

    fn moved(&self, cooled: &Cooled) {
        self.events.add(cooled.events, &[]);
        self.bytes.add(cooled.bytes, &[]);
    }

    fn refused(&self, error: &CoolError) {
        let altered = matches!(error, CoolError::Integrity(error) if error.is_evidence());
        let reason = if altered { "altered" } else { "failed" };
        self.failed.add(1, &[KeyValue::new("reason", reason)]);
    }
}
