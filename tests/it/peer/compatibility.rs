//! The same commands, one after the other, on both stores: the same outcomes,
//! events, versions and states. Then the peer's tables are imported, and what
//! comes of it is our log, event for event.

use std::collections::HashMap;

use cqrs_es::{AggregateContext, AggregateError, EventStore, persist::PersistedEventStore};
use domain::{
    billing::Customer,
    kernel::{
        Aggregate, Timestamp,
        testing::{text, toy},
    },
};
use event_store::import::{Import, OrderRule, Rules, TenantRule, import};
use postgres_es::PostgresEventRepository;
use serde_json::json;
use ulid::Ulid;

use super::{
    Asked, Chance, Held, OurStore, Peer, PeerEvent, PeerStore, registry,
    tally::{Add, Tally, TallyCommand, TallyEvent},
};

/// Both sides, and what has been asked of them.
struct Pair {
    peer: PeerStore,
    ours: OurStore,
    tenant: Ulid,
    asked: u32,
}

impl Pair {
    async fn new() -> Self {
        let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
        let tenant = ours.database.tenant().await.unwrap();
        Self { peer, ours, tenant, asked: 0 }
    }

    /// Gives both a command, and compares what becomes of it.
    async fn give<A: Aggregate>(&mut self, id: Ulid, command: A::Command) -> Result<(), String> {
        self.asked += 1;
        let now = Timestamp::from_micros(1_768_467_600_000_000 + i64::from(self.asked) * 1_000_003);
        let asked = Asked::<A> { tenant: self.tenant, id, command, now };
        let (theirs, ours) = (self.peer.give(&asked).await, self.ours.give(&asked).await);
        assert_eq!(theirs, ours, "{asked:?}", asked = asked.command);
        ours
    }

    /// Compares state and version.
    async fn same<A: Aggregate>(&self, id: Ulid) {
        let store = PersistedEventStore::<PostgresEventRepository, Peer<A>>::new_event_store(
            PostgresEventRepository::new(self.peer.pool.clone()),
        );
        let mut context = store.load_aggregate(&id.to_string()).await.unwrap();
        let events = store.load_events(&id.to_string()).await.unwrap();
        let theirs = Held {
            state: std::mem::take(&mut context.aggregate().0),
            version: events.last().map_or(0, |event| event.sequence as u64),
        };
        assert_eq!(theirs, self.ours.held::<A>(self.tenant, id).await);
        let mine = self.ours.events(self.tenant).await;
        let mine: Vec<_> = mine.into_iter().filter(|seen| seen.stream == id.to_string()).collect();
        assert_eq!(events.len(), mine.len());
        for (theirs, ours) in events.iter().zip(mine) {
            assert_eq!(theirs.sequence as u64, ours.version);
            let fields = serde_json::to_value(&theirs.payload).unwrap();
            assert_eq!(fields.as_object().unwrap().values().next(), Some(&ours.fields));
        }
    }
}

fn ids(count: u128) -> Vec<Ulid> {
    (1..=count).map(|number| Ulid((0x0190_b0c2 << 96) | number)).collect()
}

async fn books(pair: &mut Pair, ids: &[Ulid]) {
    let mut chance = Chance(1);
    for _ in 0..60 {
        let place = chance.of(&[0, 1, 2, 3]);
        let isbn = |suffix: &str| text(&format!("978-{place}{suffix}"));
        let acquire = |suffix| {
            toy::BookCommand::Acquire(toy::Acquire { isbn: isbn(suffix), title: text("T") })
        };
        let id = ids[place];
        let known = pair.ours.held::<toy::Book>(pair.tenant, id).await.version > 0;
        let command = match chance.of(&[0, 1, 2, 3]) {
            0 | 1 => acquire(""),
            2 => acquire("-other"),
            _ if known => toy::BookCommand::Withdraw(toy::Withdraw {}),
            _ => acquire(""),
        };
        let _ = pair.give::<toy::Book>(id, command).await;
    }
}

async fn tallies(pair: &mut Pair, ids: &[Ulid]) {
    let mut chance = Chance(2);
    let mut refused = 0;
    for _ in 0..80 {
        let place = chance.of(&[0, 1, 2]);
        let count = chance.of(&[0, 1, 2, 5, -1, -4]);
        let add = TallyCommand::Add(Add { count });
        refused += u32::from(pair.give::<Tally>(ids[place], add).await.is_err());
    }
    assert!(refused > 0);
}

async fn customers(pair: &mut Pair, id: Ulid) {
    let commands = [
        json!({ "open": {
            "name": "Naledi", "email": "naledi@example.org", "currency": "ZAR",
            "payment_terms_days": 30,
        } }),
        json!({ "rename": { "name": "Naledi M." } }),
        json!({ "rename": { "name": "Naledi M." } }),
        json!({ "replace-email": { "email": "n@example.org" } }),
        json!({ "agree-terms": { "payment_terms_days": 14 } }),
        json!({ "close": { "reason": "moved" } }),
        json!({ "rename": { "name": "too late" } }),
    ];
    for command in commands {
        let _ = pair.give::<Customer>(id, serde_json::from_value(command).unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stores_do_the_same_and_one_becomes_the_other() {
    let mut pair = Pair::new().await;
    let ids = ids(8);
    books(&mut pair, &ids[..4]).await;
    tallies(&mut pair, &ids[4..7]).await;
    customers(&mut pair, ids[7]).await;
    for id in &ids[..4] {
        pair.same::<toy::Book>(*id).await;
    }
    for id in &ids[4..7] {
        pair.same::<Tally>(*id).await;
    }
    pair.same::<Customer>(ids[7]).await;

    let moved = OurStore::new().await;
    let rules = Rules {
        tenant: Some(TenantRule::Metadata("tenant".to_owned())),
        order: Some(OrderRule::Metadata("time".to_owned())),
        actor: Some("user".to_owned()),
        ..Rules::default()
    };
    let wanted = Import { rules, create_tenants: true, ..Import::default() };
    let mut source = pair.peer.database.owner().await.unwrap();
    let mut target = moved.database.owner().await.unwrap();
    let report = import(&mut source, &mut target, &moved.keys(), &registry(), &wanted, &|_| ())
        .await
        .unwrap();
    let direct = pair.ours.events(pair.tenant).await;
    assert_eq!(report.imported, direct.len() as u64);
    // In the order of the commands, over all streams.
    assert_eq!(moved.events(pair.tenant).await, direct);

    // And life goes on: what was claimed is claimed, what was decided holds.
    let next = |command| Asked::<toy::Book> {
        tenant: pair.tenant,
        id: ids[0],
        command,
        now: Timestamp::from_micros(1_800_000_000_000_000),
    };
    let again = next(toy::BookCommand::Withdraw(toy::Withdraw {}));
    assert_eq!(moved.give(&again).await, pair.ours.give(&again).await);
    assert_eq!(moved.events(pair.tenant).await, pair.ours.events(pair.tenant).await);
    // Each hides personal values with a key of its own.
    let claims = "SELECT scope, CASE scope WHEN 'customer.email' THEN '' ELSE key END, stream_id
         FROM log.claims ORDER BY 1, 2, 3";
    let claimed = async |store: &OurStore| {
        let owner = store.database.owner().await.unwrap();
        let rows = owner.query(claims, &[]).await.unwrap();
        rows.iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect::<Vec<(String, String, uuid::Uuid)>>()
    };
    assert_eq!(claimed(&moved).await, claimed(&pair.ours).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_second_is_told_by_both() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let tenant = ours.database.tenant().await.unwrap();
    let id = Ulid::generate();
    let store = PersistedEventStore::<PostgresEventRepository, Peer<Tally>>::new_event_store(
        PostgresEventRepository::new(peer.pool.clone()),
    );
    let event = || vec![PeerEvent(TallyEvent::Added { count: 1, before: 0 })];
    let first = store.load_aggregate(&id.to_string()).await.unwrap();
    let second = store.load_aggregate(&id.to_string()).await.unwrap();
    store.commit(event(), first, HashMap::default()).await.unwrap();
    let lost = store.commit(event(), second, HashMap::default()).await;
    assert!(matches!(lost, Err(AggregateError::AggregateConflict)));

    // Ours is run again on what the other has left behind.
    let add = |count| Asked::<Tally> {
        tenant,
        id,
        command: TallyCommand::Add(Add { count }),
        now: Timestamp::from_micros(1),
    };
    let (one, other) = (add(1), add(2));
    let (one, other) = tokio::join!(ours.give(&one), ours.give(&other));
    assert_eq!((one, other), (Ok(()), Ok(())));
    assert_eq!(
        ours.held::<Tally>(tenant, id).await,
        Held { state: Tally { total: 3 }, version: 2 }
    );
}
