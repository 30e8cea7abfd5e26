//! Several versions of a read model beside each other, in several programs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::kernel::{Registry, Text, testing::toy::BookEvent};
use event_store::{Wakeups, pg::uuid};
use projector::{
    RebuildError, Scope, TableState, VersionError, create_tables, drop_versions, projections,
    rebuild, roll_back, roll_forward, run, verify,
};
use tokio_postgres::{Client, error::SqlState};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{
    library::{Library, connect},
    newer::Newer,
};

/// A session of readers.
async fn reader(library: &Library) -> Client {
    let client = connect(&library.config).await;
    client.batch_execute("SET ROLE tenantry_query").await.unwrap();
    client
}

/// What another program declares.
pub(crate) async fn declared<D: domain::kernel::Domain>(library: &Library) -> Arc<Registry> {
    let registry = Arc::new(Registry::of::<D>().unwrap());
    let mut client = connect(&library.config).await;
    assert!(create_tables(&mut client, &registry).await.unwrap().is_empty());
    registry
}

pub(crate) async fn owner(library: &Library) -> Client {
    let client = connect(&library.config).await;
    client.batch_execute("SET ROLE tenantry_owner").await.unwrap();
    client
}

pub(crate) async fn verified(library: &Library, registry: &Arc<Registry>) {
    let pool = library.pool("tenantry_owner");
    let verified = verify(&pool, registry, &library.ring, &Scope::default(), |_| {}).await.unwrap();
    let told: Vec<_> = verified.differences.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{told:#?}");
}

pub(crate) async fn built(library: &Library, registry: &Arc<Registry>) {
    let pool = library.pool("tenantry_owner");
    rebuild(&pool, registry, &library.ring, "shelf", |_| {}).await.unwrap();
}

/// How often every book was lent, as readers of a version see it.
pub(crate) async fn seen(library: &Library, version: u32) -> Vec<i64> {
    let sql = format!("SELECT times_lent FROM read.shelf_v{version} ORDER BY book");
    library.rows(&sql, &[]).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_new_version_is_read_from_the_one_before_until_it_is_built() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(3).await;
    let mut old = library.projector();
    old.step_until_idle().await.unwrap();
    let newer = declared::<Newer>(&library).await;
    // Twice: it is known by now.
    declared::<Newer>(&library).await;
    let mut new = library.projector_of(&newer);
    new.step_until_idle().await.unwrap();
    assert_eq!(tenant.checkpoint("shelf_v2").await, 0);

    let reader = reader(&library).await;
    let enter = format!("SET tenantry.tenant = '{}'", uuid(tenant.id));
    reader.batch_execute(&enter).await.unwrap();
    let known = "SELECT count(*), sum(times_lent)::bigint, min(place) FROM read.shelf_v2";
    let row = reader.query_one(known, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), (3_i64, 6_i64, "nowhere"));
    let unknown = "SELECT in_time FROM read.shelf_v2";
    let error = reader.query(unknown, &[]).await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!(error.code(), &SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE);
    assert_eq!(error.message(), "in_time of version 2 of shelf is not built yet");
    // Another tenant's rows are as far away as ever.
    let nobody = format!("SET tenantry.tenant = '{}'", uuid(Ulid::generate()));
    reader.batch_execute(&nobody).await.unwrap();
    assert_eq!(reader.query_one(known, &[]).await.unwrap().get::<_, i64>(0), 0);
    reader.batch_execute(&enter).await.unwrap();

    // The old program goes on meanwhile, and afterwards.
    tenant.busy(1).await;
    old.step_until_idle().await.unwrap();
    assert_eq!(reader.query_one(known, &[]).await.unwrap().get::<_, i64>(0), 4);
    built(&library, &newer).await;
    assert_eq!(reader.query(unknown, &[]).await.unwrap().len(), 4);
    tenant.busy(1).await;
    old.step_until_idle().await.unwrap();
    assert_eq!((seen(&library, 1).await.len(), seen(&library, 2).await.len()), (5, 4));
    new.step_until_idle().await.unwrap();
    assert_eq!(seen(&library, 2).await, [2; 5]);
    verified(&library, &library.registry).await;
    verified(&library, &newer).await;
    library.close().await;
}

#[tokio::test]
async fn a_version_that_cannot_take_what_the_one_before_took_is_not_shown() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    let book = tenant.acquire().await;
    let withdrawn = BookEvent::Withdrawn { isbn: Text::of(book) };
    tenant.write(book, &withdrawn).await;
    tenant.lend(book).await;
    library.projector().step_until_idle().await.unwrap();
    let newer = declared::<Newer>(&library).await;
    let pool = library.pool("tenantry_owner");
    let error = rebuild(&pool, &newer, &library.ring, "shelf", |_| {}).await.unwrap_err();
    assert!(matches!(error, RebuildError::Stuck { position: 13, .. }), "{error}");
    assert_eq!(seen(&library, 2).await.len(), 3);
    assert_eq!(tenant.checkpoint("shelf_v2").await, 0);
    library.close().await;
}

#[tokio::test]
async fn a_new_read_model_is_not_read_until_it_is_built() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    library
        .admin
        .batch_execute("DROP TABLE read.shelf_v1; DELETE FROM log.read_tables")
        .await
        .unwrap();
    let registry = library.registry.clone();
    let mut client = connect(&library.config).await;
    assert!(create_tables(&mut client, &registry).await.unwrap().is_empty());
    let reader = reader(&library).await;
    let asked = "SELECT count(*) FROM read.shelf_v1 WHERE tenant_id = $1";
    let error = reader.query(asked, &[&uuid(tenant.id)]).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE));
    library.projector().step_until_idle().await.unwrap();
    built(&library, &registry).await;
    library.projector().step_until_idle().await.unwrap();
    assert_eq!(seen(&library, 1).await, [2; 2]);
    library.verified().await;
    library.close().await;
}

/// What a reader sees of a tenant in one moment: rows, and how many there should
/// be where the positions say they are.
const MOMENT: &str = "
    SELECT
        (SELECT count(*) FROM read.shelf_v2),
        (
            SELECT count(*) FROM log.events AS e
            WHERE e.tenant_id = c.tenant_id AND e.position <= c.position
                AND e.type = 'book.acquired'
        ),
        c.position
    FROM log.read_tables AS t
    JOIN log.checkpoints AS c ON c.consumer = t.shows
    WHERE t.consumer = 'shelf_v2' AND c.tenant_id = log.current_tenant()";

/// Reads a version over and over, as queries do.
async fn watch(mut reader: Client, tenant: Ulid, over: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    let mut before: (i64, i64) = (0, 0);
    while !over.load(Ordering::SeqCst) {
        let transaction = reader
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await
            .unwrap();
        let held = format!(
            "SET LOCAL tenantry.tenant = '{}'; LOCK TABLE read.shelf_v2 IN ACCESS SHARE MODE",
            uuid(tenant)
        );
        transaction.batch_execute(&held).await.unwrap();
        let row = transaction.query_one(MOMENT, &[]).await.unwrap();
        let (rows, expected, position) = (row.get(0), row.get::<_, i64>(1), row.get(2));
        assert_eq!(rows, expected, "at {position}");
        assert!((rows, position) >= before, "{rows} rows at {position}, after {before:?}");
        before = (rows, position);
        looks += 1;
        transaction.commit().await.unwrap();
    }
    looks
}

/// Projectors of two programs, and what ends them.
struct Running {
    shutdown: CancellationToken,
    projectors: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    fn start(library: &Library, registries: &[&Arc<Registry>]) -> Self {
        let shutdown = CancellationToken::new();
        let start = |registry: &&Arc<Registry>| {
            let wakeups = Wakeups::new(Duration::from_millis(2));
            let projector = library.projector_of(registry);
            tokio::spawn(run(projector, wakeups.subscribe(), shutdown.clone()))
        };
        let projectors = registries.iter().map(start).collect();
        Self { shutdown, projectors }
    }

    async fn end(self) {
        self.shutdown.cancel();
        for projector in self.projectors {
            projector.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_sees_a_moment_without_rows_while_versions_change() {
    let library = Library::open().await;
    let tenants = [library.tenant().await, library.tenant().await];
    for tenant in &tenants {
        tenant.busy(20).await;
    }
    library.projector().step_until_idle().await.unwrap();
    let newer = declared::<Newer>(&library).await;
    let running = Running::start(&library, &[&library.registry, &newer]);
    let over = Arc::new(AtomicBool::new(false));
    let mut watching = vec![];
    for tenant in &tenants {
        let reader = reader(&library).await;
        watching.push(tokio::spawn(watch(reader, tenant.id, over.clone())));
    }
    let changing = async {
        let mut owner = owner(&library).await;
        built(&library, &newer).await;
        for _ in 0..3 {
            let back = roll_back(&mut owner, "shelf", false).await.unwrap();
            assert_eq!((back.from, back.to), (2, 1));
            let forward = roll_forward(&mut owner, "shelf", false).await.unwrap();
            assert_eq!((forward.from, forward.to), (1, 2));
            built(&library, &newer).await;
        }
        over.store(true, Ordering::SeqCst);
    };
    let writing = async {
        while !over.load(Ordering::SeqCst) {
            for tenant in &tenants {
                tenant.busy(1).await;
            }
        }
    };
    tokio::join!(changing, writing);
    for watching in watching {
        assert!(watching.await.unwrap() > 0);
    }
    for table in ["shelf_v1", "shelf_v2"] {
        library.eventually(&Library::late_in(table), 0).await;
    }
    running.end().await;
    verified(&library, &newer).await;
    verified(&library, &library.registry).await;
    library.close().await;
}

#[tokio::test]
async fn one_goes_back_and_forth_and_drops_what_is_not_needed() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    library.projector().step_until_idle().await.unwrap();
    let mut owner = owner(&library).await;
    let none = roll_back(&mut owner, "shelf", false).await.unwrap_err();
    assert!(matches!(none, VersionError::NoEarlier { version: 1, .. }), "{none}");
    let none = roll_forward(&mut owner, "shelf", false).await.unwrap_err();
    assert!(matches!(none, VersionError::NoLater(_)), "{none}");
    let none = roll_back(&mut owner, "shelves", false).await.unwrap_err();
    assert_eq!(none.to_string(), "there is no read model shelves in this database");

    let newer = declared::<Newer>(&library).await;
    built(&library, &newer).await;
    let mut new = library.projector_of(&newer);
    roll_back(&mut owner, "shelf", false).await.unwrap();
    // Both are kept up to date by one who knows both.
    tenant.busy(1).await;
    new.step_until_idle().await.unwrap();
    assert_eq!((seen(&library, 1).await.len(), seen(&library, 2).await.len()), (3, 3));
    let aside = "SELECT count(*) FROM read.shelf_v2_aside";
    assert_eq!(library.number(aside).await, 3);
    verified(&library, &newer).await;
    // What was put aside can be filled anew, too.
    library.admin.batch_execute("DELETE FROM read.shelf_v2_aside").await.unwrap();
    built(&library, &newer).await;
    assert_eq!(library.number(aside).await, 3);
    roll_forward(&mut owner, "shelf", false).await.unwrap();
    tenant.busy(1).await;
    new.step_until_idle().await.unwrap();
    assert_eq!(seen(&library, 2).await, [2; 4]);

    let used = drop_versions(&mut owner, "shelf", Some(2)).await.unwrap_err();
    assert!(matches!(used, VersionError::InUse { version: 2, .. }), "{used}");
    let unknown = drop_versions(&mut owner, "shelf", Some(7)).await.unwrap_err();
    assert_eq!(unknown.to_string(), "shelf has no version 7 that could be dropped");
    assert_eq!(drop_versions(&mut owner, "shelf", None).await.unwrap(), ["shelf_v1"]);
    let left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'shelf_v1%'";
    assert_eq!(library.number(left).await, 0);
    // The old program's projector goes on with what there is.
    tenant.busy(1).await;
    let mut old = library.projector();
    old.step_until_idle().await.unwrap();
    new.step_until_idle().await.unwrap();
    assert_eq!(tenant.checkpoint("on_loan_v1").await, tenant.checkpoint("shelf_v2").await);
    verified(&library, &newer).await;
    library.close().await;
}

#[tokio::test]
async fn nobody_goes_back_to_what_is_behind_unless_they_insist() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    library.projector().step_until_idle().await.unwrap();
    let newer = declared::<Newer>(&library).await;
    built(&library, &newer).await;
    library
        .admin
        .batch_execute("UPDATE log.checkpoints SET position = 7 WHERE consumer = 'shelf_v1'")
        .await
        .unwrap();
    let mut owner = owner(&library).await;
    let behind = roll_back(&mut owner, "shelf", false).await.unwrap_err();
    assert!(matches!(behind, VersionError::Behind { tenants: 1, events: 3, .. }), "{behind}");
    assert_eq!(library.number("SELECT count(*) FROM read.shelf_v2").await, 2);
    roll_back(&mut owner, "shelf", true).await.unwrap();
    let [two, one] = &projections(&owner, 1).await.unwrap()[1..] else { panic!() };
    assert_eq!((two.version, two.state), (2, TableState::Aside));
    assert_eq!((two.shows.as_deref(), two.events_behind), (Some("shelf_v1"), 0));
    assert_eq!((one.version, one.state, one.events_behind), (1, TableState::Live, 3));
    let worst = one.worst.first().unwrap();
    assert_eq!((worst.tenant, worst.events), (tenant.id, 3));
    assert!(worst.seconds > 0.0 && one.seconds_behind >= worst.seconds);
    library.close().await;
}
