//! The whole program forgets: log, read tables, write-ahead log, dumps, logs.

use std::{fmt::Write, fs, path::Path};

use serde_json::{Value, json};
use tests::{Client, Up};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");
/// How many people there are.
const PEOPLE: usize = 24;

/// An address that occurs nowhere by chance.
fn address(person: usize, which: &str) -> String {
    format!("zq{person}x{which}@{}.example", "vexillology")
}

/// Whatever would give one of the addresses away, and where it was found.
fn found_in(folder: &Path, within: &str) -> Vec<String> {
    let needles = [within.as_bytes().to_vec(), hex(within).into_bytes()];
    let mut found = vec![];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(found_in(&path, within));
        } else if let Ok(bytes) = fs::read(&path)
            && needles.iter().any(|needle| contains(&bytes, needle))
        {
            found.push(path.display().to_string());
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let first = needle[0];
    bytes.windows(needle.len()).any(|part| part[0] == first && part == needle)
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

async fn emails(client: &Client, token: Option<&str>) -> Value {
    let query = "{ customers(first: 100, orderBy: [{ field: ID }]) { nodes { id email } } }";
    client.query(query, token).await.unwrap().body["data"]["customers"]["nodes"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_nothing_is_left_of_the_person() {
    let up = Up::start(PROGRAM, &[]).unwrap();
    let client = Client::of(&up.endpoints, 0);
    let mut people = vec![];
    let mut token = String::new();
    for person in 0..PEOPLE {
        let customer = json!({
            "name": format!("Customer {person}"), "email": address(person, "old"),
            "currency": "ZAR", "payment_terms_days": 14,
        });
        let opened = client.command("billing/customer/open", customer).await.unwrap();
        assert_eq!(opened.status, 201, "{opened:?}");
        let path = format!("billing/customer/{}/replace-email", opened.id());
        let replaced = json!({ "email": address(person, "new") });
        let replaced = client.command(&path, replaced).await.unwrap();
        assert_eq!(replaced.status, 200, "{replaced:?}");
        token = replaced.header("consistency-token").to_owned();
        people.push(opened.id().to_owned());
    }
    let shown = emails(&client, Some(&token)).await;
    assert_eq!(shown.as_array().unwrap().len(), PEOPLE, "{shown}");
    assert_eq!(shown[0]["email"], address(0, "new"));

    // Nobody has been forgotten yet, and still nothing is to be found on disk.
    let (owner, connection) =
        tokio_postgres::connect(&up.endpoints.postgres, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    owner.batch_execute("CHECKPOINT").await.unwrap();
    assert_eq!(found_in(up.data(), "vexillology"), [] as [String; 0]);

    let tenant = up.endpoints.tenants[0].id.clone();
    let erase = ["erase", "--tenant", &tenant, "--reason", "request 4711"];
    for person in &people[..PEOPLE / 2] {
        let (code, certificate, error) = up.run(&[&erase[..], &[person]].concat()).unwrap();
        assert_eq!(code, Some(0), "{error}");
        let certificate: Value = serde_json::from_str(&certificate).unwrap();
        assert_eq!(certificate["subject"], json!(person));
        assert_eq!(certificate["sealed_events"], 2);
        if *person == people[0] {
            certified(&up, &tenant, &certificate);
        }
    }
    let shown = emails(&client, None).await;
    for (person, row) in shown.as_array().unwrap().iter().enumerate() {
        let expected =
            if person < PEOPLE / 2 { Value::Null } else { json!(address(person, "new")) };
        assert_eq!(row["email"], expected, "{row}");
    }
    // Not by replaying either.
    let (_, text, _) = up.run(&["replay", "--tenant", &tenant, "--format", "json"]).unwrap();
    for person in 0..PEOPLE {
        let there = text.contains(&address(person, "old"));
        assert_eq!(there, person >= PEOPLE / 2, "person {person}");
    }
    // The tables are what a fresh fold of the log makes them.
    let (code, _, said) = up.run(&["verify"]).unwrap();
    assert_eq!(code, Some(0), "{said}");
    // And the log is, byte for byte, the one that was signed.
    let (code, audited, said) = up.run(&["proof", "audit"]).unwrap();
    assert_eq!(code, Some(0), "{audited}{said}");
    owner.batch_execute("CHECKPOINT").await.unwrap();
    assert_eq!(found_in(up.data(), "vexillology"), [] as [String; 0]);
    // The address is free for somebody else, and the person stays forgotten.
    let again = json!({
        "name": "Somebody", "email": address(0, "new"), "currency": "ZAR",
        "payment_terms_days": 14,
    });
    let opened = client.command("billing/customer/open", again).await.unwrap();
    assert_eq!(opened.status, 201, "{opened:?}");
    let path = format!("billing/customer/{}/replace-email", people[0]);
    let refused = client.command(&path, json!({ "email": "back@example.com" })).await.unwrap();
    assert_eq!(
        (refused.status, refused.body["error"]["details"]["code"].as_str()),
        (409, Some("ERASED")),
        "{refused:?}"
    );
    let close = format!("billing/customer/{}/close", people[0]);
    let closed = client.command(&close, json!({ "reason": "left" })).await.unwrap();
    assert_eq!(closed.status, 200, "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_rotated_and_destroyed_while_everything_runs() {
    let up = Up::start(PROGRAM, &[]).unwrap();
    let client = Client::of(&up.endpoints, 0);
    let open = async |person: usize| {
        let customer = json!({
            "name": "A", "email": address(person, "a"), "currency": "ZAR",
            "payment_terms_days": 14,
        });
        client.command("billing/customer/open", customer).await.unwrap()
    };
    assert_eq!(open(1).await.status, 201);
    let keys = |arguments: &[&str]| {
        let (code, text, error) = up.run(&[&["keys"], arguments].concat()).unwrap();
        (code, text.trim().to_owned(), error)
    };
    let (_, before, _) = keys(&["list"]);
    assert_eq!(before.lines().count(), 1, "{before}");
    assert!(before.contains("1 tenants need it"), "{before}");
    let (_, added, said) = keys(&["rotate"]);
    assert!(said.contains("1 people"), "{said}");
    let later = open(2).await;
    assert_eq!(later.status, 201, "{later:?}");
    let soon = "2100-01-01T00:00:00Z";
    let (code, destroyed, error) = keys(&["prune", "--before", soon]);
    assert_eq!(code, Some(0), "{error}");
    assert!(before.starts_with(&destroyed) && !destroyed.is_empty(), "{destroyed}");
    let (_, after, _) = keys(&["list"]);
    assert!(after.starts_with(&added) && after.lines().count() == 1, "{after}");
    let shown = emails(&client, Some(later.header("consistency-token"))).await;
    assert_eq!(shown[1]["email"], address(2, "a"), "{shown}");
    let file = up.data().join("keys/master.keys");
    let (code, _, error) = keys(&["create", file.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(error.contains("exists already"), "{error}");
}

/// Whoever has the public key can check a certificate, and finds out what was
/// changed in it.
fn certified(up: &Up, tenant: &str, certificate: &Value) {
    let [keys, file] = ["keys.json", "certificate.json"].map(|name| up.data().join(name));
    let (keys, file) = (keys.to_str().unwrap(), file.to_str().unwrap());
    up.run(&["proof", "keys", "--tenant", tenant, "--output", keys]).unwrap();
    let mut said = vec![(None, "signed that the key of", Some(0))];
    for field in ["subject", "erased_at", "erasure", "log_position", "sealed_events"] {
        said.push((Some(field), "certificate: it is not what was signed", Some(3)));
    }
    said.push((Some("tenant"), "tenant: it is not what was signed", Some(3)));
    said.push((Some("certificate"), "certificate: nobody has signed it", Some(3)));
    for (field, expected, ends) in said {
        let mut changed = certificate.clone();
        if let Some(value) = field.map(|field| &mut changed[field]) {
            *value = match field {
                Some("certificate") => Value::Null,
                _ if value.is_number() => json!(77),
                _ => json!("another"),
            };
        }
        std::fs::write(file, changed.to_string()).unwrap();
        let (code, told, _) = up.run(&["proof", "check", file, "--key", keys]).unwrap();
        assert_eq!(code, ends, "{field:?}: {told}");
        assert!(told.contains(expected), "{field:?}: {told}");
    }
}
