//! What is refused, and how it is told.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tests::{Answer, Client, Up};

use super::up;

fn customer(email: &str) -> Value {
    json!({ "name": "Ada", "email": email, "currency": "ZAR", "payment_terms_days": 14 })
}

fn told(answer: &Answer) -> String {
    answer.body["error"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_name_the_field_and_the_fix() {
    let up = up();
    let client = Client::of(&up.endpoints, 0);
    let open = "billing/customer/open";
    let opened = client.command(open, customer("ada@example.com")).await.unwrap();
    let rename = format!("billing/customer/{}/rename", opened.id());

    // An unknown field, and a field of the wrong type, both at once.
    let body = json!({ "nme": "Ada", "email": "b@example.com", "currency": "ZAR",
                       "payment_terms_days": "soon" });
    let refused = client.command(open, body).await.unwrap();
    assert_eq!((refused.status, refused.code()), (422, "VALIDATION"));
    for part in ["nme", "did you mean name", "payment_terms_days"] {
        assert!(told(&refused).contains(part), "{part} is missing in {}", told(&refused));
    }

    // A version that is not the present one.
    let stale = client
        .command_with(&rename, json!({ "name": "Eve" }), &[("if-match", "\"7\"")])
        .await
        .unwrap();
    assert_eq!((stale.status, stale.code()), (412, "PRECONDITION"), "{stale:?}");
    assert!(told(&stale).contains("at version 1"), "{}", told(&stale));

    // An idempotency key: the first answer again, another request refused.
    let key = [("idempotency-key", "once")];
    let first = client.command_with(open, customer("c@example.com"), &key).await.unwrap();
    let again = client.command_with(open, customer("c@example.com"), &key).await.unwrap();
    assert_eq!((first.id(), first.header("etag")), (again.id(), again.header("etag")));
    let other = client.command_with(open, customer("d@example.com"), &key).await.unwrap();
    assert!(matches!(other.status, 409 | 422), "{other:?}");
    assert!(told(&other).to_lowercase().contains("key"), "{}", told(&other));

    // A value that somebody else has.
    let taken = client.command(open, customer("ADA@example.com")).await.unwrap();
    assert_eq!((taken.status, taken.code()), (409, "CONFLICT"), "{taken:?}");

    // A body beyond the limit.
    let large = json!({ "name": "x".repeat(300_000) });
    let large = client.command(&rename, large).await.unwrap();
    assert_eq!(large.status, 413, "{large:?}");

    // Decide only: the events, and nothing stored.
    let prefer = [("prefer", "validate-only")];
    let would = client.command_with(&rename, json!({ "name": "Eve" }), &prefer).await.unwrap();
    assert_eq!(would.status, 200, "{would:?}");
    assert!(would.body.to_string().contains("Eve"), "{would:?}");
    let real = client.command(&rename, json!({ "name": "Mary" })).await.unwrap();
    assert_eq!(real.header("etag"), "\"2\"", "the validated command left no trace");
}

/// A token that was good until an hour ago, signed with the right key.
fn expired(up: &Up, tenant: &str) -> String {
    let key = std::fs::read(up.data().join("keys/signing.pem")).unwrap();
    let key = EncodingKey::from_ed_pem(&key).unwrap();
    let now = service::now().micros() / 1_000_000;
    let claims = json!({
        "iss": "tenantry", "aud": "tenantry", "sub": "admin", "tenant": tenant,
        "roles": ["admin"], "iat": now - 7_200, "exp": now - 3_600, "jti": "1",
    });
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_another_tenant() {
    let up = up();
    let (code, second, error) = up.run(&["tenant", "create", "Second"]).unwrap();
    assert_eq!(code, Some(0), "{error}");
    let token = |arguments: &[&str]| {
        let (code, token, error) = up.run(&[&["token"], arguments].concat()).unwrap();
        assert_eq!(code, Some(0), "{error}");
        token.trim().to_owned()
    };
    let client = Client::of(&up.endpoints, 0);
    let stranger = client.with_token(&token(&["--tenant", second.trim()]));
    let opened =
        client.command("billing/customer/open", customer("ada@example.com")).await.unwrap();
    let rename = format!("billing/customer/{}/rename", opened.id());
    let missing = format!("billing/customer/cus_{}/rename", ulid::Ulid::generate());

    // Another tenant's resource cannot be told from one that does not exist.
    let other = stranger.command(&rename, json!({ "name": "Eve" })).await.unwrap();
    let nothing = stranger.command(&missing, json!({ "name": "Eve" })).await.unwrap();
    assert_eq!((other.status, other.code()), (404, "NOT_FOUND"), "{other:?}");
    let said = |answer: &Answer, path: &str| {
        let mut error = answer.body["error"].clone();
        error["request_id"] = Value::Null;
        let id = path.split('/').nth(2).unwrap_or_default();
        error.to_string().replace(id, "that one")
    };
    assert_eq!(said(&other, &rename), said(&nothing, &missing));
    let query =
        format!("{{ customer(id: \"{}\") {{ name }} customers {{ totalCount }} }}", opened.id());
    let read = stranger.query(&query, None).await.unwrap();
    assert_eq!(
        read.body["data"],
        json!({ "customer": null, "customers": { "totalCount": 0 } }),
        "{read:?}"
    );
    let consistency = opened.header("consistency-token");
    let read = stranger.query("{ customers { totalCount } }", Some(consistency)).await.unwrap();
    assert!(read.body["errors"].is_array(), "another tenant's token: {read:?}");

    // No token, an old one, a made-up one, one that may only look.
    let tenant = up.endpoints.tenants[0].id.clone();
    let old = expired(&up, &tenant);
    for (bearer, status) in [("", 401), (&*old, 401), ("made.up.token", 401)] {
        let refused = client.with_token(bearer);
        let command = refused.command(&rename, json!({ "name": "Eve" })).await.unwrap();
        assert_eq!((command.status, command.code()), (status, "AUTHN"), "{command:?}");
        assert_eq!(refused.query("{ __typename }", None).await.unwrap().status, 401);
    }
    let viewer = client.with_token(&token(&["--tenant", &tenant, "--role", "viewer"]));
    let refused = viewer.command(&rename, json!({ "name": "Eve" })).await.unwrap();
    assert_eq!((refused.status, refused.code()), (403, "AUTHZ"), "{refused:?}");
    assert_eq!(viewer.query("{ customers { totalCount } }", None).await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_the_same_request_is_one_command() {
    let up = up();
    let client = Client::of(&up.endpoints, 0);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let key = [("idempotency-key", "storm")];
                let body = customer("storm@example.com");
                client.command_with("billing/customer/open", body, &key).await.unwrap()
            })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for call in calls {
        let answer = call.await.unwrap();
        assert_eq!(answer.status / 100, 2, "{answer:?}");
        ids.insert((answer.id().to_owned(), answer.header("consistency-token").to_owned()));
    }
    assert_eq!(ids.len(), 1, "one command, one answer");
}
