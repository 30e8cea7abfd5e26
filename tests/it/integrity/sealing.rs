//! Logs are sealed whole and once, whoever seals and whoever dies.

use std::time::{Duration, Instant};

use event_store::integrity::{Keyring, Kind, Proofs, Scope, Sealer, audit};
use tests::Up;
use tokio_postgres::{Client, NoTls, error::SqlState};

use super::{Vault, signing_key};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

#[tokio::test(flavor = "multi_thread")]
async fn sealers_that_race_seal_every_event_once() {
    let vault = Vault::new().await;
    vault.write(vault.tenant, 3_000).await;
    let sealers = (0..4).map(|_| {
        let (sealer, tenant) = (vault.sealer.clone().with_batch(37), vault.tenant);
        tokio::spawn(async move {
            let mut count = 0;
            while let [_] = sealer.behind().await.unwrap()[..] {
                if let Some(seal) = sealer.seal(tenant).await.unwrap() {
                    count += seal.to - seal.from;
                }
            }
            count
        })
    });
    let mut sealed = 0;
    for sealer in sealers.collect::<Vec<_>>() {
        sealed += sealer.await.unwrap();
    }
    assert_eq!(sealed, 3_000);
    assert_eq!(vault.found().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn trees_of_any_batches_are_the_same() {
    let vault = Vault::new().await;
    let mut roots = vec![];
    for batch in [1, 255, 256, 257, 5_000] {
        let tenant = vault.database.tenant().await.unwrap();
        // The copy of a log has the same root: the tenant is not part of it.
        vault.write(tenant, 600).await;
        let sealer = vault.sealer.clone().with_batch(batch);
        while sealer.seal(tenant).await.unwrap().is_some() {}
        let tenant = uuid::Uuid::from_u128(tenant.0);
        let sql = "SELECT root FROM log.tree_checkpoints WHERE tenant_id = $1 AND size = 600";
        let root: Vec<u8> = vault.owner.query_one(sql, &[&tenant]).await.unwrap().get(0);
        roots.push(root);
    }
    roots.dedup();
    assert_eq!(roots.len(), 1);
    assert_eq!(vault.found().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_retired_stays_good_for_what_it_signed() {
    let vault = Vault::sealed(300).await;
    vault.write(vault.tenant, 20).await;
    let old = signing_key(1).verifying_key();
    let keyring = Keyring::signing("logs.example.com", signing_key(2), &[old]);
    let pool = vault.database.pool("tenantry_worker").unwrap();
    let unknowing = Keyring::signing("logs.example.com", signing_key(2), &[]);
    let refused = Sealer::new(pool.clone(), unknowing).seal(vault.tenant).await.unwrap_err();
    assert!(refused.is_evidence(), "{refused}");
    assert!(Sealer::new(pool.clone(), keyring.clone()).seal(vault.tenant).await.unwrap().is_some());
    let audited = audit(&vault.pool, &keyring, &Scope::default(), |_| {}).await.unwrap();
    assert_eq!((audited.differences, audited.sealed), (vec![], 320));
    // A proof from under the old key to under the new one, checked with both.
    let proof = Proofs::new(vault.database.pool("tenantry_query").unwrap(), keyring.clone());
    let proof = proof.consistency(vault.tenant, 200, None).await.unwrap();
    let keys = keyring.keys(vault.tenant);
    assert_eq!(keys.len(), 2);
    proof.check(&keys).unwrap();
    proof.check(&keys[..1]).unwrap_err();
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn sealed(client: &Client) -> i64 {
    let sql = "SELECT coalesce(max(size), 0) FROM log.tree_checkpoints";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealer_that_was_killed_is_gone_on_after() {
    const EVENTS: i64 = 400_000;
    let mut up = Up::start(PROGRAM, &[]).unwrap();
    let client = connect(&up.endpoints.postgres).await;
    let tenant: uuid::Uuid =
        client.query_one("SELECT tenant_id FROM log.tenants", &[]).await.unwrap().get(0);
    client.execute(include_str!("write.sql"), &[&tenant, &EVENTS]).await.unwrap();
    let patience = Instant::now() + Duration::from_mins(1);
    while sealed(&client).await == 0 {
        assert!(Instant::now() < patience, "nothing was sealed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    up.crash_and_restart().unwrap();
    let client = connect(&up.endpoints.postgres).await;
    while sealed(&client).await < EVENTS {
        assert!(Instant::now() < patience, "{} were sealed", sealed(&client).await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (code, out, told) = up.run(&["proof", "audit"]).unwrap();
    assert_eq!((code, out.as_str()), (Some(0), ""), "{told}");
    assert!(
        told.contains("400000 events of 1 tenants") && told.contains("no difference"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_can_change_a_tree() {
    let vault = Vault::sealed(300).await;
    for role in ["tenantry_command", "tenantry_query", "tenantry_projector", "tenantry_worker"] {
        let client = vault.database.owner().await.unwrap();
        client
            .batch_execute(&format!("SET ROLE {role}; SET tenantry.tenant = '{}'", vault.id()))
            .await
            .unwrap();
        for statement in [
            "UPDATE log.tree_tiles SET hashes = hashes",
            "DELETE FROM log.tree_tiles",
            "INSERT INTO log.tree_tiles SELECT tenant_id, 3, 0, hashes FROM log.tree_tiles",
            "TRUNCATE log.tree_tiles",
            "UPDATE log.tree_checkpoints SET size = size + 1",
            "DELETE FROM log.tree_checkpoints",
            "INSERT INTO log.tree_checkpoints SELECT tenant_id, 1, root, note
                 FROM log.tree_checkpoints LIMIT 1",
        ] {
            let error = client.batch_execute(statement).await.expect_err(statement);
            assert_eq!(
                error.code(),
                Some(&SqlState::INSUFFICIENT_PRIVILEGE),
                "{role}: {statement}"
            );
        }
    }
    assert_eq!(vault.found().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_seals_can_only_add() {
    let vault = Vault::sealed(300).await;
    vault.write(vault.tenant, 10).await;
    let client = vault.database.owner().await.unwrap();
    client.batch_execute("SET ROLE tenantry_worker").await.unwrap();
    let seal = |before: i64, size: i64, tile: &str| {
        format!(
            "SELECT log.seal('{}', {before}, {size}, decode(repeat('00', 32), 'hex'), 'note',
                 '{{0}}', '{{{}}}', ARRAY[{tile}])",
            vault.id(),
            i32::from(!tile.contains("full")),
        )
    };
    let tile = |hashes: usize| format!("decode(repeat('00', {}), 'hex')", hashes * 32);
    // Another was faster: nothing happens.
    let row = client.query_one(&seal(200, 310, &tile(54)), &[]).await.unwrap();
    assert!(!row.get::<_, bool>(0));
    for (statement, why) in [
        (seal(300, 310, &tile(54)), "does not continue"),
        (seal(300, 310, &format!("/* full */ {}", tile(256))), "does not continue"),
        (seal(300, 310, &tile(2)), "does not continue"),
        (seal(300, 300, &tile(54)), "cannot be sealed"),
        (seal(300, 311, &tile(54)), "cannot be sealed"),
    ] {
        let error = client.query_one(&statement, &[]).await.unwrap_err();
        let told = error.as_db_error().unwrap().message().to_owned();
        assert!(told.contains(why), "{statement}: {told}");
    }
    for role in ["tenantry_command", "tenantry_query", "tenantry_projector"] {
        client.batch_execute(&format!("RESET ROLE; SET ROLE {role}")).await.unwrap();
        let error = client.query_one(&seal(300, 310, &tile(54)), &[]).await.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{role}");
    }
    assert!(!vault.found().await.iter().any(|one| one.0 == Kind::AlteredTile));
}
