//! One thing is changed, and found.

use event_store::integrity::Kind::{
    AlteredCheckpoint, AlteredLog, AlteredRow, AlteredTile, DeletedRow, InsertedRow, MovedRow,
    TruncatedLog,
};

use super::Vault;

const EVENTS: u64 = 700;

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_touched_has_no_differences() {
    let vault = Vault::sealed(EVENTS).await;
    vault.write(vault.tenant, 5).await;
    let audited = vault.audit_with(vec![vault.kept().await]).await;
    assert_eq!(audited.differences, []);
    assert_eq!((audited.events, audited.sealed, audited.found), (705, 700, 0));
    // Seven that are stored and the one that was kept.
    assert_eq!(audited.checkpoints, 8);
}

/// Changes to a value that leave it one of its type.
fn changes(column: &str, kind: &str, nullable: bool) -> Vec<String> {
    let other = match kind {
        "text" => format!("coalesce({column}, '') || 'x'"),
        "bytea" => format!(
            "set_byte(coalesce({column}, '\\x00'), 0,
             get_byte(coalesce({column}, '\\x00'), 0) # 1)"
        ),
        "uuid" => format!("md5(coalesce({column}::text, ''))::uuid"),
        "bigint" | "smallint" => format!("{column} + 1"),
        "timestamp with time zone" => format!("{column} + interval '1 microsecond'"),
        other => panic!("no change is known for {other}"),
    };
    let mut changes = vec![other];
    match kind {
        "timestamp with time zone" => changes.push("'infinity'".to_owned()),
        "text" | "bytea" => changes.push("''".to_owned()),
        _ => {}
    }
    if nullable {
        changes.push("NULL".to_owned());
    }
    changes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_any_column_names_the_row() {
    let vault = Vault::sealed(EVENTS).await;
    // Versions of a stream are unique, until somebody wants to forge one.
    vault.tamper("ALTER TABLE log.events DROP CONSTRAINT events_by_stream").await;
    let columns = vault
        .owner
        .query(
            "SELECT column_name::text, data_type::text, is_nullable = 'YES'
             FROM information_schema.columns
             WHERE table_schema = 'log' AND table_name = 'events'
                 AND column_name NOT IN ('tenant_id', 'position')
             ORDER BY ordinal_position",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(columns.len(), event_store::integrity::COLUMNS.len() - 1, "every column is hashed");
    // A full tile, the last and growing one, and a row without nulls.
    for position in [1, 612, 700] {
        for column in &columns {
            let name: &str = column.get(0);
            for change in changes(name, column.get(1), column.get(2)) {
                vault
                    .tamper(&format!(
                        "CREATE TABLE kept AS SELECT * FROM log.events WHERE position = {position};
                         UPDATE log.events SET {name} = {change} WHERE position = {position}"
                    ))
                    .await;
                // Some were so already.
                let differs = "SELECT count(*) FROM (TABLE kept EXCEPT TABLE log.events) AS other";
                let expected = [(AlteredRow, position, position)];
                let expected = &expected[..usize::from(vault.number(differs).await == 1)];
                assert_eq!(vault.found().await, expected, "{name} at {position} set to {change}");
                vault
                    .tamper(&format!(
                        "DELETE FROM log.events WHERE position = {position};
                         INSERT INTO log.events SELECT * FROM kept;
                         DROP TABLE kept"
                    ))
                    .await;
            }
        }
    }
    assert_eq!(vault.found().await, [], "all is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_rows_are_named() {
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper("DELETE FROM log.events WHERE position IN (1, 300, 301, 302, 690)").await;
    assert_eq!(
        vault.found().await,
        [(DeletedRow, 1, 1), (DeletedRow, 300, 302), (DeletedRow, 690, 690)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn inserted_rows_are_named() {
    let vault = Vault::sealed(EVENTS).await;
    vault
        .tamper(
            "ALTER TABLE log.events DROP CONSTRAINT events_pkey;
             ALTER TABLE log.events DROP CONSTRAINT events_by_stream;
             CREATE TABLE extra AS SELECT * FROM log.events WHERE position IN (7, 8, 9, 10);
             UPDATE extra SET payload = payload || '\\x00', position = CASE position
                 WHEN 7 THEN 7 WHEN 8 THEN 0 WHEN 9 THEN 701 ELSE 9000000 END;
             INSERT INTO log.events SELECT * FROM extra",
        )
        .await;
    assert_eq!(
        vault.found().await,
        [
            (InsertedRow, 0, 0),
            (InsertedRow, 7, 7),
            (InsertedRow, 701, 701),
            (InsertedRow, 9_000_000, 9_000_000),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_somebody_who_has_no_log_are_named() {
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper("UPDATE log.events SET tenant_id = gen_random_uuid() WHERE position = 9").await;
    let mut found = vault.differences().await;
    found.sort_by_key(|one| one.tenant != vault.tenant);
    assert_eq!(super::brief(&found), [(DeletedRow, 9, 9), (InsertedRow, 9, 9)]);
    assert_ne!(found[1].tenant, vault.tenant);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_changed_places_are_named_with_where_they_were() {
    let vault = Vault::sealed(EVENTS).await;
    vault
        .tamper(
            "UPDATE log.events SET position = -1 WHERE position = 10;
             UPDATE log.events SET position = 10 WHERE position = 500;
             UPDATE log.events SET position = 500 WHERE position = -1",
        )
        .await;
    let found = vault.differences().await;
    assert_eq!(super::brief(&found), [(MovedRow, 10, 10), (MovedRow, 500, 500)]);
    assert!(found[0].detail.contains("sealed at position 500"), "{}", found[0]);
    assert!(found[1].detail.contains("sealed at position 10"), "{}", found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_went_elsewhere_is_named_twice() {
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper("UPDATE log.events SET position = 5000 WHERE position = 600").await;
    assert_eq!(vault.found().await, [(DeletedRow, 600, 600), (MovedRow, 5000, 5000)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_off_is_named() {
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper("DELETE FROM log.events WHERE position > 650").await;
    assert_eq!(vault.found().await, [(DeletedRow, 651, 700)]);
    vault.tamper("UPDATE log.heads SET position = 650").await;
    assert_eq!(vault.found().await, [(TruncatedLog, 651, 700), (DeletedRow, 651, 700)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_set_back_with_its_checkpoints_is_found_out_by_one_that_was_kept() {
    let vault = Vault::sealed(EVENTS).await;
    let kept = vault.kept().await;
    vault
        .tamper(
            "DELETE FROM log.events WHERE position > 600;
             UPDATE log.heads SET position = 600;
             DELETE FROM log.tree_checkpoints WHERE size > 600;
             UPDATE log.tree_tiles SET hashes = substring(hashes FROM 1 FOR 88 * 32)
                 WHERE level = 0 AND index = 2",
        )
        .await;
    assert_eq!(vault.found().await, [], "the database alone cannot tell");
    let found = vault.audit_with(vec![kept]).await.differences;
    assert!(super::brief(&found).contains(&(TruncatedLog, 601, 700)), "{found:?}");
    assert!(super::brief(&found).contains(&(DeletedRow, 601, 700)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_not_sealed_yet_must_have_no_gaps() {
    let vault = Vault::sealed(EVENTS).await;
    vault.write(vault.tenant, 50).await;
    vault.tamper("DELETE FROM log.events WHERE position IN (720, 750)").await;
    assert_eq!(vault.found().await, [(DeletedRow, 720, 720), (DeletedRow, 750, 750)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_tiles_are_named() {
    let flip =
        "UPDATE log.tree_tiles SET hashes = set_byte(hashes, 32 * 5, get_byte(hashes, 160) # 1)";
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper(&format!("{flip} WHERE level = 0 AND index = 1")).await;
    assert_eq!(vault.found().await, [(AlteredTile, 262, 262)], "the sixth hash of the second");

    let vault = Vault::sealed(EVENTS).await;
    vault
        .tamper("UPDATE log.tree_tiles SET hashes = set_byte(hashes, 33, 7) WHERE level = 1")
        .await;
    assert_eq!(vault.found().await, [(AlteredTile, 257, 512)], "the second hash above");

    for (lost, first) in [("level = 0 AND index = 0", 1), ("level = 0 AND index = 2", 513)] {
        let vault = Vault::sealed(EVENTS).await;
        vault.tamper(&format!("DELETE FROM log.tree_tiles WHERE {lost}")).await;
        let found = vault.found().await;
        assert!(
            !found.is_empty() && found.iter().all(|one| one.0 == AlteredTile && one.1 == first),
            "{lost}: {found:?}"
        );
    }

    let vault = Vault::sealed(EVENTS).await;
    vault
        .tamper(
            "UPDATE log.tree_tiles SET hashes = hashes || substring(hashes FROM 1 FOR 32)
                 WHERE level = 0 AND index = 2;
             INSERT INTO log.tree_tiles SELECT tenant_id, 2, 9, substring(hashes FROM 1 FOR 32)
                 FROM log.tree_tiles WHERE level = 1",
        )
        .await;
    let found = vault.found().await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one.0 == AlteredTile), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn altered_checkpoints_are_named() {
    for change in [
        "note = replace(note, E'\\n300\\n', E'\\n301\\n')",
        "note = replace(note, 'logs.example.com', 'else.example.com')",
        "note = ''",
        "root = set_byte(root, 0, get_byte(root, 0) # 1)",
    ] {
        let vault = Vault::sealed(EVENTS).await;
        vault.tamper(&format!("UPDATE log.tree_checkpoints SET {change} WHERE size = 300")).await;
        assert_eq!(vault.found().await, [(AlteredCheckpoint, 300, 300)], "{change}");
    }
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper("UPDATE log.tree_checkpoints SET size = 9000000000000 WHERE size = 700").await;
    let found = vault.found().await;
    assert!(
        found.contains(&(AlteredCheckpoint, 9_000_000_000_000, 9_000_000_000_000)),
        "{found:?}"
    );
    let vault = Vault::sealed(EVENTS).await;
    vault.tamper("DELETE FROM log.tree_checkpoints WHERE size = 700").await;
    let found = vault.found().await;
    assert!(!found.is_empty() && found.iter().all(|one| one.0 == AlteredTile), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_and_its_hash_altered_together_do_not_give_the_signed_root() {
    let vault = Vault::sealed(EVENTS).await;
    vault
        .tamper(&format!(
            "UPDATE log.events SET payload = payload || '\\x00' WHERE position = 650;
             UPDATE log.tree_tiles AS tile
             SET hashes = overlay(hashes PLACING leaf.hash FROM 32 * 137 + 1)
             FROM ({}) AS leaf
             WHERE tile.level = 0 AND tile.index = 2 AND leaf.position = 650",
            super::documented::LEAVES
        ))
        .await;
    // Only the checkpoints know: between which two it happened.
    assert_eq!(vault.found().await, [(AlteredLog, 601, 700)]);
}
