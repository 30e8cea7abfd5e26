//! Archives that are added to.

use std::collections::BTreeMap;

use event_store::archive::{Target, Until};
use ulid::Ulid;

use super::world::{World, somebody};

fn files(folder: &std::path::Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_is_added() {
    let (here, there) = (World::filled(2).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    // The flag alone begins one: a schedule needs no first time.
    here.try_export(tenant, folder.path(), None, true).await.unwrap();
    let mut events_before = BTreeMap::new();
    for days in [2, 3, 5] {
        here.fill(days).await;
        let before = here.head(tenant).await;
        let exported = here.try_export(tenant, folder.path(), None, true).await.unwrap();
        assert_eq!(exported.manifest.position, before);
        let now = files(folder.path());
        let listed = exported.manifest.events.len() + exported.manifest.state.len();
        // With the manifest and the keys.
        let listed = listed + 2;
        assert_eq!(now.len(), listed, "what no manifest lists is gone");
        for (file, content) in &events_before {
            assert_eq!(now.get(file), Some(content), "{file} is as it was");
        }
        events_before = now.into_iter().filter(|(file, _)| file.starts_with("events-")).collect();
    }
    there.import(folder.path(), Target::Same).await;
    assert_eq!(there.log(tenant).await, here.log(tenant).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_something_else_is_not_added_to() {
    let (here, there) = (World::filled(2).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let exported = here.export(tenant, folder.path()).await;
    let before = files(folder.path());
    let refused = async |world: &World, tenant, until, since, told: &str| {
        let refused = world.try_export(tenant, folder.path(), until, since).await.unwrap_err();
        assert!(refused.to_string().contains(told), "{refused}");
        assert_eq!(files(folder.path()), before);
    };
    refused(&here, tenant, None, false, "--since-archive").await;
    let other = here.database.tenant().await.unwrap();
    refused(&here, other, None, true, "holds the archive of").await;
    refused(&here, Ulid::generate(), None, true, "holds the archive of").await;
    let earlier = Some(Until::Position(exported.manifest.position - 1));
    refused(&here, tenant, earlier, true, "reaches to position").await;
    // The same tenant with another past.
    there.fill(4).await;
    refused(&there, tenant, None, true, "their histories differ").await;
    let new = folder.path().join("new");
    let unknown = here.try_export(Ulid::generate(), &new, None, false).await.unwrap_err();
    assert!(unknown.to_string().contains("has no log here"), "{unknown}");
}
