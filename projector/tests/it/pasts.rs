//! Moments of the past in tables, each of which comes and goes as a whole.

use std::sync::Arc;

use domain::kernel::{Registry, testing::toy::Toy};
use event_store::pg::{number, uuid};
use projector::Pasts;
use ulid::Ulid;

use crate::{
    erasing::Town,
    library::{Library, Tenant},
};

/// Asks for a moment to be put into tables.
async fn order(library: &Library, tenant: &Tenant<'_>, position: u64) -> Ulid {
    let past = Ulid::generate();
    let sql =
        "INSERT INTO log.pasts (tenant_id, past_id, position, requested_by, reason, expires_at)
             VALUES ($1, $2, $3, 'operator:nomsa', 'an audit', now() + interval '1 day')";
    library.rows(sql, &[&uuid(tenant.id), &uuid(past), &number(position)]).await;
    past
}

/// Does all that a program which knows these read models has to do.
async fn keep(library: &Library, registry: &Arc<Registry>) {
    let keys = library.keys("tenantry_projector");
    let pasts = Pasts::new(library.pool("tenantry_projector"), registry.clone(), keys);
    while pasts.step().await.unwrap() {}
}

#[tokio::test]
async fn a_past_that_cannot_be_read_keeps_no_other_waiting() {
    let library = Library::open().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    for tenant in [&ill, &well] {
        tenant.busy(1).await;
        order(&library, tenant, 5).await;
    }
    // Cold, but nobody knows where.
    let sql = "INSERT INTO log.segments (tenant_id, first_position, last_position,
                   first_recorded_at, last_recorded_at, object, bytes, text_bytes, sha256, streams)
               VALUES ($1, 1, 3, now(), now(), 'gone', 1, 1, sha256(''), '')";
    library.rows(sql, &[&uuid(ill.id)]).await;
    keep(&library, &library.registry).await;
    let sql = "SELECT count(erasures), count(error) FROM log.past_tables WHERE tenant_id = $1";
    for (tenant, expected) in [(&ill, (0, 2)), (&well, (2, 0))] {
        let row = &library.rows(sql, &[&uuid(tenant.id)]).await[0];
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), expected);
    }
    library.close().await;
}

#[tokio::test]
async fn a_past_that_is_being_filled_is_not_removed_meanwhile() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(1).await;
    let past = order(&library, &tenant, 5).await;
    keep(&library, &library.registry).await;
    let left = "SELECT (SELECT count(*) FROM log.pasts) + (SELECT count(*) FROM log.past_tables)
                    + (SELECT count(*) FROM past.shelf_v1) + (SELECT count(*) FROM past.on_loan_v1)";
    assert_eq!(library.number(left).await, 5);
    // As by whoever fills a table again.
    let lock = format!("(hashtextextended('past:{}:shelf_v1', 0))", uuid(past));
    library.admin.batch_execute(&format!("SELECT pg_advisory_lock{lock}")).await.unwrap();
    library.admin.batch_execute("UPDATE log.pasts SET expires_at = now()").await.unwrap();
    keep(&library, &library.registry).await;
    assert_eq!(library.number(left).await, 5);
    library.admin.batch_execute(&format!("SELECT pg_advisory_unlock{lock}")).await.unwrap();
    keep(&library, &library.registry).await;
    assert_eq!(library.number(left).await, 0);
    library.close().await;
}

#[tokio::test]
async fn whoever_is_erased_goes_from_pasts_that_no_program_knows() {
    let library = Library::with::<Town>().await;
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    let loan = tenant.lend(book).await;
    let past = order(&library, &tenant, 2).await;
    keep(&library, &library.registry).await;
    let rows = "SELECT count(*) FROM past.initials_v1";
    let tables = "SELECT count(*) FROM log.past_tables";
    assert_eq!((library.number(rows).await, library.number(tables).await), (1, 3));
    tenant.erase(loan).await;
    // While another program fills it, it is that one's.
    let lock = format!("(hashtextextended('past:{}:initials_v1', 0))", uuid(past));
    library.admin.batch_execute(&format!("SELECT pg_advisory_lock{lock}")).await.unwrap();
    let smaller = Arc::new(Registry::of::<Toy>().unwrap());
    keep(&library, &smaller).await;
    let behind = "SELECT count(*) FROM log.past_tables WHERE erasures < 1";
    assert_eq!((library.number(rows).await, library.number(behind).await), (1, 1));
    library.admin.batch_execute(&format!("SELECT pg_advisory_unlock{lock}")).await.unwrap();
    keep(&library, &smaller).await;
    assert_eq!((library.number(rows).await, library.number(tables).await), (0, 2));
    // A program that knows it fills it again, and nobody empties it any more.
    keep(&library, &library.registry).await;
    keep(&library, &smaller).await;
    assert_eq!((library.number(rows).await, library.number(tables).await), (1, 3));
    let known = "SELECT count(*) FROM past.initials_v1 WHERE initial <> '?'";
    assert_eq!(library.number(known).await, 0);
    library.close().await;
}
