//! Reading one's own writes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stage::Stage;

const QUERY: &str = "{ shelf { totalCount } }";

#[tokio::test]
async fn every_answer_says_what_it_has_seen() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let emma = tenant.acquire("Emma").await;
    stage.fold().await;
    tenant.acquire("Ulysses").await;
    let query = json!({ "query": "{ shelf { totalCount } onLoan { totalCount } }" });
    let response = tenant.request(&query).send().await.unwrap();
    let header = response.headers()["consistency-token"].to_str().unwrap().to_owned();
    let mut body: Value = response.json().await.unwrap();
    let told = body["extensions"]["consistency"].as_object_mut().unwrap();
    let age = told.remove("ageMs").unwrap().as_u64().unwrap();
    assert!((1..60_000).contains(&age), "{age} ms since the second book");
    assert_eq!(
        body["extensions"]["consistency"],
        json!({
            "token": tenant.consistency(1), "position": "1", "lag": 1,
            "readModels": { "shelf": "1", "on_loan": "1" },
        })
    );
    assert_eq!(header, tenant.consistency(1));
    // The log itself is never behind.
    let history = format!("{{ shelvedBookHistory(id: \"{emma}\") {{ hasMore }} }}");
    let told = tenant.ask(&history).await.body["extensions"]["consistency"].clone();
    let expected = json!({
        "token": tenant.consistency(2), "position": "2", "lag": 0, "ageMs": 0, "readModels": {},
    });
    assert_eq!(told, expected);
    // What has seen all is of now, however long ago that was written.
    stage.fold().await;
    let answer = tenant.ask("{ shelf { totalCount } }").await;
    assert_eq!(answer.body["extensions"]["consistency"]["ageMs"], 0);
    let nothing = tenant.ask("{ __typename }").await;
    assert!(nothing.body.get("extensions").is_none());
    stage.close().await;
}

#[tokio::test]
async fn a_query_waits_for_what_its_client_has_written() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let (stop, projector) = (stage.shutdown.token().clone(), stage.projector().await);
    for hinting in [true, false] {
        tenant.acquire("Emma").await;
        let position: i64 =
            stage.admin.query_one("SELECT max(position) FROM log.heads", &[]).await.unwrap().get(0);
        let position = u64::try_from(position).unwrap();
        let request = if hinting {
            tenant
                .request(&json!({ "query": QUERY }))
                .header("Consistency-Token", tenant.consistency(position))
        } else {
            let extensions = json!({ "consistency": { "token": tenant.consistency(position) } });
            tenant.request(&json!({ "query": QUERY, "extensions": extensions }))
        };
        let asked = tenant.send(request);
        let folded = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            stage.fold().await;
        };
        let (answer, ()) = tokio::join!(asked, folded);
        assert_eq!(answer.data()["shelf"]["totalCount"], position);
    }
    drop((stop, projector));
    stage.close().await;
}

#[tokio::test]
async fn many_waiting_queries_are_one_poller() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    let waiting = (0..40).map(|_| {
        let token = tenant.consistency(1);
        tenant.send(tenant.request(&json!({ "query": QUERY })).header("Consistency-Token", token))
    });
    let folded = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        stage.fold().await;
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(waiting), folded);
    for answer in answers {
        assert_eq!(answer.data()["shelf"]["totalCount"], 1);
    }
    // Two looks of each, and some of the poller that all of them wait for.
    let looks = stage.statements_with("log.heads AS head LEFT JOIN unnest").len();
    assert!((80..140).contains(&looks), "{looks} looks");
    stage.close().await;
}

#[tokio::test]
async fn a_read_model_that_does_not_come_is_stale() {
    let stage = Stage::with(|config| {
        config.query_api.consistency_wait = Duration::from_millis(200);
    })
    .await;
    let tenant = stage.tenant().await;
    tenant.acquire("Emma").await;
    stage.fold().await;
    tenant.acquire("Ulysses").await;
    let begun = Instant::now();
    let token = tenant.consistency(2);
    let ask = || tenant.request(&json!({ "query": QUERY })).header("Consistency-Token", &token);
    let answer = tenant.send(ask()).await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert_eq!(
        answer.error(),
        ("STALE", "position 2 is not visible yet: 1 events are to be folded")
    );
    let told = &answer.errors()[0]["extensions"];
    assert_eq!(
        (&told["position"], &told["requested"], &told["lag"]),
        (&json!("1"), &json!("2"), &json!(1))
    );
    assert!(told["waitedMs"].as_u64().unwrap() >= 200);
    assert!(answer.body.get("data").is_none());
    let strict = tenant.send(ask().header("accept", "application/graphql-response+json")).await;
    assert_eq!(strict.status, 503);
    stage.close().await;
}

#[tokio::test]
async fn texts_that_are_no_tokens_are_refused() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let request = tenant.request(&json!({ "query": QUERY })).header("Consistency-Token", "soon");
    let expected = "Consistency-Token: expected a consistency token like \
                    tnt_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B:42, got \"soon\"";
    assert_eq!(tenant.send(request).await.error(), ("VALIDATION", expected));
    let extensions = json!({ "consistency": { "token": 5 } });
    let request = tenant.request(&json!({ "query": QUERY, "extensions": extensions }));
    let expected = "extensions.consistency.token: expected a text";
    assert_eq!(tenant.send(request).await.error(), ("VALIDATION", expected));
    stage.close().await;
}

#[tokio::test]
async fn all_lists_of_an_answer_show_the_same_moment() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let folding = async {
        for number in 0..40 {
            let book = tenant.acquire(&format!("Volume {number}")).await;
            tenant.lend(book, number, "2026-02-01").await;
            stage.fold().await;
        }
    };
    let asking = async {
        for _ in 0..150 {
            // Two events make one more of each: at no moment is there more than
            // one book that was not lent yet.
            let data = tenant.data("{ shelf { totalCount } onLoan { totalCount } lent: shelf(filter: {timesLent: {gt: 0}}) { totalCount } }").await;
            assert_eq!(data["onLoan"]["totalCount"], data["lent"]["totalCount"]);
        }
    };
    tokio::join!(folding, asking);
    stage.close().await;
}
