//! The drills: a tenant is lost and comes back, moves, or gets a copy.

use std::sync::Arc;

use event_store::archive::{Target, Trust, check};
use event_store::{archive::ArchiveStore, pg::uuid};
use tests::Database;
use tokio_postgres::error::SqlState;
use ulid::Ulid;

use super::world::{World, somebody};

/// What reactions leave behind: where they stand, a timer, a refusal.
async fn reacted(world: &World, tenant: Ulid) {
    let owner = world.owner().await;
    for (place, reaction) in (5..).zip(world.registry.reactions()) {
        let sql = "INSERT INTO log.checkpoints (consumer, tenant_id, position) VALUES ($1, $2, $3)";
        let consumer = reaction.consumer();
        owner.execute(sql, &[&consumer, &uuid(tenant), &i64::from(place)]).await.unwrap();
    }
    let timer = "INSERT INTO log.timers VALUES ($1, gen_random_uuid(), 'due', now(),
         '\\x007b7d', gen_random_uuid(), gen_random_uuid(), 2)";
    owner.execute(timer, &[&uuid(tenant)]).await.unwrap();
    let refused = "INSERT INTO log.refused_intents VALUES ($1, gen_random_uuid(), 'reaction:x',
         gen_random_uuid(), gen_random_uuid(), '\\x02', 'CODE', 'text', now())";
    owner.execute(refused, &[&uuid(tenant)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_lost_comes_back_as_it_was() {
    let world = World::filled(4).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    reacted(&world, tenant).await;
    world.project().await;
    let before = world.everything(tenant).await;
    let reactions = world.reactions(tenant).await;
    let timers = world.rows("log.timers", tenant).await;
    let refused = world.rows("log.refused_intents", tenant).await;
    for table in ["log.events", "log.claims", "log.series", "log.commands", "log.personal_data"] {
        assert!(!before[table].is_empty(), "{table}");
    }
    let exported = world.export(tenant, folder.path()).await;
    assert!(exported.manifest.events.len() > 3, "{:?}", exported.manifest);

    world.drop_tenant(tenant).await;
    assert!(world.everything(tenant).await.values().all(Vec::is_empty));
    let imported = world.import(folder.path(), Target::Same).await;
    assert_eq!((imported.tenant, imported.position), (tenant, exported.manifest.position));
    world.project().await;

    assert_eq!(world.everything(tenant).await, before);
    assert_eq!(world.reactions(tenant).await, reactions);
    assert_eq!(world.rows("log.timers", tenant).await, timers);
    assert_eq!(world.rows("log.refused_intents", tenant).await, refused);
    let owner = world.database.pool("tenantry_owner").unwrap();
    let ring = Arc::new(world.ring());
    let verified =
        projector::verify(&owner, &world.registry, &ring, &projector::Scope::default(), |_| {})
            .await
            .unwrap();
    assert_eq!(verified.found, 0);
    // Commands are remembered: given again, they change nothing; new ones go on.
    world.fill(4).await;
    assert_eq!(world.log(tenant).await, world_log(&before));
    world.fill(5).await;
    assert!(world.head(tenant).await > imported.position);
}

fn world_log(rows: &super::world::Rows) -> super::world::Rows {
    rows.iter()
        .filter(|(table, _)| table.starts_with("log."))
        .map(|(table, rows)| (table.clone(), rows.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_moves_to_another_database() {
    let (here, there) = (World::filled(3).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    reacted(&here, tenant).await;
    here.project().await;
    here.export(tenant, folder.path()).await;
    there.import(folder.path(), Target::Same).await;
    there.project().await;
    assert_eq!(there.everything(tenant).await, here.everything(tenant).await);
    assert_eq!(there.reactions(tenant).await, here.reactions(tenant).await);
    assert_eq!(there.rows("log.timers", tenant).await.len(), 1);
    let name = "SELECT name, created_at::text FROM log.tenants WHERE tenant_id = $1";
    let told = async |world: &World| -> (String, String) {
        let row = world.owner().await.query_one(name, &[&uuid(tenant)]).await.unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!(told(&there).await, told(&here).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_stands_beside_the_live_one_and_does_not_act_on_what_is_past() {
    let world = World::filled(3).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    reacted(&world, tenant).await;
    world.project().await;
    let exported = world.export(tenant, folder.path()).await;
    let refused = world.try_import(folder.path(), Target::Same, None).await.unwrap_err();
    assert!(refused.to_string().contains("--as NAME"), "{refused}");

    let copy = world.import(folder.path(), Target::Name("a copy".into())).await.tenant;
    assert_ne!(copy, tenant);
    world.project().await;
    assert_eq!(world.everything(copy).await, world.everything(tenant).await);
    let end = i64::try_from(exported.manifest.position).unwrap();
    let reactions = world.reactions(copy).await;
    assert_eq!(reactions.len(), world.registry.reactions().len());
    assert!(reactions.values().all(|position| *position == end), "{reactions:?}");
    assert_eq!(world.rows("log.timers", copy).await, Vec::<String>::new());
    // A second import of that name is another tenant.
    let second = world.import(folder.path(), Target::Name("a copy".into())).await.tenant;
    assert_ne!(second, copy);
    let chosen = Ulid::generate();
    assert_eq!(world.import(folder.path(), Target::Id(chosen)).await.tenant, chosen);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_log_is_archived_too() {
    let (here, there) = (World::new().await, World::new().await);
    let (tenant, folder) = (here.database.tenant().await.unwrap(), tempfile::tempdir().unwrap());
    let exported = here.export(tenant, folder.path()).await;
    assert_eq!((exported.events, exported.manifest.events.len()), (0, 0));
    there.import(folder.path(), Target::Same).await;
    assert_eq!(there.head(tenant).await, 0);
    // The log is empty there: an import into it is no loss.
    there.import(folder.path(), Target::Same).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_read_with_zstd_and_jq_alone() {
    let world = World::filled(3).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let exported = world.export(tenant, folder.path()).await;
    let shell = |script: &str| {
        let output = std::process::Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let sum = "jq -cSj 'del(.checksum)' manifest.json | sha256sum | cut -d' ' -f1";
    assert_eq!(shell(sum), shell("jq -r .checksum manifest.json"));
    shell("jq -r '(.events + .state)[] | .sha256 + \"  \" + .file' manifest.json | sha256sum -c");
    let events = "zstd -dc events-*.zst | jq -s 'map(.position) == [range(1; length + 1)], length'";
    assert_eq!(shell(events), format!("true\n{}", exported.manifest.position));
    let opened = "zstd -dc events-*.zst | jq -r 'select(.type == \"customer.opened\") | .data'";
    let opened = shell(opened);
    assert!(opened.contains("\"currency\"") && opened.contains("\"sealed\""), "{opened}");
    let claims = "zstd -dc state-*.zst | jq -r 'select(.table == \"claims\") | .row.stream_id'";
    assert_eq!(shell(claims).lines().count(), world.rows("log.claims", tenant).await.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_exports_checks_and_imports() {
    let (here, there) = (World::filled(2).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let id = event_store::TenantId(tenant).to_string();
    let archive = folder.path().join("made/on/the/way");
    let archive = archive.to_str().unwrap();
    let ended = |output: std::process::Output, code: i32| {
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (texts[0].trim().to_owned(), texts[1].clone())
    };
    let position = here.head(tenant).await;
    let (told, _) = ended(here.program(&["tenant", "export", &id, "--to", archive]), 0);
    assert_eq!(told, format!("{id} up to position {position}"));
    let (_, error) = ended(here.program(&["tenant", "export", &id, "--to", archive]), 1);
    assert!(error.contains("--since-archive"), "{error}");
    let (told, _) = ended(there.program(&["tenant", "verify-archive", archive]), 0);
    assert_eq!(told, format!("{id} up to position {position}"));
    ended(there.program(&["tenant", "import", archive, "--check"]), 0);
    assert_eq!(there.rows("log.tenants", tenant).await.len(), 0);
    let (told, error) = ended(there.program(&["tenant", "import", archive]), 0);
    assert_eq!(told, id, "{error}");
    let (copy, _) =
        ended(there.program(&["tenant", "import", archive, "--as", "a copy", "--until", "10"]), 0);
    let copy: event_store::TenantId = copy.parse().unwrap();
    assert_eq!(there.head(copy.0).await, 10);
    let (_, error) = ended(there.program(&["tenant", "import", "/not/there"]), 1);
    assert!(error.contains("/not/there"), "{error}");
    let (_, error) = ended(there.program(&["tenant", "import", "gopher://a/b"]), 1);
    assert!(error.contains("gopher"), "{error}");
    let (_, error) =
        ended(there.program(&["tenant", "export", &id, "--to", archive, "--until", "x"]), 2);
    assert!(error.contains("a position like 42"), "{error}");
}

#[tokio::test]
async fn no_service_sees_imports_or_removes_events() {
    let database = Database::new().await.unwrap();
    for role in ["tenantry_command", "tenantry_query", "tenantry_projector", "tenantry_worker"] {
        let client = database.owner().await.unwrap();
        client.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        for sql in [
            "SELECT FROM log.imports",
            "DELETE FROM log.events",
            "SELECT log.abandon_import(gen_random_uuid())",
        ] {
            let error = client.batch_execute(sql).await.expect_err(sql);
            assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{role}: {sql}");
        }
    }
    let tenant = database.tenant().await.unwrap();
    let client = database.owner().await.unwrap();
    client.batch_execute("SET ROLE tenantry_owner").await.unwrap();
    let error = client.execute("SELECT log.abandon_import($1)", &[&uuid(tenant)]).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_made_while_many_write_agrees_with_itself() {
    let (here, there) = (World::filled(2).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let (exported, ()) = tokio::join!(here.export(tenant, folder.path()), here.fill(6));
    let position = exported.manifest.position;
    assert!(position < here.head(tenant).await);
    there.import(folder.path(), Target::Same).await;
    // The same state follows from the events up to there and from what was
    // archived with them.
    let whole = tempfile::tempdir().unwrap();
    here.export(tenant, whole.path()).await;
    let until = Some(event_store::archive::Until::Position(position));
    let in_tables =
        there.try_import(whole.path(), Target::Name("folded".into()), until).await.unwrap();
    assert_eq!(there.log(tenant).await, there.log(in_tables.tenant).await);
    let store = ArchiveStore::open(folder.path().to_str().unwrap()).unwrap();
    let checked = check(&store, &here.registry, &Trust::default(), |_| {}).await.unwrap();
    assert_eq!(checked.manifest, exported.manifest);
}
