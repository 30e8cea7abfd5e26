//! Crashes and competitors: everything still happens once.

use std::{sync::Arc, time::Duration};

use event_store::pg::{Fence, uuid};
use service::shutdown::Shutdown;
use ulid::Ulid;

use super::{
    failing::puzzle,
    street::{Street, id, tell, tell_in},
    toy::Plain,
};
use crate::{Settings, Worker, run};

const CALLS: u64 = 120;

/// Lets all leases end, though nobody has noticed.
const LAPSE: &str = "RESET ROLE; UPDATE log.leases SET until = renewed_at - interval '1 hour';
    UPDATE log.lease_holders SET until = renewed_at";

/// Many calls, some with timers that are due.
async fn calls(street: &Street, tenant: Ulid) {
    for number in 0..CALLS {
        let word = format!("now {number}");
        let later = format!("later {number}");
        let calls = vec![tell(number % 10, &word), tell_in(-1, &format!("timer {number}"), &later)];
        street.call(tenant, id(number % 13), calls).await;
    }
}

/// Each word was heard exactly once.
async fn everything_was_heard_once(street: &Street, tenant: Ulid) {
    let mut heard = vec![];
    for listener in 0..10 {
        heard.extend(street.heard(tenant, id(listener)).await);
    }
    heard.sort();
    let mut expected: Vec<String> =
        (0..CALLS).flat_map(|n| [format!("now {n}"), format!("later {n}")]).collect();
    expected.sort();
    assert_eq!(heard, expected);
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 0);
    assert_eq!(street.count("SELECT count(*) FROM log.refused_intents").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_command_and_place_repeats_nothing() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    calls(&street, tenant).await;
    for position in [0_i64, 1, 57] {
        street.worker::<Plain>().step_until_idle().await.unwrap();
        let back = "UPDATE log.checkpoints SET position = $2 WHERE tenant_id = $1";
        street.owner.execute(back, &[&uuid(tenant), &position]).await.unwrap();
    }
    street.worker::<Plain>().step_until_idle().await.unwrap();
    everything_was_heard_once(&street, tenant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_cut_off_at_any_moment() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    calls(&street, tenant).await;
    for micros in (0..60).map(|number: u64| number * number * 10) {
        let worker = street.worker::<Plain>();
        let _cut = tokio::time::timeout(Duration::from_micros(micros), worker.step()).await;
    }
    street.worker::<Plain>().step_until_idle().await.unwrap();
    everything_was_heard_once(&street, tenant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_divide_the_tenants_between_them() {
    let street = Street::new().await;
    let tenants = [street.tenant().await, street.tenant().await, street.tenant().await];
    for tenant in tenants {
        calls(&street, tenant).await;
    }
    let leases = [(); 3].map(|()| street.leases());
    for one in leases.iter().cycle().take(6) {
        one.tend().await.unwrap();
    }
    assert_eq!(leases.iter().map(|one| one.held().len()).sum::<usize>(), 64);
    let workers = leases.each_ref().map(|one| street.worker::<Plain>().sharing(one.clone()));
    let idle = workers.iter().map(Worker::step_until_idle);
    let mut commands = 0;
    for worked in futures_util::future::join_all(idle).await {
        commands += worked.unwrap().commands;
    }
    // Nobody did anything that was another's.
    assert_eq!(commands, CALLS * 3);
    for tenant in tenants {
        everything_was_heard_once(&street, tenant).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn even_without_leases_a_race_has_one_winner() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    calls(&street, tenant).await;
    let workers: Vec<Arc<Worker>> = (0..4).map(|_| Arc::new(street.worker::<Plain>())).collect();
    workers[0].behind().await.unwrap();
    for _ in 0..20 {
        let raced = workers.iter().map(|worker| async {
            worker.react(tenant, &Fence::default()).await.unwrap();
            worker.ring(tenant, &Fence::default()).await.unwrap();
        });
        futures_util::future::join_all(raced).await;
    }
    everything_was_heard_once(&street, tenant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_writes_nothing() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "word"), tell_in(-1, "timer", "late")]).await;
    let (paused, other) = (street.leases(), street.leases());
    paused.tend().await.unwrap();
    let asleep = street.worker::<Plain>().sharing(paused.clone());
    let awake = street.worker::<Plain>().sharing(other.clone());
    assert!(awake.step().await.unwrap().is_idle());
    street.owner.batch_execute(LAPSE).await.unwrap();
    // Its commands may be given, under their ids; it writes nothing else.
    asleep.step().await.unwrap();
    assert_eq!(street.position(tenant, "pass-on").await, Some(0));
    assert_eq!(street.count("SELECT count(*) FROM log.timers").await, 0);
    other.tend().await.unwrap();
    assert_eq!((paused.held().len(), other.held().len()), (64, 64));
    awake.step_until_idle().await.unwrap();
    let position = street.position(tenant, "pass-on").await;
    asleep.step().await.unwrap();
    assert_eq!(street.position(tenant, "pass-on").await, position);
    assert_eq!(street.heard(tenant, id(1)).await, ["word", "late"]);
    paused.tend().await.unwrap();
    assert!(paused.held().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_records_no_failure() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    puzzle(&street, tenant).await;
    let (paused, other) = (street.leases(), street.leases());
    paused.tend().await.unwrap();
    let asleep = street.worker::<Plain>().sharing(paused.clone());
    street.owner.batch_execute(LAPSE).await.unwrap();
    asleep.step().await.unwrap();
    let failures = "SELECT count(*) FROM log.consumer_failures";
    assert_eq!(street.count(failures).await, 0);
    other.tend().await.unwrap();
    street.worker::<Plain>().sharing(other).step().await.unwrap();
    assert_eq!(street.count(failures).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_be_killed_at_any_moment() {
    let folder = std::env::temp_dir().join(format!("tenantry-crash-{}", Ulid::generate()));
    std::fs::create_dir(&folder).unwrap();
    let mut street = Street::alone(&folder).await;
    let tenants = [street.tenant().await, street.tenant().await];
    for tenant in tenants {
        calls(&street, tenant).await;
    }
    let shutdown = Shutdown::new();
    let worker =
        Arc::new(street.worker_with::<Plain>(Settings { batch: 10, ..Settings::default() }));
    let running = tokio::spawn(run(worker, shutdown.clone()));
    for millis in [20, 60, 150] {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        street.crash().await;
    }
    let left = "SELECT count(*) FROM log.timers";
    let behind = "SELECT sum(h.position - coalesce(c.position, 0))::bigint
        FROM log.heads AS h
        LEFT JOIN log.checkpoints AS c
            ON c.tenant_id = h.tenant_id AND c.consumer = 'reaction:pass-on'";
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    while street.count(left).await + street.count(behind).await > 0 {
        assert!(tokio::time::Instant::now() < deadline, "the worker does not come to an end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shutdown.begin();
    running.await.unwrap();
    for tenant in tenants {
        everything_was_heard_once(&street, tenant).await;
    }
    drop(street);
    std::fs::remove_dir_all(folder).unwrap();
}
