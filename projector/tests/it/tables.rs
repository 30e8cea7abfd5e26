//! Tables follow their row types.

use projector::create_tables;

use crate::library::{Library, connect};

#[tokio::test]
async fn creating_twice_changes_nothing() {
    let library = Library::open().await;
    library.tenant().await.busy(1).await;
    library.projector().step_until_idle().await.unwrap();
    let mut client = connect(&library.config).await;
    let before = library.anatomy("shelf_v1").await;
    assert!(create_tables(&mut client, &library.registry).await.unwrap().is_empty());
    assert_eq!(library.anatomy("shelf_v1").await, before);
    assert_eq!(library.table("shelf_v1").await.len(), 1);
    library.close().await;
}

#[tokio::test]
async fn missing_tables_are_created_all_or_none() {
    let library = Library::open().await;
    let mut client = connect(&library.config).await;
    library.admin.batch_execute("DROP TABLE read.on_loan_v1, read.shelf_v1").await.unwrap();
    let other = "CREATE TABLE read.on_loan_v1 (tenant_id uuid NOT NULL, loan uuid NOT NULL)";
    library.admin.batch_execute(other).await.unwrap();
    let error = create_tables(&mut client, &library.registry).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "read.on_loan_v1 has no further column where the row of on_loan has \"number\" bigint NOT \
         NULL: raise the read model's VERSION"
    );
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'read'";
    assert_eq!(library.number(tables).await, 1);
    library.admin.batch_execute("DROP TABLE read.on_loan_v1").await.unwrap();
    let created = create_tables(&mut client, &library.registry).await.unwrap();
    assert_eq!(created, ["shelf_v1", "on_loan_v1"]);
    library.close().await;
}

#[tokio::test]
async fn a_changed_row_type_is_noticed() {
    let library = Library::open().await;
    let mut client = connect(&library.config).await;
    for change in ["ALTER COLUMN number DROP NOT NULL", "ALTER COLUMN until TYPE timestamptz"] {
        library
            .admin
            .batch_execute(&format!("ALTER TABLE read.on_loan_v1 {change}"))
            .await
            .unwrap();
        let error = create_tables(&mut client, &library.registry).await.unwrap_err().to_string();
        assert!(error.starts_with("read.on_loan_v1 has \"number\" bigint where"), "{error}");
    }
    library.close().await;
}
