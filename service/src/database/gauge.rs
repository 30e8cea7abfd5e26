//! How many connections are in use, asked when somebody looks.

use std::sync::{LazyLock, Mutex, PoisonError};

use deadpool_postgres::Pool;
use opentelemetry::{KeyValue, metrics::ObservableGauge};

use super::DatabaseRole;
use crate::telemetry::meter;

/// Finds a pool as long as somebody else uses it.
type Find = Box<dyn Fn() -> Option<Pool> + Send>;

static POOLS: Mutex<Vec<(DatabaseRole, Find)>> = Mutex::new(Vec::new());

/// The gauges live as long as the process; they forget pools that are gone.
static GAUGES: LazyLock<[ObservableGauge<u64>; 2]> = LazyLock::new(|| {
    let active = meter()
        .u64_observable_gauge("db_connections_active")
        .with_description("Database connections that are in use.")
        .with_callback(|gauge| each(|role, pool| gauge.observe(in_use(pool), &of(role))));
    let most = meter()
        .u64_observable_gauge("db_connections_max")
        .with_description("Database connections that there may be.")
        .with_callback(|gauge| each(|role, pool| gauge.observe(most(pool), &of(role))));
    [active.build(), most.build()]
});

pub(super) fn watch(role: DatabaseRole, pool: &Pool) {
    let weak = pool.weak();
    let find: Find = Box::new(move || weak.upgrade());
    POOLS.lock().unwrap_or_else(PoisonError::into_inner).push((role, find));
    LazyLock::force(&GAUGES);
}

fn each(mut look: impl FnMut(DatabaseRole, &Pool)) {
    POOLS.lock().unwrap_or_else(PoisonError::into_inner).retain(|(role, find)| {
        let pool = find();
        if let Some(pool) = &pool {
            look(*role, pool);
        }
        pool.is_some()
    });
}

fn of(role: DatabaseRole) -> [KeyValue; 1] {
    [KeyValue::new("role", role.name())]
}

fn in_use(pool: &Pool) -> u64 {
    let status = pool.status();
    u64::try_from(status.size.saturating_sub(status.available)).unwrap_or_default()
}

fn most(pool: &Pool) -> u64 {
    u64::try_from(pool.status().max_size).unwrap_or_default()
}
