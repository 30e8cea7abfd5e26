//! Several projectors share the work, while they are killed and paused.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rand::Rng;
use tests::{Beside, Served, Serving, Signal, poison};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use ulid::Ulid;
use uuid::Uuid;

use super::{SOME, Site, eventually, times};

const TENANTS: usize = 6;

/// Everything but projectors.
fn site(with: impl FnOnce(Serving) -> Serving) -> Site {
    Site::start_with(
        |server| server,
        |services| with(services.without(&["projector"]).tenants(TENANTS)),
    )
}

fn projector(served: &Served) -> Beside {
    served.beside("projector").unwrap()
}

/// How many shards each process has, fewest first.
async fn shards(owner: &Client) -> Vec<i64> {
    let sql = "SELECT count(*) FROM log.leases WHERE consumers LIKE 'projectors%'
                   AND process IS NOT NULL AND clock_timestamp() BETWEEN renewed_at AND until
               GROUP BY process ORDER BY 1";
    owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn shared(owner: &Client, expected: &[i64]) {
    eventually(&format!("shards are shared {expected:?}"), async || {
        shards(owner).await == expected
    })
    .await;
}

/// Somebody who reads all the time, and sees at every moment exactly what had
/// been folded at that moment: no table is empty, half built, or not there.
struct Reader {
    end: Arc<AtomicBool>,
    task: JoinHandle<u64>,
}

impl Reader {
    async fn start(served: &Served) -> Self {
        let owner = served.owner().await.unwrap();
        let tenants = served.tenants.clone();
        let end = Arc::new(AtomicBool::new(false));
        let ended = end.clone();
        let task = tokio::spawn(async move {
            let mut looks = 0;
            while !ended.load(Ordering::Relaxed) {
                for tenant in &tenants {
                    look(&owner, *tenant).await;
                    looks += 1;
                }
            }
            looks
        });
        Self { end, task }
    }

    async fn end(self) {
        self.end.store(true, Ordering::Relaxed);
        assert!(self.task.await.unwrap() > 0);
    }
}

async fn look(owner: &Client, tenant: Ulid) {
    let sql = "SELECT
            (SELECT count(*) FROM read.customers_v1 WHERE tenant_id = $1),
            (SELECT count(*) FROM log.events AS e
             JOIN log.checkpoints AS c ON c.tenant_id = e.tenant_id AND e.position <= c.position
             WHERE e.tenant_id = $1 AND e.type = 'customer.opened'
                 AND c.consumer = 'customers_v1')";
    // Prepared anew, as by a reader that has just come.
    let row = owner.query_one(sql, &[&Uuid::from_u128(tenant.0)]).await.unwrap();
    let (shown, folded): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(shown, folded, "rows shown, and events folded");
}

#[tokio::test(flavor = "multi_thread")]
async fn projectors_killed_at_random_leave_what_a_replay_gives() {
    let site = site(|services| services);
    let owner = site.served.owner().await.unwrap();
    let mut projectors = [(); 3].map(|()| projector(&site.served));
    shared(&owner, &[21, 21, 22]).await;
    let mut load = site.load();
    let reader = Reader::start(&site.served).await;
    for turn in 0..times(6) {
        load.further(SOME / 2).await.unwrap();
        let victim = rand::rng().random_range(0..projectors.len());
        projectors[victim].signal(Signal::KILL).unwrap();
        if turn % 3 == 1 {
            // Its tenants are served before it comes again.
            shared(&owner, &[32, 32]).await;
        }
        if turn % 3 == 2 {
            tokio::task::block_in_place(|| site.served.tool(&["rebuild", "customers"])).unwrap();
        }
        projectors[victim] = projector(&site.served);
    }
    load.further(SOME).await.unwrap();
    site.holds(load).await;
    reader.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_projectors_are_replaced_and_write_nothing_when_they_wake() {
    let site = site(|services| services.set("TENANTRY__PROJECTOR__LEASE_MS", "1000"));
    let owner = site.served.owner().await.unwrap();
    let (sleepy, _wakeful) = (projector(&site.served), projector(&site.served));
    shared(&owner, &[32, 32]).await;
    // All that projectors write, but leases.
    let written = async || -> String {
        let sql = "SELECT md5(string_agg(c::text, ',' ORDER BY c.consumer, c.tenant_id))
                   FROM log.checkpoints AS c WHERE c.consumer NOT LIKE 'reaction%'";
        owner.query_one(sql, &[]).await.unwrap().get(0)
    };
    let reader = Reader::start(&site.served).await;
    for _ in 0..times(3) {
        let mut load = site.load();
        load.further(SOME / 2).await.unwrap();
        sleepy.signal(Signal::STOP).unwrap();
        shared(&owner, &[64]).await;
        load.further(SOME / 2).await.unwrap();
        let told = load.stop().await.unwrap();
        assert!(!told.is_empty());
        // The other has done all the work.
        tests::caught_up(&owner).await.unwrap();
        let before = written().await;
        sleepy.signal(Signal::CONT).unwrap();
        shared(&owner, &[32, 32]).await;
        assert_eq!(written().await, before);
    }
    reader.end().await;
    tokio::task::block_in_place(|| site.served.tool(&["verify"])).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_ends_hands_over_at_once() {
    // Had nobody been told, the other would look again after minutes.
    let site = site(|services| services.set("TENANTRY__PROJECTOR__LEASE_MS", "1800000"));
    let owner = site.served.owner().await.unwrap();
    let mut one = projector(&site.served);
    shared(&owner, &[64]).await;
    let _other = projector(&site.served);
    eventually("the other has come", async || {
        let sql = "SELECT count(*) FROM log.lease_holders WHERE consumers LIKE 'projectors%'";
        owner.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 2
    })
    .await;
    let mut load = site.load();
    load.further(SOME / 2).await.unwrap();
    tokio::task::block_in_place(|| one.end()).unwrap();
    shared(&owner, &[64]).await;
    load.further(SOME / 2).await.unwrap();
    site.holds(load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_stream_is_seen_to_from_the_command_line() {
    let site = site(|services| services);
    let owner = site.served.owner().await.unwrap();
    let _projector = projector(&site.served);
    let mut load = site.load();
    load.further(SOME / 2).await.unwrap();
    load.stop().await.unwrap();
    let tenant = site.served.tenants[0];
    let (stream, position) = poison(&owner, tenant).await.unwrap();
    let stream = format!("cus_{}", Ulid(stream.as_u128()));
    let tenant = event_store::TenantId(tenant).to_string();
    let quarantine = |rest: &[&str]| {
        let arguments = [&["projections", "quarantine"], rest].concat();
        tokio::task::block_in_place(|| site.served.tool(&arguments))
    };
    let list = || quarantine(&["list", "customers", "--format", "json"]).unwrap();
    eventually("the stream is quarantined", async || !list().is_empty()).await;
    let one: serde_json::Value = serde_json::from_str(&list()).unwrap();
    assert_eq!((&one["stream"], &one["tenant"]), (&stream.clone().into(), &tenant.clone().into()));
    assert_eq!((&one["position"], &one["held"]), (&position.into(), &0.into()));
    let line = quarantine(&["list"]).unwrap();
    assert!(line.contains(&format!("customers  {tenant}  {stream}  at {position}")), "{line}");

    let of = [&*stream, "--tenant", &tenant];
    let shown = quarantine(&[&["show", "customers"], &of[..]].concat()).unwrap();
    assert!(shown.contains("has schema version 99"), "{shown}");
    quarantine(&["retry", "customers", "--tenant", &tenant]).unwrap();
    eventually("it was tried again", async || {
        let one: serde_json::Value = serde_json::from_str(&list()).unwrap();
        one["attempts"].as_u64().is_some_and(|attempts| attempts > 1)
    })
    .await;

    let discard = |position: &str| {
        let why = ["--position", position, "--reason", "written by a test", "--by", "thandi"];
        quarantine(&[&["discard", "customers"], &of[..], &why].concat())
    };
    let wrong = discard("1").unwrap_err().to_string();
    assert!(wrong.contains(&format!("is held up by the event at position {position}")), "{wrong}");
    discard(&position.to_string()).unwrap();
    eventually("nothing is quarantined", async || list().is_empty()).await;
    let kept = quarantine(&["list", "customers", "--discarded"]).unwrap();
    assert!(kept.contains("operator:thandi: written by a test"), "{kept}");
    tokio::task::block_in_place(|| site.served.tool(&["verify", "customers"])).unwrap();
    tokio::task::block_in_place(|| site.served.tool(&["rebuild", "customers"])).unwrap();
    tokio::task::block_in_place(|| site.served.tool(&["verify", "customers"])).unwrap();
    assert_eq!(list(), "");
}
