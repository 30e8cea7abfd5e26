//! Folding these events gives those rows.

use std::collections::BTreeMap;

use ulid::Ulid;

use crate::kernel::{
    Actor, Aggregate, AnyRecorded, Date, Envelope, EventCodec, Fold, FoldError, Id, ReadModel,
    RowKey, Timestamp, cell::from_cells, fold::FoldOf, schema,
};

use super::{fixed, show};

/// One event of one aggregate on its way into the log.
pub struct Step {
    stream: (&'static str, Ulid),
    occurred_at: Timestamp,
    actor: Actor,
    shown: String,
    record: Box<dyn FnOnce(Envelope) -> Result<AnyRecorded, String>>,
}

/// This happened to that aggregate.
#[must_use]
pub fn of<A: Aggregate>(id: Id<A>, event: A::Event) -> Step {
    Step {
        stream: (A::TYPE, id.ulid()),
        occurred_at: fixed::NOW,
        actor: fixed::somebody(),
        shown: format!("{id} {event:?}"),
        record: Box::new(move |envelope| record::<A>(&event, envelope)),
    }
}

/// Events reach a fold through their bytes, as the log gives them back.
fn record<A: Aggregate>(event: &A::Event, envelope: Envelope) -> Result<AnyRecorded, String> {
    let codec = EventCodec::<A>::new();
    let encoded = codec.encode(event).map_err(|error| error.to_string())?;
    codec
        .recorded(envelope, encoded.name, encoded.schema_version, &encoded.payload)
        .map(AnyRecorded::new)
        .map_err(|error| error.to_string())
}

impl Step {
    /// It happened in the morning of this day instead of [`NOW`](super::NOW).
    #[must_use]
    pub fn on(self, date: Date) -> Self {
        self.at(fixed::morning_of(date))
    }

    /// It happened at this time.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.occurred_at = time;
        self
    }

    /// Somebody else brought it about.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    pub(super) fn recorded(self, position: u64, version: u64) -> Result<AnyRecorded, String> {
        let envelope = Envelope {
            occurred_at: self.occurred_at,
            recorded_at: self.occurred_at,
            actor: self.actor,
            ..fixed::envelope(self.stream.0, self.stream.1, position, version)
        };
        (self.record)(envelope)
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }
}

/// Folds the steps in order; positions and versions follow from it.
///
/// # Panics
/// When an event cannot be written and read back.
#[must_use]
#[track_caller]
pub fn folding<R: ReadModel>(steps: impl IntoIterator<Item = Step>) -> Folded<R> {
    let mut work = FoldOf::<R>::new().work();
    let mut versions = BTreeMap::new();
    let mut told = vec![];
    let mut outcome = Ok(());
    for (position, step) in (1..).zip(steps) {
        told.push(step.shown().to_owned());
        let version = versions.entry(step.stream).or_insert(0);
        *version += 1;
        let event = match step.recorded(position, *version) {
            Ok(event) => event,
            Err(error) => show::fail(&error),
        };
        work.touch(&event);
        outcome = outcome.and_then(|()| work.apply(&event));
    }
    let rows = outcome.and_then(|()| work.rows()).and_then(|rows| {
        rows.into_iter().map(|(cells, _)| typed::<R>(cells)).collect::<Result<_, _>>()
    });
    Folded { told: show::numbered(told.into_iter()), rows }
}

/// Puts key and row together from the cells.
pub(super) fn typed<R: ReadModel>(
    cells: Vec<crate::kernel::Cell>,
) -> Result<(R::Key, R::Row), FoldError> {
    let table = schema::table::<R::Row>();
    let fault = |source| FoldError::Shape { read_model: R::NAME, source };
    let key: Vec<_> =
        R::KEY.iter().filter_map(|name| cells.get(table.position(name)?).cloned()).collect();
    let key = R::Key::from_cells(&key)
        .ok_or_else(|| fault(serde::de::Error::custom("the key columns do not fit the key")))?;
    Ok((key, from_cells(cells, &table.columns).map_err(fault)?))
}

/// What came of folding.
pub struct Folded<R: ReadModel> {
    told: String,
    rows: Result<BTreeMap<R::Key, R::Row>, FoldError>,
}

#[expect(clippy::return_self_not_must_use, reason = "an expectation may end its test")]
#[expect(clippy::must_use_candidate, reason = "an expectation may end its test")]
impl<R: ReadModel> Folded<R> {
    /// These rows in the order of their keys, and no others.
    ///
    /// # Panics
    /// When there are others.
    #[track_caller]
    pub fn then_rows(self, rows: impl IntoIterator<Item = R::Row>) -> Self {
        let expected: Vec<R::Row> = rows.into_iter().collect();
        let actual: Vec<R::Row> = self.rows().values().cloned().collect();
        if actual != expected {
            let (expected, actual) = show::both(&expected, &actual);
            self.fail(expected, actual);
        }
        self
    }

    /// This row, whatever others there are.
    ///
    /// # Panics
    /// When the row is not there or is different.
    #[track_caller]
    pub fn then_row(self, key: impl Into<R::Key>, row: R::Row) -> Self {
        let actual = self.rows().get(&key.into()).cloned();
        if actual.as_ref() != Some(&row) {
            let actual: Vec<_> = actual.into_iter().collect();
            let (expected, actual) = show::both(&[row], &actual);
            self.fail(expected, actual);
        }
        self
    }

    /// No row at all.
    ///
    /// # Panics
    /// When there is one.
    #[track_caller]
    pub fn then_no_rows(self) -> Self {
        self.then_rows([])
    }

    /// A history that cannot be folded, because it changes a row that is not
    /// there.
    ///
    /// # Panics
    /// When it could be folded.
    #[track_caller]
    pub fn then_unfoldable(self) {
        if let Ok(rows) = &self.rows {
            let actual: Vec<_> = rows.values().collect();
            self.fail("    an event that cannot be folded\n".to_owned(), show::list(&actual));
        }
    }

    #[track_caller]
    fn rows(&self) -> &BTreeMap<R::Key, R::Row> {
        match &self.rows {
            Ok(rows) => rows,
            Err(error) => self.fail("    rows\n".to_owned(), format!("    {error}\n")),
        }
    }

    #[track_caller]
    fn fail(&self, expected: String, actual: String) -> ! {
        show::fail(&show::paragraphs(&[
            ("folding", self.told.clone()),
            ("then expected", expected),
            ("but what came of it is", actual),
        ]));
    }
}
