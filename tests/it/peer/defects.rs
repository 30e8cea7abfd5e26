//! Known defects of cqrs-es 0.5 and postgres-es 0.5, each shown, and shown not
//! to be ours.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use cqrs_es::{
    AggregateContext, EventEnvelope, EventStore, Query,
    persist::{PersistedEventRepository, PersistedEventStore, QueryReplay},
};
use domain::kernel::{Actor, EventCodec, Kind, Timestamp};
use event_store::{Append, CommandRecord, Log, ReadError};
use postgres_es::{PostgresEventRepository, postgres_snapshot_cqrs};
use ulid::Ulid;

use super::{
    Asked, Held, OurStore, Peer, PeerStore,
    tally::{Add, Tally, TallyCommand, TallyEvent},
};

fn add(tenant: Ulid, id: Ulid, count: i64) -> Asked<Tally> {
    let command = TallyCommand::Add(Add { count });
    Asked { tenant, id, command, now: Timestamp::from_micros(1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_the_peer_has_events_in_it_twice() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let (tenant, id) = (ours.database.tenant().await.unwrap(), Ulid::generate());
    let cqrs = postgres_snapshot_cqrs::<Peer<Tally>>(peer.pool.clone(), vec![], 2, ());
    for _ in 0..6 {
        let asked = add(tenant, id, 1);
        cqrs.execute(&id.to_string(), (asked.command.clone(), asked.facts())).await.unwrap();
        ours.give(&asked).await.unwrap();
    }
    let repository = PostgresEventRepository::new(peer.pool.clone());
    let store = PersistedEventStore::<_, Peer<Tally>>::new_snapshot_store(repository, 2);
    let theirs = store.load_aggregate(&id.to_string()).await.unwrap().aggregate().0.total;
    assert!(theirs > 6, "the peer counts {theirs}: the defect is gone");
    assert_eq!(
        ours.held::<Tally>(tenant, id).await,
        Held { state: Tally { total: 6 }, version: 6 }
    );
    // Not even the decisions saw anything else.
    let before: Vec<_> =
        ours.events(tenant).await.iter().map(|seen| seen.fields["before"].as_i64()).collect();
    assert_eq!(before, (0..6).map(Some).collect::<Vec<_>>());
}

/// Counts what it is shown.
#[derive(Clone, Default)]
struct Shown(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl Query<Peer<Tally>> for Shown {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Peer<Tally>>]) {
        self.0.fetch_add(events.len(), Ordering::SeqCst);
    }
}

/// Lets the third event of every stream be unreadable.
fn torn(table: &str, version: &str) -> String {
    let bare = table.rsplit('.').next().unwrap();
    format!(
        "ALTER TABLE {table} RENAME TO whole;
         DO $$ BEGIN EXECUTE (
             SELECT 'CREATE VIEW {table} AS SELECT ' || string_agg(
                 CASE attname WHEN '{version}'
                     THEN '{version} / CASE {version} WHEN 3 THEN 0 ELSE 1 END AS {version}'
                     ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
                 || ' FROM ' || attrelid::regclass
             FROM pg_attribute
             WHERE attrelid = to_regclass(replace('{table}', '{bare}', 'whole'))
                 AND attnum > 0 AND NOT attisdropped
             GROUP BY attrelid
         ); END $$;
         GRANT SELECT ON {table} TO PUBLIC"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_the_peer_that_breaks_off_counts_as_done() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let (tenant, id) = (ours.database.tenant().await.unwrap(), Ulid::generate());
    for _ in 0..4 {
        let asked = add(tenant, id, 1);
        peer.give(&asked).await.unwrap();
        ours.give(&asked).await.unwrap();
    }
    peer.run(&torn("public.events", "sequence")).await;
    let shown = Shown::default();
    let repository = PostgresEventRepository::new(peer.pool.clone());
    let replay = QueryReplay::new(repository, shown.clone());
    assert!(replay.replay(&id.to_string()).await.is_ok(), "the defect is gone");
    assert!(shown.0.load(Ordering::SeqCst) < 4);

    let owner = ours.database.owner().await.unwrap();
    owner.batch_execute(&torn("log.events", "version")).await.unwrap();
    let read = ours.log.read_stream(tenant, id, 0, 100).await;
    assert!(
        matches!(&read, Err(ReadError::Fault(why)) if why.contains("division by zero")),
        "{read:?}"
    );
    let read = ours.log.read_tenant(tenant, 0, 100).await;
    assert!(matches!(read, Err(ReadError::Fault(_))), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peer_writes_its_sequence_into_32_bits() {
    const LAST: i64 = i32::MAX as i64;
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let (tenant, id) = (ours.database.tenant().await.unwrap(), Ulid::generate());
    let asked = add(tenant, id, 1);
    peer.run("ALTER TABLE events DROP CONSTRAINT events_sequence_check").await;
    peer.give(&asked).await.unwrap();
    peer.run(&format!("UPDATE events SET sequence = {LAST}")).await;
    peer.give(&asked).await.unwrap();
    let owner = peer.database.owner().await.unwrap();
    let lowest: i64 =
        owner.query_one("SELECT min(sequence) FROM events", &[]).await.unwrap().get(0);
    assert_eq!(lowest, i64::from(i32::MIN), "the defect is gone");

    ours.give(&asked).await.unwrap();
    let owner = ours.database.owner().await.unwrap();
    owner.execute("UPDATE log.events SET version = $1", &[&LAST]).await.unwrap();
    // By whoever need not read what would come before.
    let command = CommandRecord::new(Ulid::generate(), Actor::system("test"), asked.now);
    let event = EventCodec::<Tally>::new().encode(&TallyEvent::Added { count: 1, before: 1 });
    let append = Append {
        expected: LAST.unsigned_abs(),
        events: vec![event.unwrap().into()],
        ..Append::of(tenant, Tally::TYPE, id, command)
    };
    ours.log.append(append).await.unwrap();
    assert_eq!(ours.log.head(tenant).await.unwrap(), 2);
    let sql = "SELECT max(version), count(*) FROM log.events";
    let row = owner.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (LAST + 1, 2_i64));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_peer_streams_all_events_by_their_place_in_the_stream() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let tenant = ours.database.tenant().await.unwrap();
    let (one, other) = (Ulid(1 << 80), Ulid(2 << 80));
    let happened = [one, one, one, other, one, other];
    for id in happened {
        let asked = add(tenant, id, 1);
        peer.give(&asked).await.unwrap();
        ours.give(&asked).await.unwrap();
    }
    let repository = PostgresEventRepository::new(peer.pool.clone());
    let mut stream = repository.stream_all_events::<Peer<Tally>>().await.unwrap();
    let mut theirs = vec![];
    while let Some(event) = stream.next::<Peer<Tally>>(&[]).await {
        theirs.push(event.unwrap().aggregate_id);
    }
    let happened: Vec<String> = happened.iter().map(ToString::to_string).collect();
    assert_ne!(theirs, happened, "the defect is gone");
    let ours: Vec<String> = ours.events(tenant).await.into_iter().map(|seen| seen.stream).collect();
    assert_eq!(ours, happened);
}
