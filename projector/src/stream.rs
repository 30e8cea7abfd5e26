//! Long stretches of a log, sent to another thread while they are read.

use deadpool_postgres::ClientWrapper;
use event_store::history::{self, History, RawEvent, Within};
use tokio::sync::mpsc;
use tokio_postgres::Error;
use ulid::Ulid;

use crate::{StepError, batch::Stretch, session::ENTER};

/// Events that are read and handed over at once.
const PARCEL: u64 = 2_048;
/// Parcels that may wait before reading does.
const WAITING: usize = 4;

/// Where events, or rows, go.
pub(crate) type Parcels<T> = mpsc::Sender<Vec<T>>;

/// A way from whoever reads to whoever folds or compares.
pub(crate) fn channel<T>() -> (Parcels<T>, mpsc::Receiver<Vec<T>>) {
    mpsc::channel(WAITING)
}

/// Makes the open transaction see one tenant, and use indexes.
pub(crate) async fn enter(client: &ClientWrapper, tenant: Ulid) -> Result<(), Error> {
    let statement = client.prepare_cached(ENTER).await?;
    let tenant = event_store::pg::uuid(tenant).to_string();
    client.execute(&statement, &[&tenant]).await.map(drop)
}

/// Reads, in the open transaction, the events of these types of aggregates.
/// Stops early when nobody takes them any more.
pub(crate) async fn events(
    client: &ClientWrapper,
    history: &History,
    stretch: Stretch,
    types: &[&str],
    to: &Parcels<RawEvent>,
) -> Result<(), StepError> {
    let Stretch { tenant, mut after, until } = stretch;
    while after < until {
        let asked = history::Stretch { tenant, after, until, types: Some(types), limit: PARCEL };
        let parcel = history.stretch(&Within(&**client), asked).await?;
        let is_full = parcel.len() as u64 == PARCEL;
        after = match parcel.last() {
            Some(last) if is_full => last.position()?,
            _ => until,
        };
        if to.send(parcel).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
