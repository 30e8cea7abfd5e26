//! What must come of a log, however it is delivered.

use std::collections::BTreeMap;

use ulid::Ulid;

use crate::kernel::{
    AnyRecorded, Cell, Fold, FoldError, Keys, ReadModel, RowKey, Slot, Sources, Work,
    cell::to_cells, fold::FoldOf, schema, testing::fixed,
};

use super::{Broken, calm::calmly, world::World};

/// The rows of one tenant by key, each with the position of its last event.
type Rows<R> = BTreeMap<<R as ReadModel>::Key, (Vec<Cell>, u64)>;

/// One read model under scrutiny.
pub(super) struct View<R: ReadModel> {
    fold: FoldOf<R>,
    table: crate::kernel::Table,
    /// Whether there has been a row at all.
    peopled: std::cell::Cell<bool>,
}

impl<R: ReadModel> View<R> {
    pub(super) fn new() -> Self {
        Self { fold: FoldOf::new(), table: schema::table::<R::Row>(), peopled: false.into() }
    }

    /// Checks all that must hold of the log of a world.
    pub(super) fn look(&self, world: &World<'_>) -> Result<(), Broken> {
        let log = world.log(fixed::TENANT)?;
        let plain = self.plainly(&log)?;
        let rebuilt = calmly("View: the fold", || self.rebuilt(&log))??;
        self.peopled.set(self.peopled.get() || !rebuilt.is_empty());
        self.same("View: folded event by event", &plain, "rebuilt in one go", &rebuilt)?;
        self.batches(&log, &rebuilt)?;
        self.repeats(&log, &rebuilt)?;
        self.tenants(world, &log, &rebuilt)
    }

    /// Fails if there never was a row to look at.
    pub(super) fn was_peopled(&self) -> Result<(), Broken> {
        if self.peopled.get() {
            return Ok(());
        }
        Err("random commands never led to a row, so that the laws say nothing".to_owned())
    }

    /// Folds as a reader of the declarations would, looking at every key.
    fn plainly(&self, log: &[AnyRecorded]) -> Result<Rows<R>, Broken> {
        let mut rows: BTreeMap<R::Key, (Option<R::Row>, u64)> = BTreeMap::new();
        for event in log {
            let position = event.envelope().position;
            for key in Self::keys(event)? {
                let (row, last) = rows.entry(key.clone()).or_default();
                if *last == position {
                    continue;
                }
                *last = position;
                let mut slot = Slot::<R>::new(&key, row);
                calmly("View: apply()", || R::Sources::apply(&mut slot, event))?;
                if slot.found_missing() {
                    return Err(format!(
                        "View: {} changes the row {key:?}, which is not there",
                        event.name()
                    ));
                }
            }
        }
        let present = rows.into_iter().filter_map(|(key, (row, last))| Some((key, row?, last)));
        present.map(|(key, row, last)| Ok((key.clone(), (self.row(&key, &row)?, last)))).collect()
    }

    fn keys(event: &AnyRecorded) -> Result<Vec<R::Key>, Broken> {
        let mut keys = vec![];
        calmly("View: keys()", || R::Sources::keys(event))?.for_each(|key| keys.push(key));
        let stream = Cell::Id(event.envelope().stream_id);
        let stranger = keys.iter().find(|key| key.cells() != [stream.clone()]);
        match stranger {
            Some(key) if R::OF_ONE_AGGREGATE => Err(format!(
                "Honest: {} claims OF_ONE_AGGREGATE, but {} of {stream:?} touches the row {key:?}",
                R::NAME,
                event.name()
            )),
            _ => Ok(keys),
        }
    }

    /// The cells of a row, whose key columns must say what its key says.
    fn row(&self, key: &R::Key, row: &R::Row) -> Result<Vec<Cell>, Broken> {
        let cells = to_cells(row, &self.table.columns).map_err(|error| format!("View: {error}"))?;
        let said = self.key_cells(&cells);
        if said != key.cells() {
            return Err(format!("Honest: the row of key {key:?} says that its key is {said:?}"));
        }
        Ok(cells)
    }

    fn key_cells(&self, cells: &[Cell]) -> Vec<Cell> {
        R::KEY.iter().filter_map(|name| cells.get(self.table.position(name)?).cloned()).collect()
    }

    fn by_key(&self, rows: Vec<(Vec<Cell>, u64)>) -> Result<Rows<R>, Broken> {
        rows.into_iter()
            .map(|(cells, position)| {
                let key = R::Key::from_cells(&self.key_cells(&cells));
                let key = key.ok_or_else(|| format!("View: {cells:?} has no key"))?;
                Ok((key, (cells, position)))
            })
            .collect()
    }

    /// From nothing, all at once.
    fn rebuilt(&self, log: &[AnyRecorded]) -> Result<Rows<R>, Broken> {
        let mut work = self.fold.work();
        log.iter().try_for_each(|event| work.apply(event)).map_err(in_words)?;
        self.by_key(work.rows().map_err(in_words)?)
    }

    /// Batches of several sizes, with working memory that is thrown away after
    /// each, and with one that is kept.
    fn batches(&self, log: &[AnyRecorded], rebuilt: &Rows<R>) -> Result<(), Broken> {
        for size in [1, 3, 8] {
            let table = self.delivered(log.chunks(size).map(|batch| batch.iter().collect()))?;
            self.same("View: rebuilt", rebuilt, &format!("in batches of {size}"), &table)?;
        }
        let mut table = Rows::<R>::new();
        let mut work = self.fold.work();
        for batch in log.chunks(2) {
            self.deliver(work.as_mut(), &mut table, &batch.iter().collect::<Vec<_>>())?;
        }
        self.same("View: rebuilt", rebuilt, "with rows kept in memory", &table)
    }

    /// Events that come more than once: twice in a batch, the whole log after
    /// the end, and, unless rows went away in between, each batch with the next.
    fn repeats(&self, log: &[AnyRecorded], rebuilt: &Rows<R>) -> Result<(), Broken> {
        let twice = log.chunks(4).map(|batch| batch.iter().chain(batch).collect());
        let table = self.delivered(twice)?;
        self.same("View: rebuilt", rebuilt, "with each batch said twice", &table)?;
        let table = self.delivered([log.iter().collect(), log.iter().collect()].into_iter())?;
        self.same("View: rebuilt", rebuilt, "with all said again", &table)?;
        let mut touched = std::collections::BTreeSet::new();
        for event in log {
            R::Sources::keys(event).for_each(|key| {
                touched.insert(key);
            });
        }
        // A row that went away takes along how far it had come.
        if touched.len() == rebuilt.len() {
            let mut before: &[AnyRecorded] = &[];
            let overlapping = log.chunks(3).map(|batch| {
                let earlier = std::mem::replace(&mut before, batch);
                earlier.iter().chain(batch).collect()
            });
            let table = self.delivered(overlapping)?;
            self.same("View: rebuilt", rebuilt, "with each batch said again later", &table)?;
        }
        Ok(())
    }

    /// Delivers batches to a table, each with working memory of its own.
    fn delivered<'e>(
        &self,
        batches: impl Iterator<Item = Vec<&'e AnyRecorded>>,
    ) -> Result<Rows<R>, Broken> {
        let mut table = Rows::<R>::new();
        for batch in batches {
            self.deliver(self.fold.work().as_mut(), &mut table, &batch)?;
        }
        Ok(table)
    }

    /// Touch, load, apply and write, as a projector does.
    fn deliver(
        &self,
        work: &mut dyn Work,
        table: &mut Rows<R>,
        batch: &[&AnyRecorded],
    ) -> Result<(), Broken> {
        for event in batch {
            for key in work.touch(event) {
                let key = R::Key::from_cells(&key).ok_or("View: a key does not fit its cells")?;
                if let Some((cells, position)) = table.get(&key) {
                    work.load(cells.clone(), *position).map_err(in_words)?;
                }
            }
        }
        batch.iter().try_for_each(|event| work.apply(event)).map_err(in_words)?;
        let changes = work.changes().map_err(in_words)?;
        table.extend(self.by_key(changes.put)?);
        for key in changes.removed {
            let key = R::Key::from_cells(&key).ok_or("View: a key does not fit its cells")?;
            table.remove(&key);
        }
        Ok(())
    }

    /// Two tenants at once: one with the whole log, one with half of it.
    fn tenants(
        &self,
        world: &World<'_>,
        log: &[AnyRecorded],
        rebuilt: &Rows<R>,
    ) -> Result<(), Broken> {
        let others = world.log(OTHER)?;
        self.same("Tenants: one", rebuilt, "another with the same log", &self.rebuilt(&others)?)?;
        let half = others.get(..log.len() / 2).unwrap_or_default();
        let apart = self.rebuilt(half)?;
        let (mut one, mut other) = (self.fold.work(), self.fold.work());
        for (place, event) in log.iter().enumerate() {
            one.apply(event).map_err(in_words)?;
            half.get(place).map_or(Ok(()), |event| other.apply(event)).map_err(in_words)?;
        }
        for (name, work, expected) in [("one", one, rebuilt), ("the other", other, &apart)] {
            let together = self.by_key(work.rows().map_err(in_words)?)?;
            self.same(&format!("Tenants: {name} apart"), expected, "together", &together)?;
        }
        Ok(())
    }

    fn same(
        &self,
        one: &str,
        expected: &Rows<R>,
        other: &str,
        actual: &Rows<R>,
    ) -> Result<(), Broken> {
        if expected == actual {
            return Ok(());
        }
        let keys = expected.keys().chain(actual.keys());
        let differing = keys.into_iter().find(|key| expected.get(key) != actual.get(key));
        let shown = |rows: &Rows<R>| {
            differing.and_then(|key| rows.get(key)).map_or(
                "no row".to_owned(),
                |(cells, position)| {
                    let columns = self.table.columns.iter().zip(cells);
                    let cells: Vec<String> = columns
                        .map(|(column, cell)| {
                            format!("{}: {}", column.name, cell.to_json(&column.kind))
                        })
                        .collect();
                    format!("{{{}}} as of {position}", cells.join(", "))
                },
            )
        };
        Err(format!("{one} is {}\nbut {other} it is {}", shown(expected), shown(actual)))
    }
}

/// Whether an event touches a row.
pub(super) fn touches<R: ReadModel>(event: &AnyRecorded) -> bool {
    !matches!(R::Sources::keys(event), Keys::None)
}

const OTHER: Ulid = fixed::ulid_of("tnt", 2);

#[expect(clippy::needless_pass_by_value, reason = "written to be passed to map_err")]
fn in_words(error: FoldError) -> Broken {
    format!("View: {error}")
}
