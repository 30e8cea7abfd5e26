//! A log as it was at an earlier moment.

use domain::kernel::Timestamp;
use event_store::{
    archive::{Target, Until},
    pg::uuid,
};

use super::world::{World, somebody};

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_moment_is_exported_and_imported_as_it_was() {
    let (here, there) = (World::filled(3).await, World::new().await);
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    here.project().await;
    let (then, position) = (here.everything(tenant).await, here.head(tenant).await);
    here.fill(6).await;
    assert!(here.head(tenant).await > position);

    let until = Some(Until::Position(position));
    let early = folder.path().join("early");
    let exported = here.try_export(tenant, &early, until, false).await.unwrap();
    assert_eq!((exported.manifest.position, exported.manifest.past), (position, true));
    there.import(&early, Target::Same).await;
    there.project().await;
    assert_eq!(there.everything(tenant).await, then);
    assert!(there.reactions(tenant).await.values().all(|at| *at == position.cast_signed()));

    let whole = folder.path().join("whole");
    here.export(tenant, &whole).await;
    let copy = there.try_import(&whole, Target::Name("then".into()), until).await.unwrap();
    there.project().await;
    assert_eq!(there.everything(copy.tenant).await, then);
    // The early archive grows into the whole one.
    here.try_export(tenant, &early, None, true).await.unwrap();
    let grown = there.import(&early, Target::Name("grown".into())).await;
    assert_eq!(there.log(grown.tenant).await, here.log(tenant).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_is_named_by_time_too() {
    let world = World::filled(3).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let sql = "SELECT recorded_at, (SELECT max(position) FROM log.events AS o
             WHERE o.tenant_id = e.tenant_id AND o.recorded_at <= e.recorded_at)
         FROM log.events AS e WHERE tenant_id = $1 AND position = 40";
    let row = world.owner().await.query_one(sql, &[&uuid(tenant)]).await.unwrap();
    let time = Timestamp::from(row.get::<_, chrono::DateTime<chrono::Utc>>(0));
    let position = row.get::<_, i64>(1).cast_unsigned();
    let early = folder.path().join("early");
    let until = Some(Until::Time(time));
    let exported = world.try_export(tenant, &early, until, false).await.unwrap();
    assert_eq!(exported.manifest.position, position);
    let whole = folder.path().join("whole");
    world.export(tenant, &whole).await;
    let copy = world.try_import(&whole, Target::Name("then".into()), until).await.unwrap();
    assert_eq!(copy.position, position);
    let before = Some(Until::Time(Timestamp::from_micros(0)));
    let nothing = world.try_import(&whole, Target::Name("before".into()), before).await.unwrap();
    assert_eq!(nothing.position, 0);
    assert_eq!(world.log(nothing.tenant).await["log.claims"], Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_written_yet_cannot_be_asked_for() {
    let world = World::filled(2).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let beyond = Some(Until::Position(1_000_000));
    let refused = world.try_export(tenant, folder.path(), beyond, false).await.unwrap_err();
    assert!(refused.to_string().contains("not written yet"), "{refused}");
    world.export(tenant, folder.path()).await;
    let refused = world.try_import(folder.path(), Target::Name("x".into()), beyond).await;
    assert!(refused.unwrap_err().to_string().contains("the archive ends at position"));
}
