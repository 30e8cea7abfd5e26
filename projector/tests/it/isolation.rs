//! Nobody sees or writes another tenant's rows.

use event_store::pg::uuid;
use tokio_postgres::{Client, Config, NoTls};
use ulid::Ulid;

use crate::library::Library;

async fn as_role(config: &Config, role: &str, tenant: Option<Ulid>) -> Client {
    let mut config = config.clone();
    config.options(format!("-c role={role}"));
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    if let Some(tenant) = tenant {
        let sql = "SELECT set_config('tenantry.tenant', $1, false)";
        client.execute(sql, &[&uuid(tenant).to_string()]).await.unwrap();
    }
    client
}

async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM read.{table}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_tenant_sees_its_own_rows_and_nobody_else_any() {
    let library = Library::open().await;
    let (one, other) = (library.tenant().await, library.tenant().await);
    one.busy(2).await;
    other.busy(3).await;
    library.projector().step_until_idle().await.unwrap();
    for role in ["tenantry_query", "tenantry_projector"] {
        let client = as_role(&library.config, role, Some(one.id)).await;
        assert_eq!((count(&client, "shelf_v1").await, count(&client, "on_loan_v1").await), (2, 2));
        let client = as_role(&library.config, role, Some(other.id)).await;
        assert_eq!(count(&client, "shelf_v1").await, 3);
        let client = as_role(&library.config, role, None).await;
        assert_eq!((count(&client, "shelf_v1").await, count(&client, "on_loan_v1").await), (0, 0));
    }
    library.close().await;
}

#[tokio::test]
async fn readers_cannot_write_and_projectors_only_for_their_tenant() {
    let library = Library::open().await;
    let (one, other) = (library.tenant().await, library.tenant().await);
    one.busy(1).await;
    other.busy(1).await;
    library.projector().step_until_idle().await.unwrap();
    let reader = as_role(&library.config, "tenantry_query", Some(one.id)).await;
    for sql in ["DELETE FROM read.shelf_v1", "UPDATE read.shelf_v1 SET title = 'mine'"] {
        assert_eq!(reader.execute(sql, &[]).await.unwrap_err().code().unwrap().code(), "42501");
    }
    let projector = as_role(&library.config, "tenantry_projector", Some(one.id)).await;
    let sql = "UPDATE read.shelf_v1 SET title = 'mine'";
    assert_eq!(projector.execute(sql, &[]).await.unwrap(), 1);
    let sql = "UPDATE read.shelf_v1 SET tenant_id = $1";
    let refused = projector.execute(sql, &[&uuid(other.id)]).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
    for role in ["tenantry_command", "tenantry_worker"] {
        let client = as_role(&library.config, role, Some(one.id)).await;
        let refused = client.query("SELECT FROM read.shelf_v1", &[]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501");
    }
    library.close().await;
}
