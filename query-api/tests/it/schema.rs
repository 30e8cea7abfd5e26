//! The schema as clients' tools read it.

use std::sync::Arc;

use domain::kernel::Registry;
use query_api::sdl;
use serde_json::json;

use crate::{branch::Branch, stage::Stage};

#[test]
fn the_sdl_is_the_same_every_time() {
    let text = || sdl(&Arc::new(Registry::of::<Branch>().unwrap())).unwrap();
    let first = text();
    assert_eq!(first, text());
    for part in [
        "type OpenLoan {",
        "\"A book that is out, and who has it.\"",
        "  openLoan(\n",
        "  onLoan(\n",
        "\"How a loan stands.\"\nenum Standing {\n  \"The book is not due yet, or nobody has noticed.\"\n  FINE\n",
        "  earlier: [Date!]!\n",
        "  marks: [Mark!]!\n",
        "  cost: Money\n",
        "  shelfMark: BigInt @deprecated(reason: \"Shelves have no marks any more.\")\n",
        "  VELLUM @deprecated(reason: \"None are bought any more.\")\n",
        "  SHELF_MARK @deprecated(",
        "input MarkListFilter {",
        "scalar Date @specifiedBy(",
        "  book: ShelvedBook\n",
        "  bookId: ID!\n",
        "  lastLentAt: DateTime\n",
        "input AsOf @oneOf {",
        "  readershipList(\n",
        "scalar BigInt",
    ] {
        assert!(first.contains(part), "{part}\n{first}");
    }
}

#[test]
fn what_the_platform_declares_makes_a_schema() {
    let registry = Arc::new(Registry::of::<domain::Platform>().unwrap());
    let text = sdl(&registry).unwrap();
    for entry in registry.read_models() {
        assert!(text.contains(entry.table.doc.lines().next().unwrap()), "{}", entry.name);
    }
}

#[tokio::test]
async fn only_developers_may_read_the_schema() {
    let query = "{ __schema { queryType { name } } __type(name: \"OpenLoan\") { name } }";
    let closed = Stage::open().await;
    let answer = closed.tenant().await.ask(query).await;
    let messages: Vec<_> =
        answer.errors().iter().map(|it| it["extensions"]["code"].clone()).collect();
    assert_eq!(messages, ["VALIDATION", "VALIDATION"]);
    let suggesting = closed.tenant().await.ask("{ onLone { totalCount } }").await;
    assert_eq!(suggesting.error().1, "Unknown field \"onLone\" on type \"Query\".");
    closed.close().await;

    let open = Stage::with(|config| config.query_api.development = true).await;
    let data = open.tenant().await.data(query).await;
    assert_eq!(data["__type"], json!({ "name": "OpenLoan" }));
    let page = open.http.get(format!("http://{}/graphiql", open.address)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("'self'"));
    open.close().await;
}
