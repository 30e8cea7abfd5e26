//! The rows of a list that changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_graphql::Value;
use domain::kernel::ReadModelEntry;
use event_store::StoredEvent;
use tokio_postgres::Row as SqlRow;

use super::Feed;
use crate::{
    catalogue::{Id, Model},
    personal::Opener,
    problem::Problem,
    reading::{Place, ReadFault, Reading},
    rows::{Batch, Row, Shared, opaque_id, values},
    sql::{self, Condition, Param, Since},
    value,
};

/// How many positions of the log are looked at in one go.
const STEP: u64 = 2_000;

/// A list that is followed.
pub(crate) struct Changes {
    feed: Feed,
    shared: Arc<Shared>,
    model: usize,
    condition: Condition,
    fields: BTreeSet<usize>,
    /// After which position the client begins; none: from now on.
    after: Option<u64>,
    /// What the client was told about.
    seen: Option<Place>,
}

/// What has changed since the last time.
pub(crate) struct Changed {
    /// Everything up to here has been told.
    pub(crate) position: u64,
    pub(crate) batch: Arc<Batch>,
    /// The rows that changed and that the client asked for.
    pub(crate) rows: Vec<usize>,
    /// The ids of rows that are gone, or not asked for (any more).
    pub(crate) removed: Vec<String>,
    /// Whether it is too much to be told: the client has to read the list anew.
    pub(crate) reload: bool,
}

impl Changed {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().map(|index| Row { batch: self.batch.clone(), index: *index })
    }
}

impl Changes {
    pub(crate) fn new(
        feed: Feed,
        shared: Arc<Shared>,
        model: usize,
        condition: Condition,
        fields: BTreeSet<usize>,
        after: Option<u64>,
    ) -> Self {
        Self { feed, shared, model, condition, fields, after, seen: None }
    }

    /// What has changed, as soon as something has.
    pub(crate) async fn next(&mut self) -> Result<Changed, Problem> {
        loop {
            let shared = self.shared.clone();
            let Some(model) = shared.model(self.model) else {
                return Err(Problem::internal(&"a live query of no model"));
            };
            let (reading, reached) = self.feed.look(&model.consumer).await?;
            let seen = match self.seen {
                Some(seen) => Some(seen),
                None => self.begin(&reading, reached).await?,
            };
            let Some(seen) = seen.filter(|seen| !self.is_too_far(*seen, reached)) else {
                reading.close();
                self.seen = Some(reached);
                return Ok(self.reload(model, reached.position));
            };
            self.seen = Some(seen);
            if reached.position <= seen.position && reached.erasures <= seen.erasures {
                reading.close();
                self.feed.beyond(&model.consumer, seen).await;
                continue;
            }
            let (read, now) = if reached.erasures > seen.erasures {
                let now = Place { erasures: reached.erasures, ..seen };
                (self.read_erased(model, &reading, seen, now.erasures).await, now)
            } else {
                let until = reached.position.min(seen.position.saturating_add(STEP));
                let read = self.read_new(model, &reading, seen.position, until).await;
                (read, Place { position: until, ..seen })
            };
            reading.close();
            let told = read?;
            self.seen = Some(now);
            if !told.rows.is_empty() || !told.removed.is_empty() {
                return Ok(told);
            }
        }
    }

    /// Whether what has changed is more than is looked for: the client was away
    /// for long, or reads slowly.
    fn is_too_far(&self, seen: Place, reached: Place) -> bool {
        reached.position.saturating_sub(seen.position) > self.shared.settings.resumed_events
    }

    /// Tells that the list has to be read anew; what changes after this
    /// position is told again.
    fn reload(&self, model: &Model, position: u64) -> Changed {
        let nothing = self.feed.reading();
        let batch = Arc::new(Batch::new(&self.shared, &nothing, model, &[], vec![]));
        Changed { position, batch, rows: vec![], removed: vec![], reload: true }
    }

    /// What the client has seen before it is told anything; nothing of this log
    /// where it has seen more than there is.
    async fn begin(&self, reading: &Reading, reached: Place) -> Result<Option<Place>, ReadFault> {
        let Some(position) = self.after else { return Ok(Some(reached)) };
        if position > reading.reached().await?.head {
            return Ok(None);
        }
        let erasures = reading.erasures_before(position).await?.min(reached.erasures);
        Ok(Some(Place { position, erasures }))
    }

    /// The rows whose last event lies in a stretch of the log, and those that
    /// are gone by one.
    async fn read_new(
        &self,
        model: &Model,
        reading: &Reading,
        after: u64,
        until: u64,
    ) -> Result<Changed, Problem> {
        let number = |position| i64::try_from(position).unwrap_or(i64::MAX);
        let since = Since::Positions(number(after), number(until));
        let told = self.read(model, reading, since, until).await?;
        let Some(entry) = self.shared.registry.read_model(model.name) else { return Ok(told) };
        let left_out = reading.left_out(model).await?;
        let events = reading.log(entry.fold.sources(), after, until, &left_out).await?;
        self.with_gone(model, reading, told, self.touched(model, entry, events)?).await
    }

    /// The rows that have changed because somebody was erased: no further event
    /// tells of that.
    async fn read_erased(
        &self,
        model: &Model,
        reading: &Reading,
        seen: Place,
        until: u64,
    ) -> Result<Changed, Problem> {
        let mut touched = Touched::new();
        if let Some(entry) = self.shared.registry.read_model(model.name) {
            let erasures = (seen.erasures, until);
            let left_out = reading.left_out(model).await?;
            let sources = entry.fold.sources();
            let events = reading.erased(sources, erasures, seen.position, &left_out).await?;
            touched = self.touched(model, entry, events)?;
        }
        let since = Since::Keys(self.keys(model, &touched));
        let told = self.read(model, reading, since, seen.position).await?;
        self.with_gone(model, reading, told, touched).await
    }

    async fn read(
        &self,
        model: &Model,
        reading: &Reading,
        since: Since,
        position: u64,
    ) -> Result<Changed, Problem> {
        let mut fields = self.fields.clone();
        fields.extend(&model.key);
        let fields: Vec<usize> = fields.into_iter().collect();
        let condition = self.condition.clone();
        let changes = sql::Changes { fields: fields.clone(), condition, since };
        let statement = changes.statement(&self.shared.catalogue, model, reading.source());
        let rows = reading.rows("changes", &statement).await?;
        let fresh = self.feed.reading();
        let batch = Batch::read(&self.shared, &fresh, model, &fields, &rows, 2).await?;
        let mut told = Changed {
            position,
            batch: Arc::new(batch),
            rows: vec![],
            removed: vec![],
            reload: false,
        };
        for (index, row) in rows.iter().enumerate() {
            if row.try_get(1).map_err(ReadFault::from)? {
                told.rows.push(index);
            } else {
                told.removed.push(id(model, |field| told.batch.value(index, field)));
            }
        }
        Ok(told)
    }

    /// The rows that events touch.
    fn touched(
        &self,
        model: &Model,
        entry: &ReadModelEntry,
        events: Vec<StoredEvent>,
    ) -> Result<Touched, Problem> {
        let mut touched = Touched::new();
        for event in events {
            let event = event_store::decode(&self.shared.registry, event)
                .map_err(|error| Problem::internal(&error))?;
            for key in entry.fold.keys(&event) {
                let shown = self.shown_key(model, key);
                touched.insert(id(model, |field| shown.get(&field)), shown);
            }
        }
        Ok(touched)
    }

    /// Adds the ids of rows that are not there any more. A table forgets what
    /// it removes, the log does not: what its events touch and the table does
    /// not have is gone.
    async fn with_gone(
        &self,
        model: &Model,
        reading: &Reading,
        mut told: Changed,
        mut touched: Touched,
    ) -> Result<Changed, Problem> {
        for row in 0..told.batch.len() {
            touched.remove(&id(model, |field| told.batch.value(row, field)));
        }
        if touched.is_empty() {
            return Ok(told);
        }
        // What is left may also have changed again, after this step.
        let keys = self.keys(model, &touched);
        let catalogue = &self.shared.catalogue;
        let statement = sql::existing(catalogue, model, reading.source(), keys);
        for row in &reading.rows("changes", &statement).await? {
            let shown = self.key_of(model, row)?;
            touched.remove(&id(model, |field| shown.get(&field)));
        }
        told.removed.splice(0..0, touched.into_keys());
        Ok(told)
    }

    fn shown_key(&self, model: &Model, key: Vec<domain::kernel::Cell>) -> BTreeMap<usize, Value> {
        let fields = model.key.iter().copied().zip(model.key_fields());
        fields
            .zip(key)
            .map(|((index, field), cell)| {
                (index, value::cell(cell, &field.kind, &self.shared.catalogue.enums))
            })
            .collect()
    }

    fn key_of(&self, model: &Model, row: &SqlRow) -> Result<BTreeMap<usize, Value>, ReadFault> {
        let opener = Opener::default();
        let shown = values(&self.shared, model, &model.key, (row, 0), &opener)?;
        Ok(model.key.iter().copied().zip(shown).collect())
    }

    /// One list of values per key column.
    fn keys(&self, model: &Model, touched: &Touched) -> Vec<Param> {
        let enums = &self.shared.catalogue.enums;
        let column = |(index, field): (&usize, &crate::catalogue::Field)| {
            let param = |key: &BTreeMap<usize, Value>| {
                value::param(&field.kind, enums, key.get(index)?).ok()
            };
            let values: Vec<Param> = touched.values().filter_map(param).collect();
            if values.is_empty() { Param::none_of(&field.kind) } else { Param::list(values) }
        };
        model.key.iter().zip(model.key_fields()).map(column).collect()
    }
}

/// Keys of rows by the rows' ids.
type Touched = BTreeMap<String, BTreeMap<usize, Value>>;

/// The `id` of a row, from the values of its key.
fn id<'a>(model: &Model, value: impl Fn(usize) -> Option<&'a Value>) -> String {
    match (model.id, model.key.as_slice()) {
        (Id::Column, [key]) => match value(*key) {
            Some(Value::String(id)) => id.clone(),
            _ => opaque_id(model, value),
        },
        _ => opaque_id(model, value),
    }
}
