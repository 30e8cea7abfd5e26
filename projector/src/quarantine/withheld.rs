//! Events that are left out of what is folded.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use deadpool_postgres::ClientWrapper;
use event_store::pg::{ulid, unsigned, uuid};
use tokio_postgres::Error;
use ulid::Ulid;
use uuid::Uuid;

use super::Found;
use crate::{batch::Taken, model::Model};

/// Events of one tenant that are left out of one read model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Withheld {
    /// Streams, each from a position on.
    streams: HashMap<Ulid, u64>,
    /// Events that were discarded.
    events: HashSet<u64>,
}

impl Withheld {
    /// Whether an event is left out. One that is not there never is.
    pub(crate) fn holds(&self, event: &Taken) -> bool {
        let position = event.position();
        event.stream().is_some_and(|stream| {
            self.streams.get(&stream).is_some_and(|from| *from <= position)
                || self.events.contains(&position)
        })
    }

    /// Leaves a stream out from an event on.
    fn hold(&mut self, found: &Found) {
        let from = self.streams.entry(found.origin.stream).or_insert(found.position);
        *from = found.position.min(*from);
    }

    /// The streams that are left out.
    pub(crate) fn streams(&self) -> impl Iterator<Item = Ulid> {
        self.streams.keys().copied()
    }

    /// How many streams and how many events are left out.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.streams.len() as u64, self.events.len() as u64)
    }
}

/// What is left out while something is folded, and which streams came to it on
/// the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftOut {
    withheld: Arc<Withheld>,
    pub(crate) found: Vec<Found>,
}

impl LeftOut {
    pub(crate) fn holds(&self, event: &Taken) -> bool {
        self.withheld.holds(event)
    }

    /// Leaves a stream out from an event on, which cannot be folded.
    pub(crate) fn add(&mut self, found: Found) {
        Arc::make_mut(&mut self.withheld).hold(&found);
        self.found.push(found);
    }

    /// Leaves the stream of an event out from there on, unless it is already.
    pub(crate) fn add_from(&mut self, event: &Taken, error: String) {
        if !self.holds(event) {
            event.found(error).into_iter().for_each(|found| self.add(found));
        }
    }

    /// Lets streams in again, but for what was discarded.
    pub(crate) fn release(&mut self, streams: &[Ulid]) {
        if !streams.is_empty() {
            let withheld = Arc::make_mut(&mut self.withheld);
            for stream in streams {
                withheld.streams.remove(stream);
            }
        }
    }

    /// The same, with nothing found yet.
    pub(crate) fn anew(&self) -> Self {
        self.withheld.clone().into()
    }
}

impl From<Arc<Withheld>> for LeftOut {
    fn from(withheld: Arc<Withheld>) -> Self {
        Self { withheld, found: vec![] }
    }
}

/// What is left out, by tenant and the place of a read model.
#[derive(Debug, Default)]
pub(crate) struct AllWithheld(HashMap<(Ulid, usize), Arc<Withheld>>);

impl AllWithheld {
    /// What is left out of one read model.
    pub(crate) fn of(&self, tenant: Ulid, model: &Model) -> Arc<Withheld> {
        self.0.get(&(tenant, model.place)).cloned().unwrap_or_default()
    }
}

/// Whose events are looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Among<'a> {
    pub(crate) tenants: &'a [Ulid],
    /// Those of these streams alone.
    pub(crate) streams: Option<&'a [Ulid]>,
}

/// Looks up what is left out of a read model for a tenant.
pub(crate) async fn withheld_of(
    client: &ClientWrapper,
    consumer: &str,
    model: &Model,
    tenant: Ulid,
) -> Result<Arc<Withheld>, Error> {
    let among = Among { tenants: &[tenant], streams: None };
    Ok(look_up(client, &[(consumer, model)], among).await?.of(tenant, model))
}

/// Looks up what is left out of these read models.
pub(crate) async fn withheld<'m>(
    client: &ClientWrapper,
    models: impl Iterator<Item = &'m Model>,
    among: Among<'_>,
) -> Result<AllWithheld, Error> {
    let models: Vec<_> = models.map(|model| (&*model.consumer, model)).collect();
    look_up(client, &models, among).await
}

async fn look_up(
    client: &ClientWrapper,
    models: &[(&str, &Model)],
    among: Among<'_>,
) -> Result<AllWithheld, Error> {
    let consumers: Vec<&str> = models.iter().map(|(consumer, _)| *consumer).collect();
    let names: Vec<&str> = models.iter().map(|(_, model)| model.entry().name).collect();
    let uuids = |ids: &[Ulid]| ids.iter().copied().map(uuid).collect::<Vec<Uuid>>();
    let (tenants, streams) = (uuids(among.tenants), among.streams.map(uuids));
    let statement = client.prepare_cached(include_str!("../sql/withheld.sql")).await?;
    let mut all = HashMap::<_, Withheld>::new();
    for row in client.query(&statement, &[&consumers, &names, &tenants, &streams]).await? {
        let place = usize::try_from(row.try_get::<_, i64>(1)? - 1).unwrap_or(usize::MAX);
        let Some((_, model)) = models.get(place) else { continue };
        let withheld = all.entry((ulid(row.try_get(0)?), model.place)).or_default();
        let position = unsigned(row.try_get(3)?);
        match row.try_get::<_, Option<Uuid>>(2)? {
            Some(stream) => withheld.streams.insert(ulid(stream), position).map(drop),
            None => withheld.events.insert(position).then_some(()),
        };
    }
    Ok(AllWithheld(all.into_iter().map(|(key, withheld)| (key, Arc::new(withheld))).collect()))
}
