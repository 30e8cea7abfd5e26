//! Long stretches of a log, sent to another thread while they are read.

use std::pin::pin;

use deadpool_postgres::ClientWrapper;
use event_store::pg::number;
use futures_util::TryStreamExt;
use tokio::sync::mpsc;
use tokio_postgres::{Error, Row, types::ToSql};
use ulid::Ulid;

use crate::{batch::Stretch, session::ENTER};

/// Events that are handed over at once.
const PARCEL: usize = 512;
/// Parcels that may wait before reading does.
const WAITING: usize = 16;

/// Where events go.
pub(crate) type Parcels = mpsc::Sender<Vec<Row>>;

/// A way for events from whoever reads to whoever folds.
pub(crate) fn channel() -> (Parcels, mpsc::Receiver<Vec<Row>>) {
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
    stretch: Stretch,
    types: &[&str],
    to: &Parcels,
) -> Result<(), Error> {
    let statement = client.prepare_cached(include_str!("sql/stream.sql")).await?;
    let tenant = event_store::pg::uuid(stretch.tenant);
    let (after, until) = (number(stretch.after), number(stretch.until));
    let params: [&(dyn ToSql + Sync); 4] = [&tenant, &after, &until, &types];
    let mut rows = pin!(client.query_raw(&statement, params).await?);
    let mut parcel = Vec::with_capacity(PARCEL);
    while let Some(row) = rows.try_next().await? {
        parcel.push(row);
        if parcel.len() == PARCEL {
            let full = std::mem::replace(&mut parcel, Vec::with_capacity(PARCEL));
            if to.send(full).await.is_err() {
                return Ok(());
            }
        }
    }
    // Whoever has gone does not miss the last ones either.
    let _ = to.send(parcel).await;
    Ok(())
}
