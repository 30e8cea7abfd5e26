//! Killed half-way, at many points.

use std::{path::Path, process::Child, time::Duration};

use event_store::{
    TenantId,
    archive::{Target, abandon},
    pg::provision,
};
use ulid::Ulid;

use super::world::{World, somebody, until};

fn event_files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            // A file that is being written has a number behind its name.
            name.starts_with("events-") && name.contains(".zst")
        })
        .count()
}

/// Kills a process that has come so far; or lets it end, if it was faster.
fn kill(mut child: Child, mut so_far: impl FnMut() -> bool) {
    until(|| so_far() || child.try_wait().unwrap().is_some());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_export_goes_on_where_it_was() {
    let (here, there) = (World::filled(6).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let killed = folder.path().join("killed");
    // A file per event, or two.
    let (id, size) = (TenantId(tenant).to_string(), "1500".to_owned());
    let files = usize::try_from(here.head(tenant).await).unwrap() / 2;
    let to = killed.to_str().unwrap();
    let arguments = ["tenant", "export", &id, "--to", to, "--segment-bytes", &size];
    for enough in [1, files / 3, files / 2, files - 2] {
        tokio::task::block_in_place(|| {
            until(|| {
                let child = here.command(&arguments).spawn().unwrap();
                kill(child, || event_files(&killed) >= enough);
                let faster = killed.join("manifest.json").exists();
                if faster {
                    std::fs::remove_dir_all(&killed).unwrap();
                }
                !faster
            });
        });
        let read = there.try_import(&killed, Target::Same, None).await.unwrap_err();
        assert!(read.to_string().contains("run the export again"), "{read}");
    }
    // A file that was torn is written anew.
    let torn = killed.join("events-000000000001.ndjson.zst");
    let content = std::fs::read(&torn).unwrap();
    std::fs::write(&torn, &content[..content.len() / 2]).unwrap();
    let exported = here.try_export(tenant, &killed, None, false).await.unwrap();
    assert_eq!(exported.found, 0);
    let manifest = killed.join("manifest.json");
    std::fs::remove_file(manifest).unwrap();
    let again = here.try_export(tenant, &killed, None, false).await.unwrap();
    assert_eq!(again.found, again.manifest.position);
    assert_eq!(again.manifest.events, exported.manifest.events);
    there.import(&killed, Target::Same).await;
    assert_eq!(there.log(tenant).await, here.log(tenant).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was() {
    let (here, there) = (World::filled(6).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let position = here.export(tenant, folder.path()).await.manifest.position;
    let from = folder.path().to_str().unwrap();
    let owner = there.owner().await;
    let written = async || -> i64 {
        let sql = "SELECT coalesce(max(position), 0) FROM log.imports";
        owner.query_one(sql, &[]).await.unwrap().get(0)
    };
    let mut so_far = 0;
    for part in 1..=4 {
        // Whoever writes further waits for a lock that is held here.
        let enough = (position * part / 6).cast_signed();
        let holder = there.owner().await;
        let hold = format!(
            "CREATE OR REPLACE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF NEW.position > {enough} THEN PERFORM pg_advisory_xact_lock(4711); END IF;
                 RETURN NEW;
             END $$;
             CREATE OR REPLACE TRIGGER hold BEFORE UPDATE ON log.imports
                 FOR EACH ROW EXECUTE FUNCTION public.hold();
             SELECT pg_advisory_lock(4711)"
        );
        holder.batch_execute(&hold).await.unwrap();
        let mut child = there.command(&["tenant", "import", from, "--as", "b"]).spawn().unwrap();
        let waiting = "SELECT pid FROM pg_locks
             WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted";
        let waits = eventually(async || owner.query_opt(waiting, &[]).await.unwrap()).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // What it was about to write is rolled back before anybody looks.
        let pid: i32 = waits.get(0);
        owner.execute("SELECT pg_terminate_backend($1, 60000)", &[&pid]).await.unwrap();
        holder.batch_execute("DROP TRIGGER hold ON log.imports").await.unwrap();
        drop(holder);
        let now = written().await;
        assert!(now >= so_far, "{now} after {so_far}");
        so_far = now;
        let heads = "SELECT count(*) FROM log.heads";
        let open: i64 = owner.query_one(heads, &[]).await.unwrap().get(0);
        assert_eq!(open, 0, "half a log is none");
    }
    assert!(so_far > 0);
    let imported = there.import(folder.path(), Target::Name("b".into())).await;
    assert_eq!(imported.found, so_far.cast_unsigned());
    assert_eq!(there.log(imported.tenant).await, here.log(tenant).await);
}

/// Looks until there is something.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            match look().await {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), found).await.unwrap()
}

/// An import that stopped half-way, as a kill leaves it.
async fn half(world: &World, tenant: Ulid) {
    let owner = world.owner().await;
    let cut = "WITH gone AS (
             DELETE FROM log.events AS e USING log.imports AS i
             WHERE e.tenant_id = $1 AND i.tenant_id = $1 AND e.position > i.until_position / 2
         ), head AS (
             DELETE FROM log.heads WHERE tenant_id = $1
         ), claims AS (
             DELETE FROM log.claims WHERE tenant_id = $1
         ), series AS (
             DELETE FROM log.series WHERE tenant_id = $1
         ), commands AS (
             DELETE FROM log.commands WHERE tenant_id = $1
         ), checkpoints AS (
             DELETE FROM log.checkpoints WHERE tenant_id = $1
         ), personal AS (
             DELETE FROM log.personal_data WHERE tenant_id = $1
         ), tenants AS (
             DELETE FROM log.tenants WHERE tenant_id = $1
         )
         UPDATE log.imports SET position = until_position / 2, finished_at = NULL
         WHERE tenant_id = $1";
    assert_eq!(owner.execute(cut, &[&event_store::pg::uuid(tenant)]).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_under_way_is_given_up_or_gone_on_with_and_nothing_else() {
    let (here, there) = (World::filled(3).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let position = here.export(tenant, folder.path()).await.manifest.position;
    there.import(folder.path(), Target::Same).await;
    half(&there, tenant).await;
    // Nobody can open the log meanwhile.
    provision(&there.owner().await, tenant, "somebody").await.unwrap();
    let log = there.log(tenant).await;
    assert_eq!((log["log.heads"].len(), log["log.events"].len() as u64), (0, position / 2));
    // Not with another end.
    let other = Some(event_store::archive::Until::Position(position - 1));
    let refused = there.try_import(folder.path(), Target::Same, other).await.unwrap_err();
    assert!(refused.to_string().contains("--abandon"), "{refused}");

    let events = abandon(&mut there.owner().await, tenant).await.unwrap();
    assert_eq!(events, position / 2);
    assert!(there.everything(tenant).await.values().all(Vec::is_empty));
    let refused = abandon(&mut there.owner().await, tenant).await.unwrap_err();
    assert!(refused.to_string().contains("no import into"), "{refused}");

    there.import(folder.path(), Target::Same).await;
    half(&there, tenant).await;
    let imported = there.import(folder.path(), Target::Same).await;
    assert_eq!(imported.found, position / 2);
    assert_eq!(there.log(tenant).await, here.log(tenant).await);
    let refused = abandon(&mut there.owner().await, tenant).await.unwrap_err();
    assert!(refused.to_string().contains("no import into"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_empty_is_so_again_when_its_import_is_given_up() {
    let (here, there) = (World::filled(2).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    here.export(tenant, folder.path()).await;
    let empty = there.database.tenant().await.unwrap();
    there.import(folder.path(), Target::Id(empty)).await;
    half(&there, empty).await;
    abandon(&mut there.owner().await, empty).await.unwrap();
    assert_eq!(there.head(empty).await, 0);
    there.import(folder.path(), Target::Id(empty)).await;
    assert_eq!(there.log(empty).await, here.log(tenant).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_imports_of_the_same_do_not_mix() {
    let (here, there) = (World::filled(4).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    here.export(tenant, folder.path()).await;
    let (one, two) = tokio::join!(
        there.try_import(folder.path(), Target::Same, None),
        there.try_import(folder.path(), Target::Same, None)
    );
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    for lost in [one, two].into_iter().filter_map(Result::err) {
        let lost = lost.to_string();
        assert!(lost.contains("another import") || lost.contains("has a log"), "{lost}");
    }
    assert_eq!(there.log(tenant).await, here.log(tenant).await);
}
