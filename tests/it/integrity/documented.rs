//! `docs/integrity.md` says what is so: its example is made anew here.

use std::{fs, path::Path};

use event_store::integrity::{COLUMNS, Document, Proofs};
use serde_json::Value;

use super::{Vault, keyring};

/// The leaves of a log, made by PostgreSQL alone, as the documentation has it.
pub(super) const LEAVES: &str = "SELECT
    event.position,
    sha256('\\x0001'::bytea || string_agg(
        coalesce(int4send(octet_length(field.value)) || field.value, '\\xffffffff'),
        ''::bytea ORDER BY field.place
    )) AS hash
FROM log.events AS event
CROSS JOIN LATERAL unnest(ARRAY[
    int8send(position), uuid_send(stream_id), int8send(version), textsend(stream_type),
    textsend(type), int2send(schema_version), int2send(codec), uuid_send(event_id),
    timestamptz_send(occurred_at), timestamptz_send(recorded_at), textsend(actor),
    uuid_send(command_id), uuid_send(correlation_id), uuid_send(causation_id),
    textsend(trace_parent), byteasend(metadata), byteasend(payload)
]) WITH ORDINALITY AS field (value, place)
GROUP BY event.tenant_id, event.position";

fn documentation() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/integrity.md");
    fs::read_to_string(file).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_alone_makes_the_same_leaves() {
    let vault = Vault::sealed(600).await;
    let rows = vault.owner.query(&format!("{LEAVES} ORDER BY position"), &[]).await.unwrap();
    let hashes: Vec<u8> = rows.iter().flat_map(|row| row.get::<_, Vec<u8>>(1)).collect();
    let tiles = "SELECT string_agg(hashes, '' ORDER BY index) FROM log.tree_tiles WHERE level = 0";
    let stored: Vec<u8> = vault.owner.query_one(tiles, &[]).await.unwrap().get(0);
    assert_eq!(rows.len(), 600);
    assert!(hashes == stored, "the hashes in the tiles are those that PostgreSQL makes");
    assert!(documentation().contains(LEAVES), "the documentation has another statement");
}

/// The log of the example: a tenant whose id is known, and three events.
async fn example() -> (Vault, Vec<Value>) {
    let mut vault = Vault::new().await;
    vault.tenant = "01KADTENANTRY0000000000001".parse().unwrap();
    event_store::pg::provision(&vault.owner, vault.tenant, "example").await.unwrap();
    vault.write(vault.tenant, 3).await;
    vault.sealer.seal(vault.tenant).await.unwrap().unwrap();
    let proofs = Proofs::new(vault.database.pool("tenantry_query").unwrap(), keyring(1));
    let documents =
        [proofs.keys(vault.tenant), proofs.inclusion(vault.tenant, 3, None).await.unwrap()];
    let documents = documents.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
    (vault, documents)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_what_the_program_makes() {
    let (vault, documents) = example().await;
    let text = documentation();
    let mut missing = vec![];
    let mut told = |value: String| {
        if !text.contains(&value) {
            missing.push(value);
        }
    };
    for document in &documents {
        told(serde_json::to_string_pretty(document).unwrap());
    }
    told(documents[1]["checkpoint"].as_str().unwrap().to_owned());
    let tiles = "SELECT encode(hashes, 'hex') FROM log.tree_tiles WHERE level = 0";
    let leaves: String = vault.owner.query_one(tiles, &[]).await.unwrap().get(0);
    for leaf in 0..3 {
        told(leaves[leaf * 64..leaf * 64 + 64].to_owned());
    }
    let root = "SELECT encode(root, 'hex') FROM log.tree_checkpoints";
    told(vault.owner.query_one(root, &[]).await.unwrap().get(0));
    let left = "SELECT encode(sha256('\\x01'::bytea || substring(hashes FROM 1 FOR 64)), 'hex')
         FROM log.tree_tiles WHERE level = 0";
    told(vault.owner.query_one(left, &[]).await.unwrap().get(0));
    // The first leaf, one column to a line.
    let leaf = "SELECT encode(coalesce(int4send(octet_length(value)), '\\xffffffff'), 'hex')
             || coalesce(' ' || encode(value, 'hex'), '')
         FROM log.events AS event
         CROSS JOIN LATERAL unnest(ARRAY[
             int8send(position), uuid_send(stream_id), int8send(version), textsend(stream_type),
             textsend(type), int2send(schema_version), int2send(codec), uuid_send(event_id),
             timestamptz_send(occurred_at), timestamptz_send(recorded_at), textsend(actor),
             uuid_send(command_id), uuid_send(correlation_id), uuid_send(causation_id),
             textsend(trace_parent), byteasend(metadata), byteasend(payload)
         ]) WITH ORDINALITY AS field (value, place)
         WHERE event.position = 1 ORDER BY place";
    let values = vault.owner.query(leaf, &[]).await.unwrap();
    let lines = COLUMNS.iter().zip(&values).map(|(name, value)| {
        let value: String = value.get(0);
        format!("{name:15} {value}")
    });
    told(lines.collect::<Vec<_>>().join("\n"));
    assert!(missing.is_empty(), "docs/integrity.md does not have:\n{}", missing.join("\n"));
}

#[test]
fn both_verifiers_accept_the_example_as_it_is_printed() {
    let text = documentation();
    let block = |format: &str| {
        let mut blocks =
            text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
        let block = blocks.find(|block| block.contains(format));
        block.unwrap_or_else(|| panic!("there is no {format} in the documentation")).to_owned()
    };
    let proof = block("tenantry/inclusion/v1");
    let keys: Document = serde_json::from_str(&block("tenantry/keys/v1")).unwrap();
    let Document::Keys { keys, .. } = keys else { panic!("no keys") };
    let key = keys[0].key.clone();
    let document: Document = serde_json::from_str(&proof).unwrap();
    document.check(&[key.parse().unwrap()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), proof).unwrap();
    let (code, said) = super::served::node(&["proof", &file.path().display().to_string(), &key]);
    assert_eq!(code, Some(0), "{said}");
}
