//! Whatever is wrong in a table is found.

use domain::kernel::Id;
use event_store::pg::uuid;
use projector::{Scope, VerifyError, What, verify};
use ulid::Ulid;

use crate::library::Library;

fn of(read_model: &str) -> Scope {
    Scope { read_model: Some(read_model.to_owned()), ..Scope::default() }
}

/// What is found after a change by hand.
async fn found_after(library: &Library, change: &str) -> Vec<String> {
    library.admin.batch_execute(change).await.unwrap();
    let owner = library.pool("tenantry_owner");
    let verified =
        verify(&owner, &library.registry, &library.ring, &Scope::default(), |_| {}).await.unwrap();
    assert_eq!(verified.found, verified.differences.len() as u64);
    verified.differences.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn tables_are_what_the_log_says() {
    let library = Library::open().await;
    for books in [2, 0, 3] {
        library.tenant().await.busy(books).await;
    }
    let mut projector = library.projector();
    let owner = library.pool("tenantry_owner");
    // Nothing projected yet is nothing wrong, either.
    assert_eq!(
        verify(&owner, &library.registry, &library.ring, &Scope::default(), |_| {})
            .await
            .unwrap()
            .found,
        0
    );
    projector.step_until_idle().await.unwrap();
    library.tenant().await.busy(1).await;
    let verified =
        verify(&owner, &library.registry, &library.ring, &Scope::default(), |_| {}).await.unwrap();
    assert_eq!((verified.tenants, verified.events, verified.rows, verified.found), (4, 25, 10, 0));
    let one =
        verify(&owner, &library.registry, &library.ring, &of("on_loan"), |_| {}).await.unwrap();
    assert_eq!((one.events, one.rows), (20, 5));
    let unknown =
        verify(&owner, &library.registry, &library.ring, &of("x"), |_| {}).await.unwrap_err();
    assert!(matches!(unknown, VerifyError::Unknown(_)));
    library.close().await;
}

#[tokio::test]
async fn a_change_in_any_column_is_found() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let book = tenant.acquire().await;
    let loan = tenant.lend(book).await;
    library.projector().step_until_idle().await.unwrap();
    let changes = [
        ("shelf_v1", "title = 'Emma'", "title is \"Emma\", should be \"Middlemarch\""),
        ("shelf_v1", "withdrawn = true", "withdrawn is true, should be false"),
        ("shelf_v1", "times_lent = 5", "times_lent is 5, should be 1"),
        ("shelf_v1", "last_lent_at = NULL", "last_lent_at is null, should be \"20"),
        ("shelf_v1", "loan = NULL", &format!("loan is null, should be \"{loan}\"")),
        ("shelf_v1", "updated_position = 1", "updated_position is 1, should be 2"),
        ("on_loan_v1", "borrower = NULL", "borrower holds another personal value"),
        ("on_loan_v1", "until = '2020-02-02'", "until is \"2020-02-02\", should be \"2026-01-15\""),
        ("on_loan_v1", "standing = 'reminded'", "standing is \"reminded\", should be \"fine\""),
        ("on_loan_v1", "earlier = '[{\"a\": null}]'", "earlier is [{\"a\":null}], should be []"),
    ];
    for (table, change, expected) in changes {
        let before = format!("CREATE TEMP TABLE before AS TABLE read.{table}");
        library.admin.batch_execute(&before).await.unwrap();
        let found = found_after(&library, &format!("UPDATE read.{table} SET {change}")).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(expected), "{found:?} lacks {expected}");
        assert!(found[0].contains("=bok_") || found[0].contains("=lon_"), "{found:?}");
        let restore = format!(
            "DELETE FROM read.{table}; INSERT INTO read.{table} TABLE before; DROP TABLE before"
        );
        library.admin.batch_execute(&restore).await.unwrap();
    }
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn rows_too_few_and_too_many_are_found() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    library.projector().step_until_idle().await.unwrap();
    let found = found_after(&library, "DELETE FROM read.on_loan_v1").await;
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("on_loan_v1 of tnt_") && found[0].ends_with(": the row is missing"));
    let moved = "UPDATE read.shelf_v1 SET book = gen_random_uuid() WHERE updated_position = 5";
    let found = found_after(&library, moved).await;
    assert_eq!(found.len(), 4);
    assert_eq!(
        found.iter().filter(|text| text.ends_with("the row should not be there")).count(),
        1
    );
    // A tenant that has no log has no rows.
    let strange = "UPDATE read.shelf_v1 SET tenant_id = gen_random_uuid()";
    assert_eq!(found_after(&library, strange).await.len(), 6);
    library.close().await;
}

#[tokio::test]
async fn checkpoints_that_cannot_be_are_found() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(1).await;
    tenant.lend(Id::new(Ulid::generate())).await;
    library.projector().step_until_idle().await.unwrap();
    let owner = library.pool("tenantry_owner");
    let passed = "UPDATE log.checkpoints SET position = 9; DELETE FROM log.quarantined_streams";
    library.admin.batch_execute(passed).await.unwrap();
    let verified =
        verify(&owner, &library.registry, &library.ring, &of("shelf"), |_| {}).await.unwrap();
    let [unfoldable, ahead] = &verified.differences[..] else { panic!("{verified:?}") };
    assert!(matches!(unfoldable.what, What::Unfoldable { position: 6, .. }));
    assert_eq!(ahead.what, What::Ahead { checkpoint: 9, head: 6 });
    assert_eq!(uuid(ahead.tenant), uuid(tenant.id));
    library.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_found_while_everything_runs() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let owner = library.pool("tenantry_owner");
    let mut projector = library.projector();
    let everything = Scope::default();
    for _ in 0..10 {
        let (verified, ..) = tokio::join!(
            verify(&owner, &library.registry, &library.ring, &everything, |_| {}),
            projector.step_until_idle(),
            tenant.busy(2),
        );
        assert_eq!(verified.unwrap().differences, []);
    }
    // What is wrong is found all the same, however often it is looked at.
    let other = library.tenant().await;
    other.busy(2).await;
    projector.step_until_idle().await.unwrap();
    let planted = "UPDATE read.shelf_v1 SET times_lent = 7
        WHERE tenant_id = $1 AND updated_position = 5";
    library.rows(planted, &[&uuid(other.id)]).await;
    for _ in 0..5 {
        let (verified, ..) = tokio::join!(
            verify(&owner, &library.registry, &library.ring, &everything, |_| {}),
            projector.step_until_idle(),
            tenant.busy(2),
        );
        let verified = verified.unwrap();
        let [difference] = &verified.differences[..] else { panic!("{verified:?}") };
        assert_eq!((difference.tenant, &*difference.table), (other.id, "shelf_v1"));
        let expected = ("times_lent".to_owned(), 7.into(), 2.into());
        let (column, stored, expected) = expected;
        assert_eq!(difference.what, What::Column { column, stored, expected });
    }
    library.close().await;
}

#[tokio::test]
async fn a_part_of_the_tenants_is_compared_alone() {
    let library = Library::open().await;
    let mut tenants = vec![];
    for _ in 0..3 {
        let tenant = library.tenant().await;
        tenant.busy(1).await;
        tenants.push(tenant.id);
    }
    library.projector().step_until_idle().await.unwrap();
    library.admin.batch_execute("UPDATE read.shelf_v1 SET times_lent = 9").await.unwrap();
    tenants.sort_unstable();
    let owner = library.pool("tenantry_owner");
    for (scope, expected) in [
        (Scope { tenant: Some(tenants[1]), ..Scope::default() }, &tenants[1..2]),
        (Scope { from: Some(tenants[1]), ..Scope::default() }, &tenants[1..]),
        (Scope::default(), &tenants[..]),
    ] {
        let verified =
            verify(&owner, &library.registry, &library.ring, &scope, |_| {}).await.unwrap();
        let found: Vec<_> = verified.differences.iter().map(|found| found.tenant).collect();
        assert_eq!(found, expected);
    }
    library.close().await;
}
