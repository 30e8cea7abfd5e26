//! A stream that cannot be folded is set apart for that read model, in order,
//! and nothing else is.

use std::time::Duration;

use domain::kernel::{
    Id, Text,
    testing::toy::{Book, BookEvent},
};
use projector::{Quarantine, Quarantined, Settings, Which, rebuild};
use ulid::Ulid;

use crate::library::{Library, Tenant};

/// What an operator sees.
pub(crate) fn desk(library: &Library) -> Quarantine {
    Quarantine::new(library.pool("tenantry_owner"), library.registry.clone())
}

async fn list(library: &Library) -> Vec<Quarantined> {
    desk(library).list(Which::default()).await.unwrap()
}

/// Read model, position, attempts, and how many are held, of each.
pub(crate) async fn brief(library: &Library) -> Vec<(String, u64, u32, u64)> {
    let mut brief: Vec<_> = list(library)
        .await
        .into_iter()
        .map(|one| (one.read_model, one.position, one.attempts, one.held))
        .collect();
    brief.sort();
    brief
}

pub(crate) fn quarantined(
    read_model: &str,
    position: u64,
    attempts: u32,
    held: u64,
) -> (String, u64, u32, u64) {
    (read_model.to_owned(), position, attempts, held)
}

async fn stands_at(tenant: &Tenant<'_>) -> (i64, i64) {
    (tenant.checkpoint("shelf_v1").await, tenant.checkpoint("on_loan_v1").await)
}

/// A projector that tries nothing again by itself.
pub(crate) fn patient(library: &Library) -> projector::Projector {
    let first_wait = Duration::from_hours(1);
    library.projector_with(Settings { first_wait, longest_wait: first_wait, ..Settings::default() })
}

#[tokio::test]
async fn a_stream_whose_row_is_missing_is_held_back_for_that_read_model_alone() {
    let library = Library::open().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    ill.busy(1).await;
    let unknown = Id::<Book>::new(Ulid::generate());
    let loan = ill.lend(unknown).await;
    ill.renew(loan).await;
    ill.give_back(loan, unknown).await;
    ill.busy(1).await;
    well.busy(2).await;
    let mut projector = patient(&library);

    let stepped = projector.step_until_idle().await.unwrap();
    assert_eq!((stepped.quarantined, stepped.stuck), (1, 0));
    assert_eq!((stands_at(&ill).await, stands_at(&well).await), ((13, 13), (10, 10)));
    let found = list(&library).await;
    let one = &found[0];
    assert_eq!(brief(&library).await, [quarantined("shelf", 6, 1, 2)]);
    assert_eq!((one.tenant, &one.stream), (ill.id, &loan.to_string()));
    assert_eq!((one.version, one.event.as_deref(), one.asked), (1, Some("loan.lent"), false));
    let error = "lent at position 6 changes a row of shelf that does not exist";
    assert!(one.error.starts_with(error), "{one:?}");

    // What comes later of it is held back as well; others go on.
    ill.give_back(loan, unknown).await;
    ill.busy(1).await;
    assert_eq!(projector.step_until_idle().await.unwrap().quarantined, 0);
    assert_eq!(brief(&library).await, [quarantined("shelf", 6, 1, 3)]);
    assert_eq!(stands_at(&ill).await, (19, 19));
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_read_sets_its_stream_apart_for_whoever_folds_it() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(1).await;
    let book = tenant.acquire().await;
    tenant.write_raw("dragon", Ulid::generate(), "hatched", 1, b"\x80").await;
    tenant.write_raw("book", book.ulid(), "burned", 1, b"\x80").await;
    tenant.lend(book).await;
    tenant.write(book, &BookEvent::Withdrawn { isbn: Text::of(book) }).await;
    tenant.write_raw("loan", Ulid::generate(), "lent", 99, b"\x80").await;
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    // Nobody folds dragons; only one read model folds books.
    assert_eq!(
        brief(&library).await,
        [
            quarantined("on_loan", 11, 1, 0),
            quarantined("shelf", 8, 1, 1),
            quarantined("shelf", 11, 1, 0)
        ]
    );
    assert_eq!(stands_at(&tenant).await, (11, 11));
    let errors: Vec<_> = list(&library).await.into_iter().map(|one| one.error).collect();
    assert!(errors.iter().any(|it| it.contains("lent has schema version 99")), "{errors:?}");
    // The book is still there, and lent: that is told by the loan's stream.
    let sql = "SELECT count(*) FROM read.shelf_v1 WHERE loan IS NOT NULL AND NOT withdrawn";
    assert_eq!(library.number(sql).await, 2);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_row_that_the_table_refuses_is_traced_to_its_event() {
    let library = Library::open().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    ill.busy(3).await;
    let (isbn, title) = (Text::of("1"), Text::of("ends here\0 or there"));
    ill.write(Id::<Book>::new(Ulid::generate()), &BookEvent::Acquired { isbn, title }).await;
    ill.busy(3).await;
    well.busy(2).await;
    patient(&library).step_until_idle().await.unwrap();
    assert_eq!((stands_at(&ill).await, stands_at(&well).await), ((31, 31), (10, 10)));
    assert_eq!(brief(&library).await, [quarantined("shelf", 16, 1, 0)]);
    library.verified().await;
    library.close().await;
}

/// A book that was lent twice, which its table does not take for a while, and
/// what happened to it and to another one meanwhile.
pub(crate) async fn refused_for_a_while(library: &Library) -> (Tenant<'_>, Id<Book>) {
    let sql = "ALTER TABLE read.shelf_v1 ADD CONSTRAINT once CHECK (times_lent < 2)";
    library.admin.batch_execute(sql).await.unwrap();
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    let first = tenant.lend(book).await;
    tenant.give_back(first, book).await;
    let second = tenant.lend(book).await;
    tenant.write(book, &BookEvent::Withdrawn { isbn: Text::of(book) }).await;
    tenant.give_back(second, book).await;
    let other = tenant.acquire().await;
    tenant.lend(other).await;
    (tenant, book)
}

pub(crate) async fn forgive(library: &Library) {
    let sql = "ALTER TABLE read.shelf_v1 DROP CONSTRAINT IF EXISTS once";
    library.admin.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn what_was_held_back_comes_in_where_it_belongs() {
    let library = Library::open().await;
    let (tenant, _) = refused_for_a_while(&library).await;
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    assert_eq!(brief(&library).await, [quarantined("shelf", 4, 1, 1)]);
    let withdrawn = "SELECT times_lent FROM read.shelf_v1 WHERE withdrawn AND loan IS NULL";
    assert_eq!(library.number(withdrawn).await, 1);
    library.verified().await;

    // Asked for too early.
    assert_eq!(desk(&library).retry(Which::default()).await.unwrap(), 1);
    assert!(list(&library).await[0].asked);
    let stepped = projector.step_until_idle().await.unwrap();
    assert_eq!((stepped.moved, stepped.stuck, stepped.lifted), (0, 1, 0));
    assert_eq!(brief(&library).await, [quarantined("shelf", 4, 2, 1)]);
    assert!(!list(&library).await[0].asked);
    assert_eq!(projector.step().await.unwrap(), projector::Stepped::default());

    forgive(&library).await;
    assert_eq!(desk(&library).retry(Which::default()).await.unwrap(), 1);
    assert_eq!(projector.step_until_idle().await.unwrap().lifted, 1);
    assert_eq!(brief(&library).await, []);
    assert_eq!(library.number(withdrawn).await, 2);
    library.verified().await;
    // And goes on from there.
    tenant.busy(1).await;
    projector.step_until_idle().await.unwrap();
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn streams_are_tried_again_later_and_by_the_next_program() {
    let library = Library::open().await;
    let (tenant, _) = refused_for_a_while(&library).await;
    // Soon, for as long as it takes.
    let mut projector = library.projector();
    projector.step_until_idle().await.unwrap();
    let before = brief(&library).await[0].2;
    assert_eq!(projector.step().await.unwrap().stuck, 1);
    assert_eq!(brief(&library).await, [quarantined("shelf", 4, before + 1, 1)]);
    // Not before its time, but once by every program.
    let mut next = patient(&library);
    assert_eq!(next.step_until_idle().await.unwrap().stuck, 1);
    assert_eq!(next.step_until_idle().await.unwrap().stuck, 0);
    assert_eq!(brief(&library).await, [quarantined("shelf", 4, before + 2, 1)]);
    forgive(&library).await;
    assert_eq!(next.step_until_idle().await.unwrap().lifted, 0);
    // One that is busy has other things to do first.
    tenant.busy(1).await;
    let mut last = library.projector();
    let stepped = last.step().await.unwrap();
    assert!(stepped.moved > 0 && stepped.lifted == 0);
    assert_eq!(last.step_until_idle().await.unwrap().lifted, 1);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_rebuild_tries_everything_again() {
    let library = Library::open().await;
    let (tenant, _) = refused_for_a_while(&library).await;
    tenant.lend(Id::new(Ulid::generate())).await;
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    assert_eq!(
        brief(&library).await,
        [quarantined("shelf", 4, 1, 1), quarantined("shelf", 9, 1, 0)]
    );
    let since = |found: &[Quarantined]| found.iter().find(|it| it.position == 9).unwrap().since;
    let before = since(&list(&library).await);
    // The new table has no such constraint; the other stream is as it was.
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap();
    assert_eq!(brief(&library).await, [quarantined("shelf", 9, 1, 0)]);
    assert_eq!(since(&list(&library).await), before);
    library.verified().await;
    tenant.busy(1).await;
    projector.step_until_idle().await.unwrap();
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn many_streams_that_cannot_be_folded_are_found_in_one_go() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    for _ in 0..40 {
        let loan = tenant.lend(Id::new(Ulid::generate())).await;
        tenant.renew(loan).await;
    }
    tenant.busy(1).await;
    let stepped = patient(&library).step().await.unwrap();
    assert_eq!((stepped.quarantined, stepped.moved), (40, 2));
    assert_eq!(stands_at(&tenant).await, (85, 85));
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn ten_thousand_streams_that_cannot_be_folded_stand_in_nobodys_way() {
    const MANY: i64 = 10_000;
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let unknown = Id::<Book>::new(Ulid::generate());
    tenant.write(unknown, &BookEvent::Withdrawn { isbn: Text::of(unknown) }).await;
    let more = "INSERT INTO log.events (tenant_id, position, stream_id, version, stream_type, type,
            schema_version, codec, event_id, occurred_at, recorded_at, actor, command_id,
            correlation_id, payload)
        SELECT tenant_id, number, gen_random_uuid(), 1, stream_type, type, schema_version, codec,
            gen_random_uuid(), occurred_at, recorded_at, actor, gen_random_uuid(),
            gen_random_uuid(), payload
        FROM log.events, generate_series(2, $1::bigint) AS number";
    library.rows(more, &[&MANY]).await;
    library.rows("UPDATE log.heads SET position = $1", &[&MANY]).await;
    let mut projector = patient(&library);
    let stepped = projector.step_until_idle().await.unwrap();
    assert_eq!((stepped.quarantined, stepped.stuck), (10_000, 0));
    // What comes is folded at once, though all of them wait.
    tenant.busy(1).await;
    let stepped = projector.step().await.unwrap();
    assert_eq!((stepped.moved, stepped.events, stepped.quarantined), (2, 9, 0));
    assert_eq!(stands_at(&tenant).await, (MANY + 5, MANY + 5));
    // All of them are tried again in one pass over the log.
    assert_eq!(desk(&library).retry(Which::default()).await.unwrap(), 10_000);
    let stepped = projector.step_until_idle().await.unwrap();
    assert_eq!((stepped.stuck, stepped.lifted, stepped.quarantined), (10_000, 0, 0));
    assert_eq!(
        library.number("SELECT sum(attempts)::bigint FROM log.quarantined_streams").await,
        2 * MANY
    );
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_log_that_is_not_seen_is_not_taken_for_empty() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(1).await;
    let blind = "REVOKE SELECT ON log.events FROM tenantry_projector";
    library.admin.batch_execute(blind).await.unwrap();
    let error = library.projector().step().await.unwrap_err().to_string();
    assert!(error.contains("permission denied for table events"), "{error}");
    let blind = "GRANT SELECT ON log.events TO tenantry_projector; \
                 DROP POLICY own_tenant ON log.events";
    library.admin.batch_execute(blind).await.unwrap();
    assert_eq!(library.projector().step().await.unwrap().stuck, 2);
    assert_eq!(stands_at(&tenant).await, (0, 0));
    let sql = "SELECT DISTINCT error FROM log.consumer_failures";
    let error: String = library.rows(sql, &[]).await[0].get(0);
    assert!(error.starts_with("the event at position 1 is not in the log"), "{error}");
    library.close().await;
}
