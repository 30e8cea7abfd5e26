//! Tables that are built for a while, with interruptions.

use projector::{
    Phase, RebuildError, RebuildOrder, create_tables, pause, projections, rebuild, resume,
};

use crate::{
    library::{Library, connect},
    newer::{Marked, Newer},
    versions::{built, declared, owner, seen, verified},
};

#[tokio::test]
async fn a_build_that_was_cut_short_goes_on_where_it_was() {
    let library = Library::open().await;
    for books in [1, 2, 3, 4] {
        library.tenant().await.busy(books).await;
    }
    library.tenant().await;
    library.projector().step_until_idle().await.unwrap();
    let newer = declared::<Newer>(&library).await;
    // Two tenants are loaded, then others have to wait for a lock.
    let hinder = "
        CREATE SEQUENCE log.hindered;
        CREATE FUNCTION log.hinder() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            IF nextval('log.hindered') > 2 THEN
                PERFORM pg_advisory_xact_lock(4711);
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER hinder BEFORE INSERT ON log.built_tenants
            FOR EACH ROW EXECUTE FUNCTION log.hinder();
        SELECT pg_advisory_lock(4711)";
    library.admin.batch_execute(hinder).await.unwrap();
    let owner = library.pool("tenantry_owner");
    let (pool, registry, ring) = (owner.clone(), newer.clone(), library.ring.clone());
    let cut = tokio::spawn(async move { rebuild(&pool, &registry, &ring, "shelf", |_| {}).await });
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    library.eventually(&format!("SELECT least(1, ({waiting}))"), 1).await;
    library.eventually("SELECT count(*) FROM log.built_tenants", 2).await;
    cut.abort();
    assert!(cut.await.unwrap_err().is_cancelled());
    library
        .admin
        .batch_execute("SELECT pg_advisory_unlock(4711); DROP FUNCTION log.hinder CASCADE")
        .await
        .unwrap();
    let mut report = projections(&connect(&library.config).await, 1).await.unwrap();
    report.retain(|projection| projection.consumer == "shelf_v2");
    assert!(report.first().unwrap().build.is_some());

    let resumed = loop {
        // The server may still be leaving the session that was cut off.
        match rebuild(&owner, &newer, &library.ring, "shelf", |_| {}).await {
            Err(RebuildError::Busy(_)) => tokio::task::yield_now().await,
            resumed => break resumed.unwrap(),
        }
    };
    assert_eq!((resumed.tenants, resumed.resumed, resumed.rows), (5, 2, 10));
    assert_eq!(seen(&library, 2).await, [2; 10]);
    assert_eq!(library.number("SELECT count(*) FROM log.builds").await, 0);
    verified(&library, &newer).await;
    library.close().await;
}

#[tokio::test]
async fn a_build_waits_while_it_is_paused() {
    let library = Library::open().await;
    library.tenant().await.busy(3).await;
    library.projector().step_until_idle().await.unwrap();
    let session = owner(&library).await;
    let none = pause(&session, "shelf").await.unwrap_err();
    assert_eq!(none.to_string(), "shelf is not being built; `tenantry rebuild shelf` does");
    let begun =
        "INSERT INTO log.builds (consumer, phase, paused) VALUES ('shelf_v1', 'folding', true);
        CREATE TABLE read.shelf_v1_rebuild (LIKE read.shelf_v1)";
    session.batch_execute(begun).await.unwrap();
    let (told, mut phases) = tokio::sync::mpsc::unbounded_channel();
    let (pool, registry) = (library.pool("tenantry_owner"), library.registry.clone());
    let ring = library.ring.clone();
    let tell = move |progress: projector::Progress| {
        let _ = told.send(progress.phase);
    };
    let building =
        tokio::spawn(async move { rebuild(&pool, &registry, &ring, "shelf", tell).await });
    for _ in 0..2 {
        while phases.recv().await.unwrap() != Phase::Paused {}
    }
    assert_eq!(library.number("SELECT count(*) FROM log.built_tenants").await, 0);
    let report = projections(&session, 1).await.unwrap();
    let build = report.iter().find_map(|projection| projection.build.as_ref()).unwrap();
    assert!(build.paused && build.is_under_way() && build.left().is_none(), "{build:?}");
    resume(&session, "shelf").await.unwrap();
    assert_eq!(building.await.unwrap().unwrap().rows, 3);
    library.verified().await;
    // Thrown away, whatever was loaded is loaded again.
    session.batch_execute(&begun.replace("true", "false")).await.unwrap();
    session
        .batch_execute("INSERT INTO read.shelf_v1_rebuild SELECT * FROM read.shelf_v1")
        .await
        .unwrap();
    let pool = library.pool("tenantry_owner");
    let anew = RebuildOrder { read_model: "shelf", anew: true };
    rebuild(&pool, &library.registry, &library.ring, anew, |_| {}).await.unwrap();
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_column_with_a_default_is_added_without_folding_anything() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    let mut old = library.projector();
    old.step_until_idle().await.unwrap();
    let marked = declared::<Marked>(&library).await;
    let added = "SELECT count(*) FROM read.shelf_v1
        WHERE NOT precious AND notes = '[]' AND donor IS NULL AND place = 'nowhere'";
    assert_eq!(library.number(added).await, 2);
    // Programs with and without the columns write beside each other.
    tenant.busy(2).await;
    old.step_until_idle().await.unwrap();
    tenant.busy(2).await;
    library.projector_of(&marked).step_until_idle().await.unwrap();
    tenant.busy(2).await;
    library.projector().step_until_idle().await.unwrap();
    assert_eq!(library.number(added).await, 8);
    verified(&library, &marked).await;
    verified(&library, &library.registry).await;
    // The old program's migration has nothing against them either, and a table
    // that is filled anew has them from the beginning.
    let mut client = connect(&library.config).await;
    assert!(create_tables(&mut client, &library.registry).await.unwrap().is_empty());
    built(&library, &marked).await;
    assert_eq!(library.number(added).await, 8);
    tenant.busy(1).await;
    library.projector().step_until_idle().await.unwrap();
    assert_eq!(library.number(added).await, 9);
    library.close().await;
}
