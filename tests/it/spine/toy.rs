//! A context of a test's own, declared in one folder and registered in one
//! line, is everywhere the product's contexts are.

use serde_json::json;
use tests::Client;

use super::up;

#[tokio::test(flavor = "multi_thread")]
async fn a_toy_aggregate_appears_everywhere() {
    let up = up();
    let client = Client::of(&up.endpoints, 0);

    let openapi = client.get("/openapi.json").await.unwrap();
    assert!(openapi.body["paths"]["/v1/library/book/acquire"]["post"].is_object());

    let book = json!({ "isbn": "978-0-201-83595-3", "title": "The Mythical Man-Month" });
    let acquired = client.command("library/book/acquire", book).await.unwrap();
    assert_eq!(acquired.status, 201, "{acquired:?}");
    let token = acquired.header("consistency-token");
    let query =
        format!("{{ shelvedBook(id: \"{}\") {{ title withdrawn timesLent }} }}", acquired.id());
    let read = client.query(&query, Some(token)).await.unwrap();
    assert_eq!(
        read.body["data"]["shelvedBook"],
        json!({ "title": "The Mythical Man-Month", "withdrawn": false, "timesLent": "0" }),
        "{read:?}"
    );

    let (_, tables, _) = up.run(&["describe", "tables"]).unwrap();
    assert!(tables.contains("CREATE TABLE read.\"shelf_v1\""), "{tables}");
    let (_, schema, _) = up.run(&["describe", "graphql"]).unwrap();
    assert!(schema.contains("type ShelvedBook "), "{schema}");
    let (code, _, said) = up.run(&["verify", "shelf"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
    let (code, _, said) = up.run(&["rebuild", "shelf"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
}
