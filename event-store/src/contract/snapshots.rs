//! Snapshots are kept for whoever looks, one per stream.

use ulid::Ulid;

use crate::{Log, StoredSnapshot};

/// Runs every case, each with tenants of its own from `provision`.
pub(super) async fn all<P, F>(log: &dyn Log, provision: &P)
where
    P: Fn() -> F,
    F: Future<Output = Ulid>,
{
    a_snapshot_comes_back_as_it_went_in(log, provision().await).await;
    the_last_snapshot_counts(log, provision().await).await;
    a_snapshot_is_of_one_tenant(log, provision().await, provision().await).await;
}

fn snapshot(version: u64) -> StoredSnapshot {
    StoredSnapshot {
        stream_type: "thing".to_owned(),
        version,
        event_id: Ulid::generate(),
        fingerprint: [u8::try_from(version % 256).unwrap_or(0); 32],
        // A map with the one field `version`.
        state: [&[0x81, 0xA7], b"version".as_slice(), &[0xCF], &version.to_be_bytes()]
            .concat()
            .into(),
    }
}

async fn a_snapshot_comes_back_as_it_went_in(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    assert_eq!(log.snapshot(tenant, stream).await.unwrap(), None);
    let stored = snapshot(7);
    log.store_snapshot(tenant, stream, stored.clone()).await.unwrap();
    assert_eq!(log.snapshot(tenant, stream).await.unwrap(), Some(stored));
    assert_eq!(log.snapshot(tenant, Ulid::generate()).await.unwrap(), None);
}

/// After a restore to an earlier moment the right one is of a lower version.
async fn the_last_snapshot_counts(log: &dyn Log, tenant: Ulid) {
    let stream = Ulid::generate();
    for stored in [snapshot(7), snapshot(1_000), snapshot(3)] {
        log.store_snapshot(tenant, stream, stored.clone()).await.unwrap();
        assert_eq!(log.snapshot(tenant, stream).await.unwrap(), Some(stored));
    }
}

async fn a_snapshot_is_of_one_tenant(log: &dyn Log, tenant: Ulid, other: Ulid) {
    let stream = Ulid::generate();
    log.store_snapshot(tenant, stream, snapshot(7)).await.unwrap();
    assert_eq!(log.snapshot(other, stream).await.unwrap(), None);
    log.store_snapshot(other, stream, snapshot(8)).await.unwrap();
    assert_eq!(log.snapshot(tenant, stream).await.unwrap().map(|one| one.version), Some(7));
}
