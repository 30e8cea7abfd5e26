//! The events of quarantined streams, wherever they lie.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use deadpool_postgres::ClientWrapper;
use event_store::{
    ReadError,
    history::{History, Part, Prepared},
    pg::{number, ulid, unsigned},
};
use tokio_postgres::{Error, Row};
use ulid::Ulid;

/// Events that are looked up at once.
const LOOKED_UP: usize = 64;
/// Bytes of events that are read at once.
const BYTES: usize = 16 << 20;

/// A stream that is set apart, as far as its events are looked up.
#[derive(Clone, Copy)]
pub(super) struct SetApart {
    pub(super) tenant: Ulid,
    pub(super) stream: Ulid,
    /// Position and version of the event that holds it up.
    pub(super) position: u64,
    pub(super) version: u64,
    /// Up to where events are held back.
    pub(super) reached: u64,
}

impl SetApart {
    /// A row of `quarantined.sql`.
    pub(super) fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            tenant: ulid(row.try_get(1)?),
            stream: ulid(row.try_get(3)?),
            position: unsigned(row.try_get(4)?),
            version: unsigned(row.try_get(5)?),
            reached: unsigned(row.try_get(11)?),
        })
    }

    /// How many later events are held back.
    pub(super) async fn held(
        self,
        history: &History,
        client: &ClientWrapper,
    ) -> Result<u64, ReadError> {
        let Self { tenant, stream, version, reached, .. } = self;
        let session = Prepared(client);
        let last = history.last_version(&session, (tenant, stream), version, reached).await?;
        Ok(last.map_or(0, |last| last - version))
    }

    /// Positions and versions of the event that holds it up, and of those that
    /// are held back if they are discarded too.
    pub(super) async fn to_be_discarded(
        self,
        history: &History,
        client: &ClientWrapper,
        held: bool,
    ) -> Result<(Vec<i64>, Vec<i64>), ReadError> {
        let Self { tenant, stream, position, version, reached } = self;
        let until = if held { reached } else { position };
        let (mut positions, mut versions) = (vec![], vec![]);
        let mut after = version.saturating_sub(1);
        loop {
            let part = Part { tenant, stream, after, until, limit: u64::MAX };
            let events = history.stream_excerpt(&Prepared(client), part, BYTES).await?;
            for event in &events.taken {
                after = event.version()?;
                positions.push(number(event.position()?));
                versions.push(number(after));
            }
            if !events.is_cut {
                return Ok((positions, versions));
            }
        }
    }
}

/// What an event is called, and when it was written down.
pub(super) type Told = (String, DateTime<Utc>);

/// What is told of the events that hold streams up, by tenant and position.
pub(super) async fn events(
    history: &History,
    client: &ClientWrapper,
    set_apart: &[SetApart],
) -> Result<HashMap<(Ulid, u64), Told>, ReadError> {
    let mut wanted = BTreeMap::<Ulid, Vec<u64>>::new();
    for one in set_apart {
        wanted.entry(one.tenant).or_default().push(one.position);
    }
    let mut events = HashMap::new();
    for (tenant, positions) in wanted {
        for some in positions.chunks(LOOKED_UP) {
            for event in history.at(&Prepared(client), tenant, some).await? {
                let told = (event.kind()?.to_owned(), event.recorded_at()?);
                events.insert((tenant, event.position()?), told);
            }
        }
    }
    Ok(events)
}
