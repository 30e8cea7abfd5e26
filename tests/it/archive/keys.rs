//! Personal data comes along with its keys, and with nothing else.

use std::{fs, path::Path, sync::Arc};

use event_store::{
    Log, StoredEvent,
    archive::{KeyFile, KeySource, Target, Until},
    keys::{Erasure, MasterKeys, erase},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::world::{KEYS, World, key_file, somebody};

/// What the events say to whoever has the keys here, but for their tenant.
async fn read(world: &World, tenant: Ulid) -> Vec<StoredEvent> {
    let end = CancellationToken::new();
    let mut events = world.log_of(&end).read_tenant(tenant, 0, 100_000).await.unwrap();
    end.cancel();
    for event in &mut events {
        event.envelope.tenant = Ulid::nil();
    }
    events
}

/// Somebody of whom there is personal data.
async fn person(world: &World, tenant: Ulid) -> Ulid {
    let sql = "SELECT min(subject_id::text)::uuid FROM log.personal_data WHERE tenant_id = $1";
    let row = world.owner().await.query_one(sql, &[&event_store::pg::uuid(tenant)]).await.unwrap();
    Ulid(row.get::<_, uuid::Uuid>(0).as_u128())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_travel_in_a_file_of_their_own() {
    let (here, there) = (World::filled(3).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    here.export(tenant, folder.path()).await;
    let imported = there.import(folder.path(), Target::Same).await;
    assert_eq!(imported.unreadable, 0);
    assert_eq!(read(&there, tenant).await, read(&here, tenant).await);
    assert_eq!(
        there.rows("log.subject_keys", tenant).await,
        here.rows("log.subject_keys", tenant).await
    );
    // Another tenant id, another master key: the same values.
    let copy = there.import(folder.path(), Target::Name("a copy".into())).await.tenant;
    assert_eq!(read(&there, copy).await, read(&here, tenant).await);
    // Both go on with the same keys: a value that is taken is known as taken.
    here.fill(4).await;
    there.fill(4).await;
    assert_eq!(there.rows("log.claims", tenant).await, here.rows("log.claims", tenant).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_people_read_as_erased() {
    let (here, there) = (World::filled(3).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    here.export(tenant, folder.path()).await;
    for keys in [KeySource::Nowhere, KeySource::Tenant] {
        let to = Target::Id(Ulid::generate());
        let imported = there.import_with(folder.path(), to, None, keys).await.unwrap();
        let people = here.rows("log.subject_keys", tenant).await.len() as u64;
        assert_eq!(imported.unreadable, people);
        let (known, unknown) = (read(&here, tenant).await, read(&there, imported.tenant).await);
        assert_eq!(known.len(), unknown.len());
        assert_ne!(known, unknown);
        there.project().await;
        assert_eq!(
            there.rows("log.consumer_failures", imported.tenant).await,
            Vec::<String>::new()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_beside_the_live_one_takes_its_keys() {
    let world = World::filled(3).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let position = world.export(tenant, folder.path()).await.manifest.position;
    let to = Target::Name("a copy".into());
    let imported = world.import_with(folder.path(), to, None, KeySource::Tenant).await.unwrap();
    assert_eq!(imported.unreadable, 0);
    assert_eq!(read(&world, imported.tenant).await, read(&world, tenant).await);
    // At an earlier moment too, where claims are folded from what is opened.
    let (to, until) = (Target::Name("then".into()), Some(Until::Position(position - 1)));
    world.import_with(folder.path(), to, until, KeySource::Tenant).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_erased_stays_so() {
    let world = World::filled(3).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    world.export(tenant, folder.path()).await;
    let subject = person(&world, tenant).await;
    let erasure = Erasure {
        tenant,
        subject,
        actor: "user:officer".to_owned(),
        reason: "asked for it".to_owned(),
    };
    let mut owner = world.owner().await;
    erase(&mut owner, &world.registry, &world.ring(), &erasure).await.unwrap();
    let live = read(&world, tenant).await;
    for keys in [KeySource::File(key_file(folder.path())), KeySource::Tenant] {
        let to = Target::Id(Ulid::generate());
        let copy = world.import_with(folder.path(), to, None, keys).await.unwrap();
        assert_eq!(copy.unreadable, 0);
        assert_eq!(read(&world, copy.tenant).await, live);
        let log = world.log(copy.tenant).await;
        assert_eq!(log["log.erasures"], world.rows("log.erasures", tenant).await);
        assert_eq!(log["log.heads"], world.rows("log.heads", tenant).await);
        assert_eq!(log["log.claims"], world.rows("log.claims", tenant).await);
    }
    // An archive that knows of it carries it to where nobody does.
    let there = World::new().await;
    let again = folder.path().join("again");
    world.export(tenant, &again).await;
    fs::copy(folder.path().join(KEYS), again.join(KEYS)).unwrap();
    there.import(&again, Target::Same).await;
    assert_eq!(read(&there, tenant).await, live);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_keys_that_does_not_fit_is_refused() {
    let (here, there) = (World::filled(2).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    here.export(tenant, folder.path()).await;
    let content = fs::read(folder.path().join(KEYS)).unwrap();
    let spoilt = folder.path().join("spoilt");
    let refused = async |file: KeyFile, told: &str| {
        let keys = KeySource::File(file);
        let refused = there.import_with(folder.path(), Target::Same, None, keys).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(told), "{refused} does not say {told:?}");
        assert_eq!(there.log(tenant).await.values().map(Vec::len).sum::<usize>(), 0);
    };
    let with = |content: &[u8]| {
        fs::write(&spoilt, content).unwrap();
        KeyFile { path: spoilt.clone(), ..key_file(Path::new("")) }
    };
    let mut flipped = content.clone();
    flipped[content.len() / 2] ^= 1;
    refused(with(&flipped), "spoilt").await;
    refused(with(&content[..content.len() / 2]), "spoilt").await;
    refused(with(b"{}"), "no file of keys").await;
    refused(with(b""), "does not come to its end").await;
    let text = String::from_utf8(content.clone()).unwrap();
    refused(with(text.replacen("\"version\":1", "\"version\":2", 1).as_bytes()), "tenantry-keys 2")
        .await;
    let other = Arc::new(MasterKeys::ephemeral().unwrap());
    let file = KeyFile { path: folder.path().join(KEYS), transfer: other };
    refused(file, "master key").await;
    refused(KeyFile { path: folder.path().join("none"), ..key_file(Path::new("")) }, "none").await;
    let others = here.database.tenant().await.unwrap();
    let elsewhere = folder.path().join("elsewhere");
    here.export(others, &elsewhere).await;
    refused(key_file(&elsewhere), "the archive is of").await;
    // What was begun is gone on with.
    there.import(folder.path(), Target::Same).await;
    assert_eq!(read(&there, tenant).await, read(&here, tenant).await);
}
