//! One read-only transaction on a connection of its own.
//!
//! The pool knows nothing of open transactions, so whatever happens to the
//! request, this ends its own: when it is closed or dropped, the ROLLBACK goes
//! out behind whatever was sent before, and ahead of what the connection's next
//! user sends. A statement that nobody waits for any more is stopped first.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use deadpool_postgres::{Object, Pool};
use event_store::pg::{unsigned, uuid};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio_postgres::{
    NoTls, Row, Statement as Prepared,
    types::{ToSql, Type},
};
use ulid::Ulid;

use super::{ReadFault, turns::Turn};
use crate::{
    catalogue::quoted,
    sql::{Param, Statement},
};

/// What the tables of consumers have reached; where another's table stands in for
/// one's, that one; and how many seconds ago the first event was recorded that
/// one of them has not seen. $1 the tenant, $2 the consumers, $3 whether that is
/// asked for
const POSITIONS: &str = "\
    WITH place AS MATERIALIZED ( \
        SELECT head.position AS head, head.erasures AS erased, asked.consumer, \
            checkpoint.position, checkpoint.erasures \
        FROM log.heads AS head \
        LEFT JOIN unnest($2::text[]) AS asked (consumer) ON true \
        LEFT JOIN log.read_tables AS seen ON seen.consumer = asked.consumer \
        LEFT JOIN log.checkpoints AS checkpoint \
            ON checkpoint.tenant_id = head.tenant_id \
            AND checkpoint.consumer = coalesce(seen.shows, asked.consumer) \
        WHERE head.tenant_id = $1 \
    ) \
    SELECT place.head, place.erased, place.consumer, place.position, place.erasures, ( \
        SELECT extract(epoch FROM clock_timestamp() - log.recorded_after($1, seen.oldest))::float8 \
        FROM ( \
            SELECT max(all_of.head), min(coalesce(all_of.position, 0)) \
            FROM place AS all_of WHERE all_of.consumer IS NOT NULL \
        ) AS seen (head, oldest) \
        WHERE $3 AND seen.oldest < seen.head \
    ) \
    FROM place";

/// How far the log goes, and how far read tables follow it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Where the tenant's log ends.
    pub(crate) head: u64,
    /// How many people the tenant has had erased.
    pub(crate) erasures: u64,
    /// The place of each consumer that was asked for.
    pub(crate) consumers: BTreeMap<String, Place>,
    /// How long ago the first event was recorded that one of them has not seen;
    /// zero when they have seen all, or nobody asked.
    pub(crate) age: Duration,
}

/// How far a read table follows the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The position of the last event it has seen.
    pub(crate) position: u64,
    /// How many of the tenant's erasures it has taken in.
    pub(crate) erasures: u64,
}

impl Reached {
    /// The position that all of them have reached.
    pub(crate) fn position(&self) -> Option<u64> {
        self.consumers.values().map(|place| place.position).min()
    }
}

/// A connection, and the right to it, which ends after it was given back.
struct Connection {
    object: Object,
    _turn: Turn,
}

impl std::ops::Deref for Connection {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.object
    }
}

pub(super) struct Transaction {
    client: Mutex<Option<Arc<Connection>>>,
    begun: Shared<BoxFuture<'static, Result<Arc<Reached>, ReadFault>>>,
    running: AtomicUsize,
}

impl Transaction {
    /// Takes a connection and sends all that begins the transaction; whatever
    /// is sent on it from now on is inside.
    pub(super) async fn begin(
        pool: &Pool,
        turn: Turn,
        tenant: Ulid,
        consumers: Vec<String>,
        held: bool,
    ) -> Result<Self, ReadFault> {
        let client = Arc::new(Connection { object: pool.get().await?, _turn: turn });
        // Prepared first, because preparing takes a round trip on a new
        // connection, and no statement may overtake the BEGIN.
        let positions = client.prepare_cached(POSITIONS).await?;
        let first = begin(tenant, if held { &consumers } else { &[] });
        let asked = (tenant, consumers, held);
        let begun = open(client.clone(), first, positions, asked).boxed().shared();
        // Polled as a copy: the answer may be there at once, and is given to
        // each copy only once.
        let mut first = begun.clone();
        // INVARIANT: a statement is sent after the BEGIN and the tenant. A
        // message is sent when its future is first polled, which is here;
        // guarded by the tests of tenants' isolation.
        poll_fn(|context| {
            let _sent = Pin::new(&mut first).poll(context);
            Poll::Ready(())
        })
        .await;
        Ok(Self { client: Mutex::new(Some(client)), begun, running: AtomicUsize::new(0) })
    }

    pub(super) async fn rows(
        &self,
        statement: &Statement,
        prepared: bool,
    ) -> Result<Vec<Row>, ReadFault> {
        let client = self.client()?;
        self.inside(run(&client, statement, prepared)).await
    }

    /// Runs a query whose text is one of a few.
    pub(super) async fn prepared(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ReadFault> {
        let client = self.client()?;
        let run = async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, params).await
        };
        self.inside(run).await
    }

    fn client(&self) -> Result<Arc<Connection>, ReadFault> {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        client.ok_or(ReadFault::Aborted)
    }

    async fn inside(
        &self,
        run: impl Future<Output = Result<Vec<Row>, tokio_postgres::Error>>,
    ) -> Result<Vec<Row>, ReadFault> {
        self.running.fetch_add(1, Ordering::Relaxed);
        let (begun, rows) = tokio::join!(biased; self.begun.clone(), run);
        // Not reached by who gives up: its statement counts as running on.
        self.running.fetch_sub(1, Ordering::Relaxed);
        begun?;
        Ok(rows?)
    }

    pub(super) async fn reached(&self) -> Result<Arc<Reached>, ReadFault> {
        self.begun.clone().await
    }

    /// Ends it, whatever it is doing.
    pub(super) fn close(&self) {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(client) = client else { return };
        if self.running.load(Ordering::Relaxed) == 0 {
            let _sent = client.batch_execute("ROLLBACK").now_or_never();
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(stop(client));
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.close();
    }
}

/// Stops the statement that runs. The connection is kept until the server has
/// been told, so that the next user's statement is not the one that is hit.
async fn stop(client: Arc<Connection>) {
    let _ = client.cancel_token().cancel_query(NoTls).await;
    if client.batch_execute("ROLLBACK").await.is_err() {
        // Nobody knows what state the connection is in: it is closed.
        if let Some(client) = Arc::into_inner(client) {
            drop(Object::take(client.object));
        }
    }
}

/// Begins a transaction. The tables that it will read are held before it takes
/// its snapshot: one that came into place after that would look emptier in it
/// than it is.
fn begin(tenant: Ulid, tables: &[String]) -> String {
    // A UUID has no letter that SQL could take for anything else; as plain text
    // it needs no message of its own. All statements share one snapshot.
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL tenantry.tenant = '{}'",
        uuid(tenant)
    );
    if tables.is_empty() {
        return begin;
    }
    let tables: Vec<String> =
        tables.iter().map(|table| format!("read.{}", quoted(table))).collect();
    format!("{begin}; LOCK TABLE {} IN ACCESS SHARE MODE", tables.join(", "))
}

async fn open(
    client: Arc<Connection>,
    begin: String,
    positions: Prepared,
    (tenant, consumers, with_age): (Ulid, Vec<String>, bool),
) -> Result<Arc<Reached>, ReadFault> {
    let tenant = uuid(tenant);
    let asked: [&(dyn ToSql + Sync); 3] = [&tenant, &consumers, &with_age];
    let (opened, rows) = tokio::join!(
        biased;
        client.batch_execute(&begin),
        client.query(&positions, &asked),
    );
    opened?;
    let rows = rows?;
    let mut reached = Reached::default();
    reached.consumers.extend(consumers.into_iter().map(|consumer| (consumer, Place::default())));
    for row in &rows {
        reached.head = unsigned(row.try_get(0)?);
        reached.erasures = unsigned(row.try_get(1)?);
        let age = row.try_get::<_, Option<f64>>(5)?.unwrap_or(0.0);
        reached.age = Duration::try_from_secs_f64(age).unwrap_or_default();
        let (consumer, position) = (row.try_get(2)?, row.try_get::<_, Option<i64>>(3)?);
        if let (Some(consumer), Some(position)) = (consumer, position) {
            let erasures = unsigned(row.try_get(4)?);
            reached.consumers.insert(consumer, Place { position: unsigned(position), erasures });
        }
    }
    Ok(Arc::new(reached))
}

async fn run(
    client: &Object,
    statement: &Statement,
    prepared: bool,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let Statement { text, params } = statement;
    let types: Vec<Type> = params.iter().map(Param::sql_type).collect();
    if prepared {
        let ready = client.prepare_typed_cached(text, &types).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(Param::as_sql).collect();
        return client.query(&ready, &params).await;
    }
    let params: Vec<(&(dyn ToSql + Sync), Type)> =
        params.iter().map(Param::as_sql).zip(types).collect();
    client.query_typed(text, &params).await
}
