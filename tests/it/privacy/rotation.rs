//! Keys are replaced from the top down, and nothing is lost by it.

use event_store::keys::{KeyEncryption, MasterKeys, retire, rotate};
use service::now;

use super::place::Place;

#[tokio::test]
async fn after_a_rotation_everything_opens_under_the_new_keys_alone() {
    let place = Place::new().await;
    let zoe = place.open("zoe@example.com").await.unwrap();
    let gone = place.open("gone@example.com").await.unwrap();
    place.erase(gone).await.unwrap();
    let mut owner = place.database.owner().await.unwrap();
    let first = place.master.list()[0].0.clone();
    let second = place.master.add(now()).unwrap();
    assert_eq!(rotate(&mut owner, &*place.master, place.tenant).await.unwrap(), 1);
    // A process that still has the old key in memory goes on writing with it.
    let late = place.open("late@example.com").await.unwrap();
    assert_eq!(retire(&mut owner, place.tenant, now()).await.unwrap(), [second]);
    assert_eq!(place.master.destroy_before(now()).unwrap(), [first]);
    for (customer, email) in [(zoe, "zoe@example.com"), (late, "late@example.com")] {
        assert_eq!(place.shown(customer).await[0]["email"], email);
    }
    assert!(place.shown(gone).await[0]["email"].is_null());
    // Values that must be found again are still found.
    assert!(place.open("zoe@example.com").await.is_err());
    assert_eq!(place.master.list().len(), 1);
}

#[tokio::test]
async fn a_copy_from_before_is_lost_once_its_master_key_is_destroyed() {
    let place = Place::new().await;
    let zoe = place.open("zoe@example.com").await.unwrap();
    let mut owner = place.database.owner().await.unwrap();
    owner
        .batch_execute(
            "CREATE TABLE above AS TABLE log.tenant_keys;
             CREATE TABLE below AS TABLE log.subject_keys",
        )
        .await
        .unwrap();
    place.master.add(now()).unwrap();
    rotate(&mut owner, &*place.master, place.tenant).await.unwrap();
    place.master.destroy_before(now()).unwrap();
    owner
        .batch_execute(
            "DELETE FROM log.tenant_keys; INSERT INTO log.tenant_keys TABLE above;
             DELETE FROM log.subject_keys; INSERT INTO log.subject_keys TABLE below",
        )
        .await
        .unwrap();
    let lost = place.ring().keys(place.tenant, &[zoe]).await.unwrap_err().to_string();
    assert!(lost.contains("master key"), "{lost}");
}

#[test]
fn the_file_of_master_keys_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.keys");
    let missing = MasterKeys::open(&path).unwrap_err().to_string();
    assert!(missing.contains("master.keys"), "{missing}");
    // Many may make it; there is one.
    let made: Vec<_> = std::thread::scope(|scope| {
        let make = || MasterKeys::open_or_create(&path, now()).unwrap().list();
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    assert!(made.iter().all(|keys| *keys == made[0]), "{made:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let keys = MasterKeys::open(&path).unwrap();
    let added = keys.add(now()).unwrap();
    assert_eq!(MasterKeys::open(&path).unwrap().list()[1].0, added);
}

#[test]
fn what_another_process_wrote_meanwhile_stays_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.keys");
    let one = MasterKeys::open_or_create(&path, now()).unwrap();
    let other = MasterKeys::open(&path).unwrap();
    let added = other.add(now()).unwrap();
    // The newest as the first process knows it is no longer the newest.
    assert_eq!(one.destroy_before(now()).unwrap().len(), 1);
    let left: Vec<_> = MasterKeys::open(&path).unwrap().list().into_iter().map(|k| k.0).collect();
    assert_eq!(left, [added]);
    // Many add at once: none is lost.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| MasterKeys::open(&path).unwrap().add(now()).unwrap());
        }
    });
    assert_eq!(MasterKeys::open(&path).unwrap().list().len(), 9);
}

#[test]
fn a_file_that_is_no_key_file_is_refused_with_the_reason() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.keys");
    let mode = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let refused = || MasterKeys::open(&path).unwrap_err().to_string();
    std::fs::write(&path, "").unwrap();
    mode(0o600);
    assert!(refused().contains("no key in it"), "{}", refused());
    std::fs::write(&path, "00 2026-01-01T00:00:00Z AAAA\n").unwrap();
    assert!(refused().contains("line 1"), "{}", refused());
    std::fs::remove_file(&path).unwrap();
    MasterKeys::open_or_create(&path, now()).unwrap();
    mode(0o644);
    assert!(refused().contains("chmod 600"), "{}", refused());
}

#[tokio::test]
async fn a_key_that_another_process_added_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.keys");
    let one = MasterKeys::open_or_create(&path, now()).unwrap();
    let other = MasterKeys::open(&path).unwrap();
    other.add(now()).unwrap();
    let tenant = ulid::Ulid::generate();
    let wrapped = other.wrap(tenant, b"a tenant's key").await.unwrap();
    assert_eq!(*one.unwrap(tenant, &wrapped).await.unwrap(), b"a tenant's key");
    let elsewhere = one.unwrap(ulid::Ulid::generate(), &wrapped).await;
    assert!(elsewhere.is_err(), "it is wrapped for one tenant");
}
