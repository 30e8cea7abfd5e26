//! Sums and counts, now and whenever they have changed.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::Feed;
use crate::{
    problem::Problem,
    reading::Place,
    rows::{GroupNeeds, Grouped, Shared, read_groups},
    sql::Groups,
};

/// How often to work out groups anew at most: each time, all of their rows are
/// read.
const PAUSE: Duration = Duration::from_millis(250);

/// Groups that are followed.
pub(crate) struct LiveGroups {
    feed: Feed,
    shared: Arc<Shared>,
    model: usize,
    groups: Groups,
    needs: GroupNeeds,
    seen: Option<Seen>,
}

/// What the client was sent last.
struct Seen {
    /// How far the tables were: that of the rows, and those they are filtered by.
    places: BTreeMap<String, Place>,
    at: Instant,
    digest: u64,
}

impl LiveGroups {
    pub(crate) fn new(
        feed: Feed,
        shared: Arc<Shared>,
        model: usize,
        groups: Groups,
        needs: GroupNeeds,
    ) -> Self {
        Self { feed, shared, model, groups, needs, seen: None }
    }

    /// The groups as they are, then, each time they have changed, as they are
    /// then.
    pub(crate) async fn next(&mut self) -> Result<Grouped, Problem> {
        loop {
            let shared = self.shared.clone();
            let Some(model) = shared.model(self.model) else {
                return Err(Problem::internal(&"live groups of no model"));
            };
            if let Some(seen) = &self.seen {
                self.feed.beyond_any(&seen.places).await;
                sleep_until(seen.at + PAUSE).await;
            }
            let (reading, _) = self.feed.look(&model.consumer).await?;
            let places = reading.reached().await?.consumers.clone();
            let (groups, needs) = (self.groups.clone(), self.needs.clone());
            let read = read_groups(&self.shared, &reading, model, groups, needs).await;
            reading.close();
            let groups = read?.over(self.feed.reading());
            let digest = groups.digest();
            let seen = Seen { places, at: Instant::now(), digest };
            let before = self.seen.replace(seen);
            if before.is_none_or(|before| before.digest != digest) {
                return Ok(groups);
            }
        }
    }
}
