//! Proofs as callers get them, checked by ourselves and by a verifier in
//! another language.

use std::{fs, path::Path, process::Command};

use cli::Endpoints;
use serde_json::{Value, json};
use tests::Up;
use tokio_postgres::NoTls;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// A running program whose first tenant has some events, all sealed.
struct Served {
    up: Up,
    http: reqwest::Client,
    tenant: String,
    auditor: String,
}

impl Served {
    async fn with_events(events: i64) -> Self {
        let environment = [("TENANTRY__INTEGRITY__SEAL_INTERVAL_MS", "20")];
        let up = Up::start_with(PROGRAM, &[], &environment).unwrap();
        let tenant = up.endpoints.tenants[0].id.clone();
        let served = Self {
            http: reqwest::Client::new(),
            auditor: token(&up, &tenant, "auditor"),
            tenant,
            up,
        };
        // Twice, so that there are two checkpoints.
        served.write(events).await;
        served.write(events).await;
        served
    }

    async fn write(&self, events: i64) {
        let (client, connection) =
            tokio_postgres::connect(&self.up.endpoints.postgres, NoTls).await.unwrap();
        tokio::spawn(connection);
        let tenant: uuid::Uuid =
            client.query_one("SELECT tenant_id FROM log.tenants", &[]).await.unwrap().get(0);
        client.execute(include_str!("write.sql"), &[&tenant, &events]).await.unwrap();
        let behind = "SELECT position - coalesce((SELECT max(size) FROM log.tree_checkpoints), 0)
             FROM log.heads";
        let patience = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while client.query_one(behind, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            assert!(std::time::Instant::now() < patience, "it is not sealed");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn get(&self, token: &str, path: &str) -> (u16, Value) {
        let Endpoints { query_api, .. } = &self.up.endpoints;
        let request = self.http.get(format!("{query_api}{path}")).bearer_auth(token);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn document(&self, path: &str) -> Value {
        let (status, document) = self.get(&self.auditor, path).await;
        assert_eq!(status, 200, "{path}: {document}");
        document
    }

    async fn key(&self) -> String {
        let keys = self.document("/v1/log/keys").await;
        assert_eq!(keys["keys"][0]["state"], "current");
        keys["keys"][0]["key"].as_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, document: &Value) -> String {
        let file = self.up.data().join(name);
        fs::write(&file, document.to_string()).unwrap();
        file.display().to_string()
    }

    /// What both verifiers say: whether it holds.
    fn holds(&self, file: &str, key: &str) -> bool {
        let (code, out, told) = self.up.run(&["proof", "check", file, "--key", key]).unwrap();
        assert!(matches!(code, Some(0 | 1 | 3)), "{out}{told}");
        let (other, said) = node(&["proof", file, key]);
        assert_eq!(code == Some(0), other == Some(0), "{file}: {out}{told} {said}");
        code == Some(0)
    }
}

fn token(up: &Up, tenant: &str, role: &str) -> String {
    let (code, token, told) = up.run(&["token", "--tenant", tenant, "--role", role]).unwrap();
    assert_eq!(code, Some(0), "{told}");
    token.trim().to_owned()
}

pub(super) fn node(arguments: &[&str]) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier/verify.mjs");
    let output = Command::new("node").arg(script).args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_of_a_real_log_hold_and_bent_ones_do_not() {
    let served = Served::with_events(700).await;
    let key = served.key().await;
    let mut documents = vec![served.document("/v1/log/checkpoint").await];
    for position in [1, 2, 256, 257, 699, 700, 701, 1_400] {
        documents
            .push(served.document(&format!("/v1/log/proof/inclusion?position={position}")).await);
    }
    documents.push(served.document("/v1/log/proof/inclusion?position=700&size=700").await);
    documents.push(served.document("/v1/log/proof/consistency?from=700").await);
    documents.push(served.document("/v1/log/proof/consistency?from=700&to=700").await);
    for document in &documents {
        let file = served.file("proof.json", document);
        assert!(served.holds(&file, &key), "{document}");
    }
    // Whatever is changed in one, be it a letter or a hash, it does not hold.
    for document in [&documents[0], &documents[3], &documents[10]] {
        for bent in bent(document) {
            let file = served.file("bent.json", &bent);
            assert!(!served.holds(&file, &key), "{bent}");
        }
    }
    let (code, ..) = served.up.run(&["proof", "check", "nothing.json", "--key", &key]).unwrap();
    assert_eq!(code, Some(1));
}

/// The document with one thing changed, for each thing in it that counts.
fn bent(document: &Value) -> Vec<Value> {
    let mut all = vec![];
    for (name, value) in document.as_object().unwrap() {
        let others: Vec<Value> = match value {
            // Not part of what is signed, as the documentation says.
            _ if name == "signed_at" => vec![],
            Value::Number(number) => vec![json!(number.as_u64().unwrap() + 1), json!(0)],
            Value::String(text) => [text.len() / 3, text.len() / 2]
                .map(|at| {
                    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
                    json!(format!("{}{other}{}", &text[..at], &text[at + 1..]))
                })
                .to_vec(),
            Value::Array(hashes) => {
                let mut swapped = hashes.clone();
                swapped.swap(0, 1);
                vec![
                    json!(hashes[1..]),
                    json!(swapped),
                    json!([&hashes[..], &hashes[..1]].concat()),
                ]
            }
            other => panic!("{other}"),
        };
        for other in others {
            let mut bent = document.clone();
            bent[name] = other;
            all.push(bent);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_prints_what_both_verifiers_accept() {
    let served = Served::with_events(300).await;
    let tenant = served.tenant.as_str();
    let path = |name: &str| served.up.data().join(name).display().to_string();
    let run = |arguments: &[&str]| {
        let (code, out, told) = served.up.run(arguments).unwrap();
        assert_eq!(code, Some(0), "{arguments:?}: {out}{told}");
        out
    };
    let keys = path("keys.json");
    run(&["proof", "keys", "--tenant", tenant, "--output", &keys]);
    let key = served.key().await;
    for arguments in [
        &["proof", "checkpoint"][..],
        &["proof", "inclusion", "--position", "299"],
        &["proof", "consistency", "--from", "300"],
    ] {
        let file = path("printed.json");
        run(&[arguments, &["--tenant", tenant, "--output", &file]].concat());
        assert!(served.holds(&file, &key));
        // And without the files of this place: nothing else is needed.
        let checked = Command::new(PROGRAM)
            .args(["proof", "check", &file, "--key", &keys, "--data", "/nowhere"])
            .output()
            .unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    let (rows, checkpoint) = (path("rows.ndjson"), path("checkpoint.json"));
    run(&["proof", "rows", "--tenant", tenant, "--output", &rows]);
    run(&["proof", "checkpoint", "--tenant", tenant, "--output", &checkpoint]);
    assert_eq!(node(&["rows", &rows, &checkpoint, &key]).0, Some(0));
    run(&["proof", "audit", "--checkpoint", &checkpoint]);
    let all = fs::read_to_string(&rows).unwrap();
    for (from, to) in [("user:3", "user:4"), (":01.000000Z", ":01.000001Z"), ("null", "\"\"")] {
        assert!(all.contains(from));
        fs::write(&rows, all.replacen(from, to, 1)).unwrap();
        let (code, said) = node(&["rows", &rows, &checkpoint, &key]);
        assert_eq!(code, Some(3), "{from}: {said}");
    }
    let shorter: Vec<&str> = all.lines().take(599).collect();
    fs::write(&rows, shorter.join("\n")).unwrap();
    assert_eq!(node(&["rows", &rows, &checkpoint, &key]).0, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_auditors_and_admins_see_proofs_and_only_of_their_own_tenant() {
    let served = Served::with_events(10).await;
    let paths = [
        "/v1/log/checkpoint",
        "/v1/log/keys",
        "/v1/log/proof/inclusion?position=1",
        "/v1/log/proof/consistency?from=10",
    ];
    let admin = &served.up.endpoints.tenants[0].token;
    for path in paths {
        assert_eq!(served.get(admin, path).await.0, 200, "{path}");
        assert_eq!(served.get("", path).await.0, 401, "{path}");
        for role in ["member", "viewer"] {
            let (status, answer) = served.get(&token(&served.up, &served.tenant, role), path).await;
            assert_eq!((status, &answer["error"]["code"]), (403, &json!("AUTHZ")), "{path}");
        }
    }
    let (code, other, _) = served.up.run(&["tenant", "create", "other"]).unwrap();
    assert_eq!(code, Some(0));
    let stranger = token(&served.up, other.trim(), "auditor");
    for path in &paths[..1] {
        assert_eq!(served.get(&stranger, path).await.0, 404, "nothing of theirs is signed");
    }
    let (_, answer) = served.get(&stranger, paths[2]).await;
    assert_eq!(answer["error"]["code"], "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_is_told_which_parameter_is_wrong() {
    let served = Served::with_events(10).await;
    let cases = [
        ("/v1/log/proof/inclusion", 400, "position", "missing"),
        ("/v1/log/proof/inclusion?position=x", 400, "position", "expected a number from 1 on"),
        ("/v1/log/proof/inclusion?position=0", 400, "position", "expected a number from 1 on"),
        ("/v1/log/proof/inclusion?position=21", 404, "position", "expected 1 to 20"),
        ("/v1/log/proof/inclusion?position=11&size=10", 404, "position", "expected 1 to 10"),
        ("/v1/log/proof/inclusion?position=1&size=7", 404, "size", "no checkpoint has the size 7"),
        ("/v1/log/proof/inclusion?position=1&position=2", 400, "position", "given twice"),
        ("/v1/log/proof/inclusion?position=1&tenant=x", 400, "tenant", "unknown parameter"),
        ("/v1/log/proof/consistency?from=20&to=10", 400, "from", "at most the size of the later"),
        ("/v1/log/proof/consistency?from=9", 404, "from", "no checkpoint has the size 9"),
        ("/v1/log/checkpoint?size=-1", 400, "size", "expected a number from 1 on"),
        ("/v1/log/keys?x", 400, "x", "unknown parameter"),
    ];
    for (path, expected, parameter, words) in cases {
        let (status, answer) = served.get(&served.auditor, path).await;
        let error = &answer["error"];
        let told = error["message"].as_str().unwrap();
        assert_eq!(
            (status, error["details"]["parameter"].as_str()),
            (expected, Some(parameter)),
            "{path}"
        );
        assert!(told.starts_with(parameter) && told.contains(words), "{path}: {told}");
    }
    let url = format!("{}/v1/log/checkpoint", served.up.endpoints.query_api);
    let plain = served.http.get(&url).bearer_auth(&served.auditor).header("accept", "text/plain");
    let note = plain.send().await.unwrap().text().await.unwrap();
    assert_eq!(json!(note), served.document("/v1/log/checkpoint").await["checkpoint"]);
    let problem = served.http.get(format!("{url}?size=3")).bearer_auth(&served.auditor);
    let problem = problem.header("accept", "application/problem+json").send().await.unwrap();
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    let posted = served.http.post(&url).bearer_auth(&served.auditor).send().await.unwrap();
    assert_eq!(posted.status(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_event_has_no_proof_and_an_audit_names_it() {
    let served = Served::with_events(300).await;
    let (client, connection) =
        tokio_postgres::connect(&served.up.endpoints.postgres, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
        .batch_execute("UPDATE log.events SET actor = 'user:1' WHERE position = 7")
        .await
        .unwrap();
    // Seven was user:0 until somebody put the blame on user:1.
    let (status, answer) = served.get(&served.auditor, "/v1/log/proof/inclusion?position=7").await;
    assert_eq!((status, &answer["error"]["details"]["altered"]), (500, &json!(true)), "{answer}");
    assert_eq!(served.get(&served.auditor, "/v1/log/proof/inclusion?position=8").await.0, 200);
    let (code, out, told) = served.up.run(&["proof", "audit", "--tenant", &served.tenant]).unwrap();
    assert_eq!(code, Some(3), "{told}");
    assert!(out.starts_with(&format!("{} position 7: altered row: ", served.tenant)), "{out}");
    assert!(told.contains("1 difference"), "{told}");
}
