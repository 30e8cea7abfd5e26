//! Which tenants have a name in metrics.
//!
//! Ten thousand tenants would make ten thousand series of every metric. Only
//! those with the most requests are named, all others are `other`. Counts are
//! taken in windows of a minute: the busiest of one are named in the next.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry::StringValue;
use ulid::Ulid;

const WINDOW: Duration = Duration::from_mins(1);

/// How many tenants are told apart while they are counted.
const COUNTED: usize = 10_000;

/// What all others are called.
const OTHER: &str = "other";

static TENANTS: LazyLock<Mutex<Busiest>> =
    LazyLock::new(|| Mutex::new(Busiest::new(20, Instant::now())));

struct Busiest {
    limit: usize,
    named: HashSet<Ulid>,
    /// Every tenant that ever had a name: its series never go away again.
    known: HashSet<Ulid>,
    counts: HashMap<Ulid, u64>,
    window_ends: Instant,
}

/// The name a tenant has in metrics, after counting one more of its requests.
/// No tenant at all, as before authentication, is the empty text.
#[must_use]
pub fn tenant_label(tenant: Option<(Ulid, &Arc<str>)>) -> StringValue {
    let Some((tenant, text)) = tenant else { return StringValue::from("") };
    let mut tenants = TENANTS.lock().unwrap_or_else(PoisonError::into_inner);
    if tenants.count(tenant, Instant::now()) {
        StringValue::from(Arc::clone(text))
    } else {
        StringValue::from(OTHER)
    }
}

/// Sets how many tenants are named at the same time.
pub(super) fn limit(limit: usize) {
    TENANTS.lock().unwrap_or_else(PoisonError::into_inner).limit = limit;
}

impl Busiest {
    fn new(limit: usize, now: Instant) -> Self {
        Self {
            limit,
            named: HashSet::new(),
            known: HashSet::new(),
            counts: HashMap::new(),
            window_ends: now + WINDOW,
        }
    }

    fn count(&mut self, tenant: Ulid, now: Instant) -> bool {
        if now >= self.window_ends {
            self.choose();
            self.window_ends = now + WINDOW;
        }
        if self.counts.len() < COUNTED || self.counts.contains_key(&tenant) {
            *self.counts.entry(tenant).or_default() += 1;
        }
        if self.named.contains(&tenant) {
            return true;
        }
        // Before the first choice whoever comes first has a name.
        let free = self.named.len() < self.limit && self.may_be_known(tenant);
        if free {
            self.named.insert(tenant);
            self.known.insert(tenant);
        }
        free
    }

    /// Names the busiest of the window that ends.
    fn choose(&mut self) {
        let mut counts: Vec<(Ulid, u64)> = self.counts.drain().collect();
        counts.sort_by_key(|(tenant, count)| (std::cmp::Reverse(*count), *tenant));
        counts.retain(|(tenant, _)| self.may_be_known(*tenant));
        self.named = counts.into_iter().take(self.limit).map(|(tenant, _)| tenant).collect();
        self.known.extend(&self.named);
    }

    /// Names change hands, but the series of all who ever had one are bounded.
    fn may_be_known(&self, tenant: Ulid) -> bool {
        self.known.len() < self.limit.saturating_mul(4) || self.known.contains(&tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_tenants_of_a_minute_are_named_in_the_next() {
        let start = Instant::now();
        let mut busiest = Busiest::new(2, start);
        let [first, second, third] = [1, 2, 3].map(Ulid);
        assert!(busiest.count(first, start));
        assert!(busiest.count(second, start));
        for _ in 0..5 {
            assert!(!busiest.count(third, start), "no name is free");
        }
        busiest.count(second, start);
        let next = start + WINDOW;
        assert!(busiest.count(third, next));
        assert!(busiest.count(second, next));
        assert!(!busiest.count(first, next), "its name went to a busier one");
    }

    #[test]
    fn names_that_were_ever_given_are_bounded() {
        let mut now = Instant::now();
        let mut busiest = Busiest::new(2, now);
        let mut named = HashSet::new();
        for minute in 0..100 {
            for tenant in (0..3).map(|number| Ulid(minute * 3 + number)) {
                if busiest.count(tenant, now) {
                    named.insert(tenant);
                }
            }
            now += WINDOW;
        }
        assert!(named.len() <= 10, "{} tenants had a name", named.len());
        assert!(busiest.counts.len() <= COUNTED);
    }
}
