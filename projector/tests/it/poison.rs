//! Events that cannot be folded stop one read model of one tenant, and nothing
//! else.

use domain::kernel::{
    Id, Text,
    testing::toy::{Book, BookEvent},
};
use projector::Settings;
use ulid::Ulid;

use crate::library::{Library, Tenant};

const FAILURES: &str = "SELECT consumer || ' ' || position || ' ' || attempts FROM \
                        log.consumer_failures ORDER BY 1";

async fn failures(library: &Library) -> Vec<String> {
    library.rows(FAILURES, &[]).await.iter().map(|row| row.get(0)).collect()
}

async fn stands_at(tenant: &Tenant<'_>) -> (i64, i64) {
    (tenant.checkpoint("shelf_v1").await, tenant.checkpoint("on_loan_v1").await)
}

#[tokio::test]
async fn an_event_without_its_row_stops_that_read_model_alone() {
    let library = Library::open().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    ill.busy(1).await;
    let unknown = Id::<Book>::new(Ulid::generate());
    ill.lend(unknown).await;
    ill.busy(1).await;
    well.busy(2).await;
    let mut projector = library.projector();

    projector.step_until_idle().await.unwrap();
    assert_eq!(stands_at(&ill).await, (5, 11));
    assert_eq!(stands_at(&well).await, (10, 10));
    let first = failures(&library).await;
    assert!(first.len() == 1 && first[0].starts_with("shelf_v1 6 "), "{first:?}");
    let error = "SELECT error FROM log.consumer_failures";
    let error: String = library.rows(error, &[]).await[0].get(0);
    assert!(error.starts_with("lent at position 6 changes a row of shelf that does not exist"));

    // Tried again, in vain; the others go on.
    well.busy(1).await;
    ill.busy(1).await;
    projector.step_until_idle().await.unwrap();
    assert_eq!((stands_at(&ill).await, stands_at(&well).await), ((5, 16), (15, 15)));
    assert!(failures(&library).await > first);

    // Somebody sees to the cause.
    let sql = "INSERT INTO read.shelf_v1 (tenant_id, book, title, withdrawn, times_lent, \
               updated_position) VALUES ($1, $2, 'found again', false, 0, 1)";
    let (tenant, book) = (event_store::pg::uuid(ill.id), event_store::pg::uuid(unknown.ulid()));
    library.rows(sql, &[&tenant, &book]).await;
    projector.step_until_idle().await.unwrap();
    assert_eq!(stands_at(&ill).await, (16, 16));
    assert!(failures(&library).await.is_empty());
    library.close().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_read_stops_whoever_folds_its_aggregate() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(1).await;
    tenant.write_raw("dragon", Ulid::generate(), "hatched", 1, b"\x80").await;
    tenant.write_raw("book", Ulid::generate(), "burned", 1, b"\x80").await;
    tenant.busy(1).await;
    let mut projector = library.projector();
    projector.step_until_idle().await.unwrap();
    // Nobody folds dragons; only one read model folds books.
    assert_eq!(stands_at(&tenant).await, (6, 12));

    tenant.write_raw("loan", Ulid::generate(), "lent", 99, b"\x80").await;
    tenant.busy(1).await;
    projector.step_until_idle().await.unwrap();
    assert_eq!(stands_at(&tenant).await, (6, 12));
    let sql = "SELECT error FROM log.consumer_failures WHERE consumer = 'on_loan_v1'";
    let error: String = library.rows(sql, &[]).await[0].get(0);
    assert!(error.contains("lent has schema version 99"), "{error}");
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
    let mut projector = library.projector();
    projector.step_until_idle().await.unwrap();
    assert_eq!((stands_at(&ill).await, stands_at(&well).await), ((15, 31), (10, 10)));
    assert_eq!(failures(&library).await, ["shelf_v1 16 1"]);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_failure_is_tried_again_later_or_by_the_next_program() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.lend(Id::new(Ulid::generate())).await;
    let mut projector = library.projector_with(Settings::default());
    projector.step_until_idle().await.unwrap();
    assert_eq!(projector.step().await.unwrap().stuck, 0);
    assert_eq!(failures(&library).await, ["shelf_v1 1 1"]);
    library.projector_with(Settings::default()).step().await.unwrap();
    assert_eq!(failures(&library).await, ["shelf_v1 1 2"]);
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
