//! From the log to a state: out of memory, out of a snapshot, event by event.

use std::{sync::Arc, time::Instant};

use domain::kernel::Aggregate;
use ulid::Ulid;

use super::{
    CommandError, Shared,
    executor::Executor,
    seen::Seen,
    snapshots::{Destination, revived},
};
use crate::StoredEvent;

/// Events read at once when a stream is loaded.
const PAGE: usize = 1_000;
/// Fewer events than this say little about what one of them costs.
const TELLING: u64 = 100;

impl<A: Aggregate> Executor<A> {
    /// Takes a state out of memory, or reads it from the log. One that is to
    /// be fresh is brought up to date in any case.
    pub(super) async fn load(
        &self,
        shared: &Shared,
        (tenant, id): (Ulid, Ulid),
        fresh: bool,
    ) -> Result<Seen<A>, CommandError> {
        let seen = shared.cache.take::<A>(tenant, id);
        shared.cache.count(seen.is_some());
        match seen {
            Some(seen) if !fresh => Ok(seen),
            seen => {
                let seen = seen.unwrap_or_else(|| Seen::unborn(shared.cache.now()));
                self.catch_up(shared, (tenant, id), seen).await
            }
        }
    }

    /// The state as others see it, which stays in memory.
    pub(super) async fn look(
        &self,
        shared: &Shared,
        (tenant, id): (Ulid, Ulid),
        fresh: bool,
    ) -> Result<(u64, Arc<A>), CommandError> {
        if !fresh && let Some(seen) = shared.cache.look::<A>(tenant, id) {
            shared.cache.count(true);
            return Ok((seen.version, seen.state.clone()));
        }
        let seen = self.load(shared, (tenant, id), fresh).await?;
        let found = (seen.version, seen.state.clone());
        self.keep(shared, (tenant, id), seen);
        Ok(found)
    }

    /// Keeps a state in memory, and puts it away if that is worth it.
    pub(super) fn keep(&self, shared: &Shared, (tenant, id): (Ulid, Ulid), mut seen: Seen<A>) {
        // That there is none may be untrue any moment, without anybody here
        // noticing.
        if seen.version == 0 {
            return;
        }
        let (log, metrics) = (&shared.log, &shared.metrics);
        let to = Destination { log, metrics, tenant, id, fingerprint: self.fingerprint };
        shared.snapshots.offer(&mut seen, self.event_nanos.get(), &to);
        shared.cache.put(tenant, id, seen);
    }

    /// Folds in what the log has after the version of a state.
    ///
    /// Most streams are short: only one that turns out to be long is worth the
    /// look for a snapshot.
    pub(super) async fn catch_up(
        &self,
        shared: &Shared,
        (tenant, id): (Ulid, Ulid),
        mut seen: Seen<A>,
    ) -> Result<Seen<A>, CommandError> {
        let started = Instant::now();
        let (from, worth) = (seen.version, shared.snapshots.events);
        let mut look = seen.version == 0 && worth > 0;
        let probe = usize::try_from(worth).unwrap_or(PAGE).min(PAGE);
        loop {
            let limit = if look { probe } else { PAGE };
            let page = shared.log.read_stream(tenant, id, seen.version, limit).await?;
            self.fold(&mut seen, &page)?;
            if page.len() < limit {
                break;
            }
            if look {
                look = false;
                seen = self.through_snapshot(shared, (tenant, id), seen).await?;
            }
        }
        let folded = seen.version - from.max(seen.about.snapshot);
        if folded >= TELLING {
            #[expect(clippy::cast_precision_loss, reason = "an average")]
            self.event_nanos.add(started.elapsed().as_nanos() as f64 / folded as f64);
        }
        Ok(seen)
    }

    /// The state of a snapshot that goes further than what was folded so far,
    /// if there is one.
    async fn through_snapshot(
        &self,
        shared: &Shared,
        (tenant, id): (Ulid, Ulid),
        seen: Seen<A>,
    ) -> Result<Seen<A>, CommandError> {
        let snapshot = match shared.log.snapshot(tenant, id).await {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => return Ok(seen),
            Err(error) => {
                // The events are there all the same, or tell what is wrong.
                tracing::warn!(aggregate = A::TYPE, %id, %error, "a snapshot cannot be read");
                return Ok(seen);
            }
        };
        match revived::<A>(&snapshot, &self.fingerprint, seen.version, seen.born()) {
            Ok(found) => {
                // In a log that was restored to an earlier moment there is no
                // such event, or another one.
                let at = shared.log.read_stream(tenant, id, found.version - 1, 1).await?;
                if at.first().is_some_and(|at| at.envelope.event_id == found.last_event()) {
                    shared.metrics.snapshot("used");
                    return Ok(found);
                }
                shared.metrics.snapshot("of_another_history");
            }
            Err(useless) => shared.metrics.snapshot(useless.as_str()),
        }
        Ok(seen)
    }

    fn fold(&self, seen: &mut Seen<A>, page: &[StoredEvent]) -> Result<(), CommandError> {
        let Some(last) = page.last() else { return Ok(()) };
        let state = Arc::make_mut(&mut seen.state);
        for stored in page {
            // An id of another type with the same ULID: not one of ours.
            if &*stored.envelope.stream_type != A::TYPE {
                return Err(CommandError::NotFound(A::TYPE));
            }
            let event = self
                .codec
                .decode(&stored.name, stored.schema_version, &stored.payload)
                .map_err(|error| CommandError::Fault(error.to_string()))?;
            state.evolve(&event);
        }
        seen.version = last.envelope.version;
        let bytes = page.iter().map(|stored| stored.payload.len()).sum();
        seen.about.moved_on(page.len(), bytes, Some(last.envelope.event_id));
        Ok(())
    }
}
