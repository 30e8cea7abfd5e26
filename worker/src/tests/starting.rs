//! Where reactions begin.

use crate::Worker;

use super::{
    street::{Street, id, tell},
    toy::{Chatty, Listener, Plain, Silent},
};

fn gossip() -> domain::kernel::Id<Listener> {
    domain::kernel::Id::derived(&["gossip"])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_worker_misses_nothing() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "before any worker")]).await;
    street.worker::<Plain>().step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, ["before any worker"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_reaction_does_not_answer_what_happened_before_it() {
    let street = Street::new().await;
    let (old, untouched) = (street.tenant().await, street.tenant().await);
    street.call(old, id(1), vec![tell(1, "old")]).await;
    street.worker::<Plain>().step_until_idle().await.unwrap();

    let worker = street.worker::<Chatty>();
    worker.step_until_idle().await.unwrap();
    assert_eq!(street.heard(old, gossip()).await, Vec::<String>::new());
    for tenant in [old, untouched, street.tenant().await] {
        street.call(tenant, id(1), vec![tell(1, "new")]).await;
        worker.step_until_idle().await.unwrap();
        assert_eq!(street.heard(tenant, gossip()).await, ["psst new"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_reaction_of_a_database_that_had_none_is_new_too() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.worker::<Silent>().step_until_idle().await.unwrap();
    street.call(tenant, id(1), vec![tell(1, "old")]).await;
    street.worker::<Plain>().step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, id(1)).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_that_comes_back_goes_on_where_it_was() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.worker::<Chatty>().step_until_idle().await.unwrap();
    street.call(tenant, id(1), vec![tell(1, "meanwhile")]).await;
    street.worker::<Plain>().step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, gossip()).await, Vec::<String>::new());
    street.worker::<Chatty>().step_until_idle().await.unwrap();
    assert_eq!(street.heard(tenant, gossip()).await, ["psst meanwhile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_start_together_register_once() {
    let street = Street::new().await;
    let tenant = street.tenant().await;
    street.call(tenant, id(1), vec![tell(1, "one")]).await;
    let workers: Vec<_> = (0..5).map(|_| street.worker::<Chatty>()).collect();
    for started in futures_util::future::join_all(workers.iter().map(Worker::behind)).await {
        assert_eq!(started.unwrap(), [tenant]);
    }
    let marks = "SELECT count(*) FROM log.checkpoints";
    assert_eq!(street.count(marks).await, 3);
}
