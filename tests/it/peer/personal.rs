//! People who come from elsewhere are as well kept, and as well forgotten, as
//! those who began here.

use event_store::{
    PgLog,
    import::{Import, ImportError, Rules, TenantRule, import},
    keys::{Erasure, KeyError, erase},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{OurStore, PeerStore, events, log, registry};

/// A customer, and what becomes of them, in the source.
async fn put(peer: &PeerStore, id: Ulid, rows: &[(i64, &str, serde_json::Value)]) {
    for (sequence, event, payload) in rows {
        peer.run(&format!(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type,
                 event_version, payload, metadata)
             VALUES ('Customer', '{id}', {sequence}, '{event}', '1.0', '{payload}', '{{}}')"
        ))
        .await;
    }
}

fn opened(name: &str, email: &str) -> serde_json::Value {
    json!({ "Opened": {
        "name": name, "email": email, "currency": "ZAR", "payment_terms_days": 7,
    } })
}

#[tokio::test(flavor = "multi_thread")]
async fn are_sealed_claimed_and_forgotten() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let tenant = ours.database.tenant().await.unwrap();
    let rules =
        Rules { tenant: Some(TenantRule::Constant("a tenant".to_owned())), ..Rules::default() };
    let wanted = Import { rules, ..Import::default() };
    let carry = async || {
        let mut source = peer.database.owner().await.unwrap();
        let mut target = ours.database.owner().await.unwrap();
        import(&mut source, &mut target, &ours.keys(), &registry(), &wanted, &|_| ()).await
    };
    let (thandi, sipho) = (Ulid::generate(), Ulid::generate());
    put(&peer, thandi, &[(1, "Opened", opened("Thandi", "thandi@example.com"))]).await;
    put(&peer, sipho, &[(1, "Opened", opened("Sipho", "sipho@example.com"))]).await;
    assert_eq!(carry().await.unwrap().imported, 2);

    // They read as they were, and lie in no table as they were.
    let emails = async |log: &PgLog| {
        let events = events(log, tenant).await;
        events.into_iter().map(|event| event.fields["email"].clone()).collect::<Vec<_>>()
    };
    let both = [json!("thandi@example.com"), json!("sipho@example.com")];
    assert_eq!(emails(&ours.log).await, both);
    let owner = ours.database.owner().await.unwrap();
    let open = "SELECT count(*) FROM log.events WHERE position('@example'::bytea IN payload) > 0";
    assert_eq!(owner.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
    let claims = "SELECT count(*) FROM log.claims WHERE scope = 'customer.email' AND key !~ '@'";
    assert_eq!(owner.query_one(claims, &[]).await.unwrap().get::<_, i64>(0), 2);

    // What comes later finds the same keys and claims.
    let third = Ulid::generate();
    put(&peer, third, &[(1, "Opened", opened("Other", "THANDI@example.com"))]).await;
    let refused = carry().await.unwrap_err();
    assert!(matches!(&refused, ImportError::Refused(_)), "{refused}");
    assert!(refused.to_string().contains("belongs to another stream"), "{refused}");
    peer.run(&format!("DELETE FROM events WHERE aggregate_id = '{third}'")).await;
    let closed = json!({ "Closed": { "reason": "moved", "email": "thandi@example.com" } });
    put(&peer, thandi, &[(2, "Closed", closed.clone())]).await;
    assert_eq!(carry().await.unwrap().imported, 1);
    assert_eq!(owner.query_one(claims, &[]).await.unwrap().get::<_, i64>(0), 1);

    // Whoever is forgotten is forgotten, and does not come again.
    let erasure = Erasure {
        tenant,
        subject: thandi,
        actor: "operator:test".to_owned(),
        reason: "asked".to_owned(),
    };
    let keys = ours.keys();
    let mut client = ours.database.owner().await.unwrap();
    let erased = erase(&mut client, &registry(), &keys, &erasure).await.unwrap();
    assert_eq!(erased.events, 2);
    let end = CancellationToken::new();
    let read = emails(&log(&ours.database, ours.master.clone(), &end)).await;
    end.cancel();
    assert_eq!(read, [json!(null), json!("sipho@example.com"), json!(null)]);
    put(&peer, thandi, &[(3, "Closed", closed)]).await;
    let refused = carry().await.unwrap_err();
    assert!(
        matches!(refused, ImportError::Keys(KeyError::Erased(subject)) if subject == thandi),
        "{refused}"
    );
}
