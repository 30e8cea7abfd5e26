//! What is new becomes visible, exactly once.

use std::time::Duration;

use event_store::{
    Wakeups,
    pg::{Channel, Signals, uuid},
};
use projector::{Settings, Stepped, create_tables, rebuild, run};
use tokio_util::sync::CancellationToken;

use crate::library::{Library, connect};

#[tokio::test]
async fn events_become_rows_that_change_and_go() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let mut projector = library.projector();
    let book = tenant.acquire().await;
    let loan = tenant.lend(book).await;
    tenant.renew(loan).await;
    let stepped = projector.step().await.unwrap();
    // Three events into one read model, two of them into the other.
    assert_eq!((stepped.moved, stepped.events, stepped.rows), (2, 5, 2));
    let on_loan = library.table("on_loan_v1").await;
    for part in
        [r#""until": "2026-01-29""#, r#""earlier": ["2026-01-15"]"#, r#""standing": "fine""#]
    {
        assert!(on_loan[0].contains(part), "{on_loan:?}");
    }
    assert!(library.table("shelf_v1").await[0].contains(r#""title": "Middlemarch""#));

    tenant.give_back(loan, book).await;
    projector.step().await.unwrap();
    assert!(library.table("on_loan_v1").await.is_empty());
    let shelf = library.table("shelf_v1").await;
    assert!(shelf[0].contains(r#""loan": null"#), "{shelf:?}");
    assert!(shelf[0].contains(r#""updated_position": 4"#), "{shelf:?}");
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn nothing_new_is_nothing_to_do() {
    let library = Library::open().await;
    let mut projector = library.projector();
    assert_eq!(projector.step().await.unwrap(), Stepped::default());
    library.tenant().await.busy(2).await;
    projector.step_until_idle().await.unwrap();
    assert_eq!(projector.step().await.unwrap(), Stepped::default());
    library.close().await;
}

#[tokio::test]
async fn a_restart_goes_on_where_it_stopped() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(5).await;
    let settings = Settings { batch: 4, ..Settings::default() };
    let mut total = Stepped::default();
    for checkpoint in [4, 8] {
        let mut projector = library.projector_with(settings.clone());
        total += projector.step().await.unwrap();
        assert_eq!(tenant.checkpoint("shelf_v1").await, checkpoint);
    }
    total += library.projector().step_until_idle().await.unwrap();
    assert_eq!(total.events, 25 + 20);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn read_models_that_stand_apart_meet() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(5).await;
    library.projector().step_until_idle().await.unwrap();
    // As a read model that is new to an old log.
    let new =
        "DELETE FROM log.checkpoints WHERE consumer = 'on_loan_v1'; DELETE FROM read.on_loan_v1";
    library.admin.batch_execute(new).await.unwrap();
    tenant.busy(1).await;
    let settings = Settings { batch: 4, ..Settings::default() };
    let mut projector = library.projector_with(settings);
    projector.step().await.unwrap();
    assert_eq!(tenant.checkpoint("on_loan_v1").await, 4);
    assert_eq!(tenant.checkpoint("shelf_v1").await, 28);
    projector.step_until_idle().await.unwrap();
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn a_flooding_tenant_does_not_keep_others_waiting() {
    let library = Library::open().await;
    let (flood, calm) = (library.tenant().await, library.tenant().await);
    flood.busy(20).await;
    calm.busy(1).await;
    let settings = Settings { batch: 10, turn: 10, tenants: 1, ..Settings::default() };
    library.projector_with(settings).step().await.unwrap();
    assert_eq!(flood.checkpoint("shelf_v1").await, 10);
    assert_eq!(calm.checkpoint("shelf_v1").await, 5);
    library.close().await;
}

/// Notes every move of a checkpoint, in the order in which they come.
const NOTES: &str = "CREATE TABLE public.moves (
        place bigint GENERATED ALWAYS AS IDENTITY, consumer text, tenant_id uuid
    );
    CREATE FUNCTION public.note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            INSERT INTO public.moves (consumer, tenant_id) VALUES (new.consumer, new.tenant_id);
            RETURN NULL;
        END $$;
    CREATE TRIGGER note AFTER UPDATE ON log.checkpoints
        FOR EACH ROW WHEN (new.consumer = 'shelf_v1') EXECUTE FUNCTION public.note_move()";

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_keeps_others_waiting_for_a_turn_and_no_longer() {
    let library = Library::open().await;
    library.admin.batch_execute(NOTES).await.unwrap();
    let flood = library.tenant().await;
    flood.busy(400).await;
    let settings = Settings { batch: 4, turn: 4, ..Settings::default() };
    let shutdown = CancellationToken::new();
    // Nobody looks by himself: what comes is told.
    let wakeups = Wakeups::new(Duration::from_mins(30));
    let projector = library.projector_with(settings);
    let running = tokio::spawn(run(projector, wakeups.subscribe(), shutdown.clone()));
    let mut in_between = vec![];
    for _ in 0..5 {
        let calm = library.tenant().await;
        calm.acquire().await;
        let last = "SELECT coalesce(max(place), 0) FROM public.moves";
        let before = library.number(last).await;
        wakeups.wake([calm.id]);
        let calm = uuid(calm.id);
        let moved = format!("SELECT count(*) FROM public.moves WHERE tenant_id = '{calm}'");
        library.eventually(&moved, 1).await;
        let sql = "SELECT count(*) FROM public.moves AS m
            WHERE m.tenant_id = $1 AND m.place > $2
                AND m.place < (SELECT place FROM public.moves WHERE tenant_id = $3)";
        let flooded = library.rows(sql, &[&uuid(flood.id), &before, &calm]).await;
        in_between.push(flooded[0].get::<_, i64>(0));
    }
    assert!(flood.checkpoint("shelf_v1").await < 2_000, "there was no flood: {in_between:?}");
    // The turn that was under way, and perhaps one that had been begun meanwhile.
    assert!(in_between.iter().all(|turns| *turns <= 2), "{in_between:?}");
    library.eventually(&Library::late_in("shelf_v1"), 0).await;
    shutdown.cancel();
    running.await.unwrap();
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn events_too_large_to_be_held_at_once_are_taken_one_after_the_other() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(4).await;
    let settings = Settings { bytes: 1, ..Settings::default() };
    let mut projector = library.projector_with(settings);
    assert_eq!(projector.step().await.unwrap().moved, 2);
    assert_eq!(tenant.checkpoint("shelf_v1").await, 1);
    projector.step_until_idle().await.unwrap();
    assert_eq!(library.late("on_loan_v1").await, 0);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn more_tenants_than_a_turn_holds_are_all_served() {
    let library = Library::open().await;
    for _ in 0..9 {
        library.tenant().await.busy(2).await;
    }
    let settings = Settings { batch: 4, turn: 6, tenants: 4, ..Settings::default() };
    let mut projector = library.projector_with(settings);
    assert_eq!(projector.step().await.unwrap().moved, 18);
    projector.step_until_idle().await.unwrap();
    assert_eq!(library.late("shelf_v1").await, 0);
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn tenants_and_tables_that_come_later_are_found() {
    let library = Library::open().await;
    library.admin.batch_execute("DROP TABLE read.on_loan_v1").await.unwrap();
    let shutdown = CancellationToken::new();
    let wakeups = Wakeups::new(Duration::from_millis(5));
    let running = tokio::spawn(run(library.projector(), wakeups.subscribe(), shutdown.clone()));

    library.tenant().await.busy(1).await;
    library.eventually("SELECT count(*) FROM read.shelf_v1", 1).await;
    library.tenant().await.busy(1).await;
    library.eventually("SELECT count(*) FROM read.shelf_v1", 2).await;

    // What has happened already is not folded by the way: the table is built.
    let created = create_tables(&mut connect(&library.config).await, &library.registry).await;
    assert!(created.unwrap().is_empty());
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "on_loan", |_| {}).await.unwrap();
    library.tenant().await.busy(1).await;
    library.eventually("SELECT count(*) FROM read.on_loan_v1", 3).await;
    // A table that goes and comes again is only waited for.
    library.admin.batch_execute("DROP TABLE read.on_loan_v1").await.unwrap();
    library.tenant().await.busy(1).await;
    library.eventually("SELECT count(*) FROM read.shelf_v1", 4).await;

    shutdown.cancel();
    running.await.unwrap();
    library.close().await;
}

#[tokio::test]
async fn what_has_become_visible_is_announced() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    tenant.busy(2).await;
    let shutdown = CancellationToken::new();
    let interval = Duration::from_millis(1);
    let signals = Signals::start(library.config.clone(), interval, shutdown.clone());
    let mut heard = signals.listen(Channel::Read);
    library.projector().announcing(signals).step().await.unwrap();
    let hint = format!("{}:10", event_store::pg::uuid(tenant.id));
    assert_eq!(*heard.recv().await.unwrap(), *hint);
    shutdown.cancel();
    library.close().await;
}

#[tokio::test]
async fn a_wake_up_is_enough() {
    let library = Library::open().await;
    let tenant = library.tenant().await;
    let shutdown = CancellationToken::new();
    let wakeups = Wakeups::new(Duration::from_hours(1));
    let running = tokio::spawn(run(library.projector(), wakeups.subscribe(), shutdown.clone()));
    // The first look finds nothing; it is over when this has become visible.
    tenant.busy(1).await;
    wakeups.wake([tenant.id]);
    library.eventually("SELECT count(*) FROM read.shelf_v1", 1).await;
    tenant.busy(1).await;
    wakeups.wake([tenant.id]);
    library.eventually("SELECT count(*) FROM read.shelf_v1", 2).await;
    shutdown.cancel();
    running.await.unwrap();
    library.close().await;
}

#[tokio::test]
async fn a_tenant_that_cannot_be_written_keeps_no_other_waiting() {
    let library = Library::open().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    let broken = format!(
        "CREATE FUNCTION public.break() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE 'out of order'; END $$;
         CREATE TRIGGER break BEFORE UPDATE ON log.checkpoints
             FOR EACH ROW WHEN (new.tenant_id = '{}') EXECUTE FUNCTION public.break()",
        uuid(ill.id)
    );
    library.admin.batch_execute(&broken).await.unwrap();
    let shutdown = CancellationToken::new();
    // Nobody looks by himself: what comes is told, once.
    let wakeups = Wakeups::new(Duration::from_mins(30));
    let running = tokio::spawn(run(library.projector(), wakeups.subscribe(), shutdown.clone()));
    well.acquire().await;
    wakeups.wake([well.id]);
    library.eventually("SELECT count(*) FROM read.shelf_v1", 1).await;
    ill.acquire().await;
    well.acquire().await;
    wakeups.wake([ill.id, well.id]);
    library.eventually("SELECT count(*) FROM read.shelf_v1", 2).await;
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(ill.checkpoint("shelf_v1").await, 0);
    library.close().await;
}
