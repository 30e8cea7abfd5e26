//! Events move while others write and read.

use std::sync::atomic::{AtomicBool, Ordering};

use event_store::{
    Log, TenantId,
    history::{Stretch, Within},
    pg::TenantRead,
};
use tokio_util::sync::CancellationToken;

use super::Cellar;
use crate::archive::world::somebody;

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_what_went() {
    let cellar = Cellar::filled(3).await;
    let tenant = somebody();
    let before = cellar.world.log(tenant).await;
    let head = cellar.world.head(tenant).await;
    cellar.cool(tenant).await;
    assert!(cellar.in_table(tenant).await < head);
    let id = TenantId(tenant).to_string();
    let shown = cellar.says(&["tenant", "show", &id]);
    assert!(shown.contains(&format!("cold       up to {head}, recorded by 2")), "{shown}");
    let said = cellar.says(&["tenant", "warm", &id]);
    assert!(said.contains(&format!("{head} events of")), "{said}");
    assert_eq!(cellar.world.log(tenant).await, before);
    assert_eq!(cellar.standing(tenant).await, (0, 0));
    let shown = cellar.says(&["tenant", "show", &id]);
    assert!(shown.contains("cold       nothing"), "{shown}");
    // And goes again, into the same objects.
    let objects = cellar.objects(tenant);
    cellar.cool(tenant).await;
    assert_eq!(cellar.objects(tenant), objects);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_event_of_a_stream_stays_as_streams_grow() {
    let cellar = Cellar::filled(2).await;
    let tenant = somebody();
    cellar.cool(tenant).await;
    cellar.fill(4).await;
    let hot = cellar.in_table(tenant).await;
    cellar.settle().await;
    cellar.cool(tenant).await;
    let streams = "SELECT count(DISTINCT stream_id) FROM log.events WHERE tenant_id = $1";
    let streams = cellar.world.number(streams, tenant).await.cast_unsigned();
    assert!(cellar.in_table(tenant).await < hot);
    assert_eq!(cellar.in_table(tenant).await, streams);
    let events = cellar.events(tenant, 500).await;
    assert_eq!(events.len() as u64, cellar.world.head(tenant).await);
}

/// Readers of all kinds, over and over, while everything goes and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_in_the_middle_see_no_gap() {
    let cellar = Cellar::filled(3).await;
    let tenant = somebody();
    let hot = cellar.events(tenant, 1_000).await;
    let streams: Vec<_> = hot.iter().step_by(11).map(|event| event.envelope.stream_id).collect();
    let ended = AtomicBool::new(false);
    let moving = async {
        for round in 0..4 {
            cellar.cool(tenant).await;
            cellar.warm(tenant, if round == 1 { 120 } else { 0 }).await;
        }
        ended.store(true, Ordering::Relaxed);
    };
    let by_position = async {
        while !ended.load(Ordering::Relaxed) {
            assert!(cellar.events(tenant, 60).await == hot);
        }
    };
    let by_stream = async {
        let end = CancellationToken::new();
        let log = cellar.log(&end);
        while !ended.load(Ordering::Relaxed) {
            for stream in &streams {
                let of_it = hot.iter().filter(|event| event.envelope.stream_id == *stream);
                let whole: Vec<_> = of_it.cloned().collect();
                let mut read = vec![];
                while read.len() < whole.len() {
                    let after = read.len() as u64;
                    read.extend(log.read_stream(tenant, *stream, after, 2).await.unwrap());
                }
                assert!(read == whole, "{stream}");
            }
        }
        end.cancel();
    };
    let by_type = async {
        let kind = hot[0].envelope.stream_type.to_string();
        let count = hot.iter().filter(|event| *event.envelope.stream_type == *kind).count();
        let (history, pool) =
            (cellar.history(), cellar.world.database.pool("tenantry_query").unwrap());
        let client = pool.get().await.unwrap();
        let types = [kind.as_str()];
        while !ended.load(Ordering::Relaxed) {
            let all = Stretch::between(tenant, 0, hot.len() as u64);
            let all = Stretch { types: Some(&types), ..all };
            let session = TenantRead { client: &client, tenant };
            assert_eq!(history.stretch(&session, all).await.unwrap().len(), count);
        }
    };
    tokio::join!(moving, by_position, by_stream, by_type);
}

/// Commands decide and append while what they decided on is moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_go_on_while_events_move() {
    let cellar = Cellar::filled(2).await;
    let tenant = somebody();
    let (before, ended) = (cellar.world.head(tenant).await, AtomicBool::new(false));
    let writing = async {
        cellar.fill(5).await;
        ended.store(true, Ordering::Relaxed);
    };
    let moving = async {
        while !ended.load(Ordering::Relaxed) {
            cellar.settle().await;
            while cellar.try_cool(tenant).await.is_ok_and(|cooled| cooled.is_some()) {}
        }
    };
    tokio::join!(writing, moving);
    cellar.settle().await;
    cellar.cool(tenant).await;
    let head = cellar.world.head(tenant).await;
    assert!(head > before, "something was written");
    let fresh = Cellar::filled(5).await;
    assert_eq!(head, fresh.world.head(tenant).await, "as much as without moving");
    let events = cellar.events(tenant, 300).await;
    assert_eq!(events.len() as u64, head);
    cellar.says(&["verify"]);
}

/// Several who move the same log at once: one of them does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_coolers_move_everything_once() {
    let cellar = Cellar::filled(3).await;
    let tenant = somebody();
    let hot = cellar.events(tenant, 1_000).await;
    tokio::join!(cellar.cool(tenant), cellar.cool(tenant), cellar.cool(tenant));
    cellar.cool(tenant).await;
    let overlapping = "SELECT count(*) FROM log.segments AS a JOIN log.segments AS b
         ON a.tenant_id = b.tenant_id AND a.last_position < b.last_position
             AND a.last_position >= b.first_position WHERE a.tenant_id = $1";
    assert_eq!(cellar.world.number(overlapping, tenant).await, 0);
    assert!(cellar.events(tenant, 1_000).await == hot);
    let owner = cellar.world.owner().await;
    let session = Within(&owner);
    assert_eq!(
        event_store::cold::standing(&session, tenant).await.unwrap().until,
        hot.len() as u64
    );
}
