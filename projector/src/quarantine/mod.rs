//! Streams that a read model cannot take, set apart from all the rest.
//!
//! What a read model holds is the fold of the log in its order, without the
//! events that somebody discarded, and without those of a stream from the
//! first one on that cannot be folded: that event and all later ones of its
//! stream are held back, so that a stream is folded in order or not at all.
//! Everything else goes on.
//!
//! A stream is folded again from its beginning when it is tried again, with
//! all others whose events go into the same rows: what was held back comes in
//! where it belongs, not at the end. So the rows are the same whenever the
//! cause was seen to, and the same as after a rebuild.

mod desk;
mod set_apart;
mod withheld;

use std::sync::{Arc, LazyLock};

use deadpool_postgres::ClientWrapper;
use domain::kernel::{AnyRecorded, Envelope};
use event_store::pg::{number, unsigned, uuid};
use opentelemetry::{KeyValue, metrics::Gauge};
use service::telemetry;
use tokio_postgres::{Error, Row, Statement};
use ulid::Ulid;
use uuid::Uuid;

use crate::{fold::Folded, model::Model, write::Moved};

pub(crate) use withheld::{AllWithheld, Among, LeftOut, Withheld, withheld, withheld_of};

pub use desk::{Discard, Discarded, Quarantine, QuarantineError, Quarantined, Which};

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) stream_type: String,
    pub(crate) stream: Ulid,
    pub(crate) version: u64,
}

/// An event that cannot be folded.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) origin: Origin,
    pub(crate) position: u64,
    pub(crate) error: String,
}

/// What becomes of quarantined streams when rows are written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    /// Streams that cannot be folded (any further).
    pub(crate) found: Vec<Found>,
    /// Streams that could be folded again.
    pub(crate) lifted: Vec<Ulid>,
}

impl Origin {
    pub(crate) fn of(envelope: &Envelope) -> Self {
        Self {
            stream_type: envelope.stream_type.to_string(),
            stream: envelope.stream_id,
            version: envelope.version,
        }
    }
}

impl Found {
    pub(crate) fn of(event: &AnyRecorded, error: String) -> Self {
        let envelope = event.envelope();
        Self { origin: Origin::of(envelope), position: envelope.position, error }
    }
}

/// Measures how many streams are quarantined in these shards, or in all.
pub(crate) async fn measure(
    client: &ClientWrapper,
    models: &[Arc<Model>],
    shards: Option<Vec<i16>>,
) -> Result<(), Error> {
    let consumers: Vec<&str> = models.iter().map(|model| &*model.consumer).collect();
    let statement = client.prepare_cached(include_str!("../sql/quarantines.sql")).await?;
    let rows = client.query(&statement, &[&consumers, &shards]).await?;
    for (model, row) in models.iter().zip(&rows) {
        let projection = KeyValue::new("projection", model.label.clone());
        STREAMS.record(unsigned(row.try_get(0)?), &[projection]);
    }
    Ok(())
}

/// Lives as long as the process.
static STREAMS: LazyLock<Gauge<u64>> = LazyLock::new(|| {
    telemetry::meter()
        .u64_gauge("projection_quarantined_streams")
        .with_description("Streams that cannot be folded, of the tenants of this process.")
        .build()
});

/// The statements by which verdicts are written down.
pub(crate) struct Writing {
    quarantine: Statement,
    lift: Statement,
}

impl Writing {
    pub(crate) async fn prepare(client: &ClientWrapper) -> Result<Self, Error> {
        Ok(Self {
            quarantine: client.prepare_cached(include_str!("../sql/quarantine.sql")).await?,
            lift: client.prepare_cached(include_str!("../sql/lift.sql")).await?,
        })
    }

    /// Lets streams in again, of those whose checkpoints moved. One statement
    /// at most, so that it can be sent with others.
    pub(crate) async fn lift(
        &self,
        client: &ClientWrapper,
        folded: &[Folded],
        moved: &Moved,
    ) -> Result<u64, Error> {
        let (mut consumers, mut tenants, mut streams) = (vec![], vec![], vec![]);
        for folded in folded.iter().filter(|folded| moved.contains_key(&folded.key())) {
            for stream in &folded.verdict.lifted {
                consumers.push(&*folded.job.model.consumer);
                tenants.push(uuid(folded.job.stretch.tenant));
                streams.push(uuid(*stream));
            }
        }
        if streams.is_empty() {
            return Ok(0);
        }
        client.execute(&self.lift, &[&consumers, &tenants, &streams]).await
    }

    /// Sets streams apart, of those whose checkpoints moved. One statement at
    /// most.
    pub(crate) async fn quarantine(
        &self,
        client: &ClientWrapper,
        folded: &[Folded],
        moved: &Moved,
    ) -> Result<u64, Error> {
        let mut columns = Columns::default();
        for folded in folded.iter().filter(|folded| moved.contains_key(&folded.key())) {
            let job = &folded.job;
            for found in &folded.verdict.found {
                columns.push(&job.model.consumer, job.stretch.tenant, found);
            }
        }
        columns.execute(client, &self.quarantine).await
    }
}

/// Findings as columns.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    consumers: Vec<&'a str>,
    tenants: Vec<Uuid>,
    streams: Vec<Uuid>,
    types: Vec<&'a str>,
    positions: Vec<i64>,
    versions: Vec<i64>,
    errors: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    pub(crate) fn push(&mut self, consumer: &'a str, tenant: Ulid, found: &'a Found) {
        self.consumers.push(consumer);
        self.tenants.push(uuid(tenant));
        self.streams.push(uuid(found.origin.stream));
        self.types.push(&found.origin.stream_type);
        self.positions.push(number(found.position));
        self.versions.push(number(found.origin.version));
        self.errors.push(&found.error);
    }

    /// Writes them down, if there are any, by `quarantine.sql`.
    pub(crate) async fn execute(
        &self,
        client: &ClientWrapper,
        statement: &Statement,
    ) -> Result<u64, Error> {
        if self.consumers.is_empty() {
            return Ok(0);
        }
        client
            .execute(
                statement,
                &[
                    &self.consumers,
                    &self.tenants,
                    &self.streams,
                    &self.types,
                    &self.positions,
                    &self.versions,
                    &self.errors,
                ],
            )
            .await
    }
}

/// Whether a consumer has quarantined streams, and what is wanted of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Somebody asked for another attempt.
    pub(crate) asked: bool,
    /// It is time for another attempt.
    pub(crate) due: bool,
}

impl Waiting {
    pub(crate) fn of(row: &Row, place: usize) -> Result<Option<Self>, Error> {
        let asked: Option<bool> = row.try_get(place)?;
        let due: Option<bool> = row.try_get(place + 1)?;
        Ok(asked.map(|asked| Self { asked, due: due.unwrap_or(false) }))
    }
}
