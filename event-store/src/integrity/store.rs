//! Rows, tiles and checkpoints as the database has them.

use deadpool_postgres::{GenericClient, Pool};
use futures_util::{Stream, TryStreamExt};
use tokio_postgres::{Row, RowStream, types::ToSql};
use ulid::Ulid;

use super::{
    Leaf,
    proof::Plan,
    tiles::{Place, Tiles},
};
use crate::{
    ReadError,
    history::{History, STRETCH, Stretch},
    pg::{TenantRead, number, session_client, unsigned, uuid},
};

/// What is signed of a tenant's log.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) size: u64,
    pub(super) note: String,
    pub(super) signed_at: chrono::DateTime<chrono::Utc>,
}

/// Reads a row of `checkpoint.sql`.
pub(super) fn stored(row: &Row) -> Result<Stored, tokio_postgres::Error> {
    Ok(Stored {
        size: unsigned(row.try_get(0)?),
        note: row.try_get(1)?,
        signed_at: row.try_get(2)?,
    })
}

/// Reads rows of `edge.sql` or `tiles.sql`.
pub(super) fn tiles(rows: &[Row]) -> Result<Tiles, tokio_postgres::Error> {
    let mut tiles = Tiles::default();
    for row in rows {
        tiles.insert(place(row)?, row.try_get::<_, &[u8]>(2)?.to_vec());
    }
    Ok(tiles)
}

fn place(row: &Row) -> Result<Place, tokio_postgres::Error> {
    let level: i16 = row.try_get(0)?;
    Ok((u8::try_from(level).unwrap_or(u8::MAX), unsigned(row.try_get(1)?)))
}

/// The levels and places of the tiles that a proof is made of.
pub(super) fn places_of(plan: &Plan) -> (Vec<i16>, Vec<i64>) {
    let mut places: Vec<Place> = plan.iter().flatten().map(|node| node.tile().0).collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|(level, index)| (i16::from(level), number(index))).unzip()
}

/// The rows of a tenant that the table has after a position and up to another,
/// as they come.
pub(super) async fn stream_rows(
    client: &impl GenericClient,
    tenant: Ulid,
    after: u64,
    until: u64,
) -> Result<RowStream, tokio_postgres::Error> {
    let statement = client.prepare_cached(STRETCH).await?;
    let (tenant, after, until, most) = (uuid(tenant), number(after), number(until), i64::MAX);
    let params: [&(dyn ToSql + Sync); 4] = [&tenant, &after, &until, &most];
    client.query_raw(&statement, params).await
}

/// Events that are read at once.
const PAGE: u64 = 2_048;

/// The leaves of a tenant's log up to a position, in order: for whoever wants
/// to make the tree himself. Memory stays bounded while the reader takes its
/// time.
///
/// # Errors
/// When the log cannot be read. The pool's sessions have the role
/// `tenantry_owner`.
pub fn rows(
    pool: &Pool,
    history: &History,
    tenant: Ulid,
    to: u64,
) -> impl Stream<Item = Result<Leaf, ReadError>> + use<> {
    let (pool, history) = (pool.clone(), history.clone());
    let pages = futures_util::stream::try_unfold(0, move |after| {
        let (pool, history) = (pool.clone(), history.clone());
        async move {
            let client = session_client(&pool).await?;
            let stretch = Stretch { tenant, after, until: to, types: None, limit: PAGE };
            let events = history.stretch(&TenantRead { client: &client, tenant }, stretch).await?;
            let Some(last) = events.last() else { return Ok(None) };
            let last = last.position()?;
            let leaves = events.into_iter().map(|event| event.leaf());
            Ok::<_, ReadError>(Some((futures_util::stream::iter(leaves), last)))
        }
    });
    pages.try_flatten()
}
