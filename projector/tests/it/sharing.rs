//! Projectors share the tenants by leases.

use std::{sync::Arc, time::Duration};

use domain::kernel::Registry;
use event_store::{
    Wakeups,
    pg::{Leases, Signals, shard, uuid},
};
use projector::{Projector, Settings, Stepped, create_tables, lease_group, rebuild, run};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{
    library::{Library, connect},
    newer::Newer,
};

/// Longer than any test takes: what happens sooner happened for another reason.
const FOR_EVER: Duration = Duration::from_mins(30);

const HELD: &str = "SELECT count(*) FROM log.leases WHERE consumers = 'projectors' AND \
                    process IS NOT NULL AND clock_timestamp() BETWEEN renewed_at AND until";

fn leases(library: &Library, term: Duration) -> Arc<Leases> {
    let pool = library.pool("tenantry_projector");
    Arc::new(Leases::new(pool, "projectors", term, Signals::silent()))
}

fn sharing(library: &Library, leases: &Arc<Leases>) -> Projector {
    library.projector().sharing(leases.clone())
}

/// As if the holder had not been heard of for longer than its leases last.
async fn lapse(library: &Library) {
    let sql = "UPDATE log.leases SET renewed_at = renewed_at - interval '1 day', \
               until = until - interval '1 day' WHERE process IS NOT NULL; \
               UPDATE log.lease_holders SET until = renewed_at";
    library.admin.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn the_database_and_the_program_mean_the_same_shards() {
    let library = Library::open().await;
    for tenant in (0..200).map(|_| Ulid::generate()).chain([Ulid(0), Ulid(u128::MAX)]) {
        let found = library.rows("SELECT log.shard($1)", &[&uuid(tenant)]).await;
        assert_eq!(found[0].get::<_, i16>(0), shard(tenant));
    }
    library.close().await;
}

#[tokio::test]
async fn projectors_divide_the_shards_evenly_and_leave_none_behind() {
    let library = Library::open().await;
    let all = [(); 3].map(|()| leases(&library, FOR_EVER));
    let held = || all.iter().map(|one| one.held().len()).collect::<Vec<_>>();
    let [first, second, third] = &all;
    first.tend().await.unwrap();
    assert_eq!(held(), [64, 0, 0]);
    // Nothing is to be had until somebody gives it back.
    second.tend().await.unwrap();
    assert_eq!(held(), [64, 0, 0]);
    for one in [first, second, third, first, second, third] {
        one.tend().await.unwrap();
    }
    // Whose id comes first has one more.
    let mut parts = held();
    parts.sort_unstable();
    assert_eq!(parts, [21, 21, 22]);
    second.leave().await.unwrap();
    for one in [first, third] {
        one.tend().await.unwrap();
    }
    assert_eq!(held(), [32, 0, 32]);
    // Fences only grow, with every change of hands.
    let most = "SELECT max(fence) FROM log.leases WHERE consumers = 'projectors'";
    assert!(library.number(most).await >= 2);
    assert_eq!(library.number(HELD).await, 64);
    library.close().await;
}

#[tokio::test]
async fn a_projector_folds_the_tenants_it_has_and_no_others() {
    let library = Library::open().await;
    let mut tenants = vec![];
    for _ in 0..12 {
        let tenant = library.tenant().await;
        tenant.busy(1).await;
        tenants.push(tenant);
    }
    let (one, other) = (leases(&library, FOR_EVER), leases(&library, FOR_EVER));
    for leases in [&one, &other, &one, &other] {
        leases.tend().await.unwrap();
    }
    let mine: Vec<bool> = tenants.iter().map(|tenant| one.held().holds(tenant.id)).collect();
    sharing(&library, &one).step_until_idle().await.unwrap();
    for (tenant, is_mine) in tenants.iter().zip(&mine) {
        assert_eq!(tenant.checkpoint("shelf_v1").await, if *is_mine { 5 } else { 0 });
        assert_ne!(other.held().holds(tenant.id), *is_mine);
    }
    sharing(&library, &other).step_until_idle().await.unwrap();
    assert_eq!(library.late("shelf_v1").await, 0);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_projector_that_was_paused_writes_nothing() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(1).await;
    let (paused, other) = (leases(&library, FOR_EVER), leases(&library, FOR_EVER));
    paused.tend().await.unwrap();
    let (mut asleep, mut awake) = (sharing(&library, &paused), sharing(&library, &other));
    assert_eq!(asleep.step().await.unwrap().moved, 2);
    let rows = library.table("shelf_v1").await;

    // Its time is over, though nobody has taken its place yet. It has heard of
    // an event that it cannot fold, and of a tenant that is new.
    tenant.busy(1).await;
    tenant.lend(domain::kernel::Id::new(Ulid::generate())).await;
    let new = library.tenant().await;
    new.busy(1).await;
    lapse(&library).await;
    let woken = asleep.step().await.unwrap();
    assert_eq!(woken, Stepped { lost: 2, ..Stepped::default() });
    assert_eq!((tenant.checkpoint("shelf_v1").await, library.table("shelf_v1").await), (5, rows));
    let places = "SELECT count(*) FROM log.checkpoints WHERE updated_at > now() + interval '1 h'";
    assert_eq!(library.number(places).await, 0);
    assert_eq!(new.checkpoint("shelf_v1").await, 0);

    // Somebody has. What it still believes does not matter.
    other.tend().await.unwrap();
    assert_eq!((paused.held().len(), other.held().len()), (64, 64));
    awake.step_until_idle().await.unwrap();
    tenant.busy(1).await;
    assert_eq!(asleep.step().await.unwrap().moved, 0);
    awake.step_until_idle().await.unwrap();
    assert_eq!(library.late("on_loan_v1").await, 0);
    // It learns of it.
    paused.tend().await.unwrap();
    assert!(paused.held().is_empty());
    assert_eq!(asleep.step().await.unwrap(), Stepped::default());
    library.close().await;
}

#[tokio::test]
async fn nobody_takes_what_is_being_written() {
    let library = Library::open().await;
    let (writing, taking) = (leases(&library, FOR_EVER), leases(&library, FOR_EVER));
    writing.tend().await.unwrap();
    let held = writing.held();
    let fence = writing.fence(&held);
    let mut writer = connect(&library.config).await;
    writer.batch_execute("SET ROLE tenantry_projector").await.unwrap();
    let transaction = writer.transaction().await.unwrap();
    let five =
        "SELECT count(*) FROM log.fenced($1, $2, ($3::smallint[])[1:5], ($4::bigint[])[1:5])";
    let held_by_it: i64 = transaction.query_one(five, &fence.params()).await.unwrap().get(0);
    assert_eq!(held_by_it, 5);
    // Prolonged all the same.
    writing.tend().await.unwrap();
    assert_eq!(writing.held(), held);
    lapse(&library).await;
    taking.tend().await.unwrap();
    assert_eq!(taking.held().shards(), (5..64).collect::<Vec<_>>());
    transaction.commit().await.unwrap();
    taking.tend().await.unwrap();
    assert_eq!(taking.held().len(), 64);
    // With the old fences, or as somebody else, there is nothing to be had.
    let all = "SELECT count(*) FROM log.fenced($1, $2, $3, $4)";
    let strange =
        "SELECT count(*) FROM log.fenced($1, gen_random_uuid(), $3, $4) WHERE $2::uuid IS NOT NULL";
    let new = taking.fence(&taking.held());
    for (sql, fence, expected) in [(all, &fence, 0), (strange, &new, 0), (all, &new, 64)] {
        let found: i64 = writer.query_one(sql, &fence.params()).await.unwrap().get(0);
        assert_eq!(found, expected, "{sql}");
    }
    library.close().await;
}

/// A projector that runs, with leases that hear of others.
struct Running {
    leases: Arc<Leases>,
    shutdown: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(library: &Library, term: Duration, ear: &CancellationToken) -> Self {
        let signals = Signals::start(library.config.clone(), Duration::from_millis(1), ear.clone());
        let pool = library.pool("tenantry_projector");
        let leases = Arc::new(Leases::new(pool, "projectors", term, signals));
        let projector = library.projector_with(Settings::default()).sharing(leases.clone());
        let shutdown = CancellationToken::new();
        let wakeups = Wakeups::new(Duration::from_millis(20));
        let task = tokio::spawn(run(projector, wakeups.subscribe(), shutdown.clone()));
        Self { leases, shutdown, task }
    }

    async fn has(&self, shards: usize) {
        let mut changes = self.leases.changes();
        let waiting = changes.wait_for(|held| held.len() == shards);
        let waited = tokio::time::timeout(Duration::from_mins(1), waiting).await.is_ok();
        assert!(waited, "has {:?}", self.leases.held());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_gets_a_part_at_once_and_who_goes_hands_over_at_once() {
    let library = Library::open().await;
    let ear = CancellationToken::new();
    let one = Running::start(&library, FOR_EVER, &ear);
    one.has(64).await;
    // Both listen before the other comes: what is told earlier is not heard.
    library
        .eventually(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND query = 'SELECT pg_notify($1, $2)'",
            1,
        )
        .await;
    let other = Running::start(&library, FOR_EVER, &ear);
    one.has(32).await;
    library
        .eventually(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND query = 'SELECT pg_notify($1, $2)'",
            2,
        )
        .await;
    // Given back before it could hear of it, or after.
    other.leases.tend().await.unwrap();
    other.has(32).await;
    for _ in 0..10 {
        library.tenant().await.busy(1).await;
    }
    library.eventually(&Library::late_in("shelf_v1"), 0).await;

    one.shutdown.cancel();
    one.task.await.unwrap();
    other.has(64).await;
    for _ in 0..10 {
        library.tenant().await.busy(1).await;
    }
    library.eventually(&Library::late_in("shelf_v1"), 0).await;
    other.shutdown.cancel();
    other.task.await.unwrap();
    assert_eq!(library.number(HELD).await, 0);
    ear.cancel();
    library.verified().await;
    library.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_falls_silent_is_replaced() {
    let library = Library::open().await;
    let ear = CancellationToken::new();
    let term = Duration::from_millis(300);
    let silent = Running::start(&library, term, &ear);
    silent.has(64).await;
    let other = Running::start(&library, term, &ear);
    other.has(32).await;
    // Its work and its leases end in the middle of whatever they do.
    silent.task.abort();
    let _ = silent.task.await;
    other.has(64).await;
    library.tenant().await.busy(1).await;
    library.eventually(&Library::late_in("shelf_v1"), 0).await;
    other.shutdown.cancel();
    other.task.await.unwrap();
    ear.cancel();
    library.close().await;
}

#[tokio::test]
async fn programs_of_two_versions_serve_all_tenants_each() {
    let library = Library::open().await;
    let mut tenants = vec![];
    for _ in 0..8 {
        let tenant = library.tenant().await;
        tenant.busy(1).await;
        tenants.push(tenant);
    }
    library.projector().step_until_idle().await.unwrap();
    let newer = Arc::new(Registry::of::<Newer>().unwrap());
    let mut client = connect(&library.config).await;
    create_tables(&mut client, &newer).await.unwrap();
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &newer, &library.ring, "shelf", |_| {}).await.unwrap();
    let programs = [&library.registry, &newer].map(|registry| {
        let group: &'static str = lease_group(registry).leak();
        let pool = library.pool("tenantry_projector");
        let leases = Arc::new(Leases::new(pool, group, FOR_EVER, Signals::silent()));
        (library.projector_of(registry).sharing(leases.clone()), leases)
    });
    for tenant in &tenants {
        tenant.busy(1).await;
    }
    for (mut projector, leases) in programs {
        leases.tend().await.unwrap();
        assert_eq!(leases.held().len(), 64);
        projector.step_until_idle().await.unwrap();
    }
    for table in ["shelf_v1", "shelf_v2", "on_loan_v1"] {
        assert_eq!(library.late(table).await, 0, "{table}");
    }
    library.close().await;
}
