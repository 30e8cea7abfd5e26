//! Somebody makes a whole log that agrees with itself.

use event_store::integrity::{Kind::ForgedCheckpoint, SealError, Sealer};

use super::{Vault, keyring};

/// Throws the tree away, changes history, and seals it with a key of one's own.
async fn forge(vault: &Vault) {
    vault
        .tamper(
            "UPDATE log.events SET payload = payload || '\\x00' WHERE position = 4;
             DELETE FROM log.tree_tiles;
             DELETE FROM log.tree_checkpoints",
        )
        .await;
    let forger = Sealer::new(vault.database.pool("tenantry_worker").unwrap(), keyring(66));
    while forger.clone().with_batch(100).seal(vault.tenant).await.unwrap().is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_log_is_not_signed_by_a_known_key() {
    let vault = Vault::sealed(300).await;
    let kept = vault.kept().await;
    forge(&vault).await;
    let expected = [100, 200, 300].map(|size| (ForgedCheckpoint, size, size));
    assert_eq!(vault.found().await, expected);
    // With a checkpoint that was kept it is also known that history differs.
    let found = super::brief(&vault.audit_with(vec![kept]).await.differences);
    assert!(found.iter().any(|one| one.0 == event_store::integrity::Kind::AlteredLog), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealer_signs_nothing_on_top_of_what_it_did_not_sign() {
    let vault = Vault::sealed(300).await;
    forge(&vault).await;
    vault.write(vault.tenant, 1).await;
    let refused = vault.sealer.seal(vault.tenant).await.unwrap_err();
    assert!(matches!(refused, SealError::Checkpoint { size: 300, .. }), "{refused}");
    assert!(refused.is_evidence());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sealer_stops_at_what_was_altered() {
    let cases = [
        ("DELETE FROM log.events WHERE position = 302", "no event at position 302"),
        ("UPDATE log.heads SET position = 299", "has 299 events, but 300 were signed"),
        ("DELETE FROM log.tree_tiles WHERE level = 1", "do not lead to the root"),
        (
            "UPDATE log.tree_tiles SET hashes = set_byte(hashes, 1, get_byte(hashes, 1) # 1)
             WHERE level = 0 AND index = 1",
            "do not lead to the root",
        ),
        ("UPDATE log.tree_checkpoints SET note = replace(note, '300', '200')", "is not accepted"),
    ];
    for (change, told) in cases {
        let vault = Vault::sealed(300).await;
        vault.write(vault.tenant, 3).await;
        vault.tamper(change).await;
        let refused = vault.sealer.seal(vault.tenant).await.unwrap_err();
        assert!(refused.to_string().contains(told), "{change}: {refused}");
        assert!(refused.is_evidence());
        let checkpoints = vault.number("SELECT count(*) FROM log.tree_checkpoints").await;
        assert_eq!(checkpoints, 3, "nothing was signed: {change}");
    }
}
