//! Importing tables that nobody's types are known of.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use event_store::{
    Log, TenantId,
    import::{
        EventRule, Ids, Import, ImportError, OrderRule, Report, Rules, TenantRule, TypeRule,
        compatibility_view, import,
    },
    keys::MasterKeys,
};
use serde_json::{Value, json};
use tests::Database;
use ulid::Ulid;

use super::{OurStore, PeerStore, keys, registry};

/// A shop that two companies share: ids of their own making, enums as serde
/// writes them, and a clock that once ran back.
const SHOP: &str = r#"
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
        payload, metadata, timestamp) VALUES
    ('BankAccount', 'acme:1', 1, 'AccountOpened', '1.0',
        '{"AccountOpened": {"ownerName": "Naledi", "limit": 12.5}}',
        '{"tenant": "acme", "user": "thandi"}', '2026-01-01 10:00:00+00'),
    ('BankAccount', 'acme:1', 2, 'Deposited', '1.0', '{"Deposited": -7000000000}',
        '{"tenant": "acme"}', '2026-01-01 10:00:03+00'),
    ('BankAccount', 'acme:1', 3, 'Closed', '2.1', '"Closed"',
        '{"tenant": "acme"}', '2026-01-01 09:00:00+00'),
    ('Order', 'zenith:9', 1, 'order.placed', '1',
        '{"Placed": {"lines": [{"sku": "a\"b", "count": 300, "tags": [], "note": null}],
          "gift": true, "ratio": -0.1, "big": 18446744073709551615}}',
        '{"tenant": "zenith", "correlation_id": "01KF0E44M000064VVB00000001"}',
        '2026-01-01 10:00:01+00'),
    ('Order', 'acme:2', 1, 'order.placed', '1', '{"Placed": {"lines": []}}',
        '{"tenant": "acme"}', '2026-01-01 10:00:02+00');
"#;

async fn shop() -> PeerStore {
    let peer = PeerStore::new().await;
    peer.run(SHOP).await;
    peer
}

fn rules() -> Rules {
    Rules { tenant: Some(TenantRule::Metadata("tenant".to_owned())), ..Rules::default() }
}

fn wanted(rules: Rules) -> Import {
    Import { rules, create_tenants: true, ..Import::default() }
}

async fn run(
    peer: &PeerStore,
    database: &Database,
    wanted: &Import,
) -> Result<Report, ImportError> {
    let mut source = peer.database.owner().await.unwrap();
    let mut target = database.owner().await.unwrap();
    let keys = keys(database, Arc::new(MasterKeys::ephemeral().unwrap()));
    import(&mut source, &mut target, &keys, &registry(), wanted, &|_| ()).await
}

/// An event of the log, without what derives from it.
async fn log(database: &Database, tenant: Ulid) -> Vec<(i64, String, i64, String, i16, String)> {
    let owner = database.owner().await.unwrap();
    let sql = "SELECT position, stream_type, version, type, schema_version, actor
         FROM log.events WHERE tenant_id = $1 ORDER BY position";
    let rows = owner.query(sql, &[&event_store::pg::uuid(tenant)]).await.unwrap();
    let each = |row: &tokio_postgres::Row| {
        (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5))
    };
    rows.iter().map(each).collect()
}

fn tenant(report: &Report, named: &str) -> Ulid {
    report.tenants.iter().find(|landing| landing.named == named).unwrap().tenant
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_stored_as_it_is() {
    let (peer, ours) = (shop().await, OurStore::new().await);
    let report = run(&peer, &ours.database, &wanted(rules())).await.unwrap();
    assert_eq!(report.order, OrderRule::Column("timestamp".to_owned()));
    assert_eq!((report.imported, report.found.streams, report.found.kept_ids), (5, 3, 0));
    assert!(report.mapped.iter().all(|mapped| !mapped.declared));

    let acme = tenant(&report, "acme");
    let by = "system:postgres-es";
    let line = |position, kind: &str, version, name: &str, schema| {
        (position, kind.to_owned(), version, name.to_owned(), schema, by.to_owned())
    };
    assert_eq!(
        log(&ours.database, acme).await,
        [
            line(1, "bank_account", 1, "bank_account.account_opened", 1),
            line(2, "order", 1, "order.order_placed", 1),
            line(3, "bank_account", 2, "bank_account.deposited", 1),
            line(4, "bank_account", 3, "bank_account.closed", 2),
        ]
    );
    let stored = ours.log.read_tenant(acme, 0, 10).await.unwrap();
    let fields = |place: usize| rmp_serde::from_slice::<Value>(&stored[place].payload).unwrap();
    assert_eq!(fields(0), json!({ "ownerName": "Naledi", "limit": 12.5 }));
    assert_eq!(fields(2), json!({ "value": -7_000_000_000_i64 }));
    assert_eq!(fields(3), json!({}));
    // As its clock said, but for what ran back.
    let recorded: Vec<String> =
        stored.iter().map(|event| event.envelope.recorded_at.to_string()).collect();
    assert_eq!(
        recorded,
        [
            "2026-01-01T10:00:00Z",
            "2026-01-01T10:00:02Z",
            "2026-01-01T10:00:03Z",
            "2026-01-01T10:00:03Z",
        ]
    );
    assert_eq!(stored[3].envelope.occurred_at.to_string(), "2026-01-01T09:00:00Z");
    let zenith = ours.log.read_tenant(tenant(&report, "zenith"), 0, 10).await.unwrap();
    let correlation = zenith[0].envelope.correlation_id.to_string();
    assert_eq!(correlation, "01KF0E44M000064VVB00000001");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_give_types_events_and_fields_other_names() {
    let (peer, ours) = (shop().await, OurStore::new().await);
    let opened = EventRule {
        name: Some("opened".to_owned()),
        versions: [("1.0".to_owned(), 3)].into(),
        fields: [("ownerName".to_owned(), "owner".to_owned())].into(),
    };
    let account = TypeRule {
        name: Some("account".to_owned()),
        ids: Ids::Keep,
        events: [("AccountOpened".to_owned(), opened)].into(),
    };
    let rules = Rules {
        actor: Some("user".to_owned()),
        types: [("BankAccount".to_owned(), account)].into(),
        ..rules()
    };
    let report = run(&peer, &ours.database, &wanted(rules)).await.unwrap();
    let acme = tenant(&report, "acme");
    let first = log(&ours.database, acme).await.remove(0);
    assert_eq!((first.3.as_str(), first.4, first.5.as_str()), ("account.opened", 3, "user:thandi"));
    let stored = ours.log.read_tenant(acme, 0, 1).await.unwrap();
    let fields: Value = rmp_serde::from_slice(&stored[0].payload).unwrap();
    assert_eq!(fields["owner"], json!("Naledi"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_found_by_every_kind_of_rule() {
    let peer = shop().await;
    let of = |rule| Rules { tenant: Some(rule), ..Rules::default() };
    let pattern = TenantRule::Pattern("^([^:]+):".to_owned());
    let sql = TenantRule::Sql("split_part(event.aggregate_id, ':', 1)".to_owned());
    for rule in [pattern, sql] {
        let ours = OurStore::new().await;
        let report = run(&peer, &ours.database, &wanted(of(rule))).await.unwrap();
        let events: Vec<_> =
            report.tenants.iter().map(|each| (each.named.as_str(), each.events)).collect();
        assert_eq!(events, [("acme", 4), ("zenith", 1)]);
    }
    // By id or by name, one that is there already.
    let ours = OurStore::new().await;
    let known = ours.database.tenant().await.unwrap();
    for name in [TenantId(known).to_string(), "a tenant".to_owned()] {
        let wanted =
            Import { dry_run: true, rules: of(TenantRule::Constant(name)), ..Import::default() };
        let report = run(&peer, &ours.database, &wanted).await.unwrap();
        assert_eq!(report.faults, [] as [String; 0]);
        assert_eq!((report.tenants[0].tenant, report.tenants[0].new), (known, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_the_rows_is_a_rule_too_and_is_written_down() {
    let (peer, ours) = (shop().await, OurStore::new().await);
    let rules = Rules { order: Some(OrderRule::Physical), ..rules() };
    let report = run(&peer, &ours.database, &wanted(rules.clone())).await.unwrap();
    let acme = tenant(&report, "acme");
    let names: Vec<String> = log(&ours.database, acme).await.into_iter().map(|e| e.3).collect();
    assert_eq!(names.last().unwrap(), "order.order_placed");
    let owner = ours.database.owner().await.unwrap();
    let sql = "SELECT order_rule, events, rules FROM log.imported_histories WHERE tenant_id = $1";
    let row = owner.query_one(sql, &[&event_store::pg::uuid(acme)]).await.unwrap();
    assert_eq!((row.get::<_, String>(0).as_str(), row.get::<_, i64>(1)), ("physical", 4));
    assert_eq!(row.get::<_, Value>(2), serde_json::to_value(&rules).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_brings_what_is_new_and_nothing_twice() {
    let (peer, ours) = (shop().await, OurStore::new().await);
    let wanted = wanted(rules());
    let first = run(&peer, &ours.database, &wanted).await.unwrap();
    let acme = tenant(&first, "acme");
    let before = log(&ours.database, acme).await;
    let second = run(&peer, &ours.database, &wanted).await.unwrap();
    assert_eq!((second.imported, second.found.present), (0, 5));
    assert_eq!(log(&ours.database, acme).await, before);

    peer.run(
        "INSERT INTO events VALUES
             ('Order', 'acme:2', 2, 'order.paid', '1', '{}', '{\"tenant\": \"acme\"}'),
             ('Order', 'acme:3', 1, 'order.placed', '1', '{}', '{\"tenant\": \"acme\"}')",
    )
    .await;
    let third = run(&peer, &ours.database, &wanted).await.unwrap();
    assert_eq!((third.imported, third.found.new, third.found.present), (2, 2, 5));
    let after = log(&ours.database, acme).await;
    assert_eq!(after[..4], before);
    let added: Vec<_> = after[4..].iter().map(|e| (e.0, e.2, e.3.as_str())).collect();
    assert_eq!(added, [(5, 2, "order.order_paid"), (6, 1, "order.order_placed")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_value_goes_to_whoever_has_it_last_whatever_the_run() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let event = |id: Ulid, sequence: u32, kind: &str| {
        let payload = json!({ kind: { "name": "north" } });
        format!(
            "INSERT INTO events VALUES ('tally', '{id}', {sequence}, '{kind}', '1.0',
                 '{payload}', '{{\"tenant\": \"acme\"}}');"
        )
    };
    let (one, other) = (Ulid(1), Ulid(2));
    let wanted = wanted(rules());
    let holder = async || {
        let owner = ours.database.owner().await.unwrap();
        let sql = "SELECT stream_id FROM log.claims WHERE scope = 'tally.name'";
        let held = owner.query(sql, &[]).await.unwrap();
        held.iter().map(|row| event_store::pg::ulid(row.get(0))).collect::<Vec<_>>()
    };
    peer.run(&event(one, 1, "named")).await;
    run(&peer, &ours.database, &wanted).await.unwrap();
    assert_eq!(holder().await, [one]);
    peer.run(&(event(one, 2, "unnamed") + &event(other, 1, "named"))).await;
    run(&peer, &ours.database, &wanted).await.unwrap();
    assert_eq!(holder().await, [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sources_may_use_the_same_ids_for_two_tenants() {
    let (one, other, ours) = (shop().await, shop().await, OurStore::new().await);
    let of = |name: &str| {
        let tenant = Some(TenantRule::Constant(name.to_owned()));
        wanted(Rules { tenant, ..Rules::default() })
    };
    let first = run(&one, &ours.database, &of("one")).await.unwrap();
    let second = run(&other, &ours.database, &of("other")).await.unwrap();
    assert_eq!((first.imported, second.imported), (5, 5));
    let (first, second) = (tenant(&first, "one"), tenant(&second, "other"));
    assert_eq!(log(&ours.database, first).await, log(&ours.database, second).await);
    let ids = async |tenant| {
        let stored = ours.log.read_tenant(tenant, 0, 10).await.unwrap();
        stored.into_iter().map(|event| event.envelope.event_id).collect::<Vec<_>>()
    };
    assert_ne!(ids(first).await, ids(second).await);
}

/// Many streams of two tenants, more than one stretch holds.
const MANY: &str = "
    INSERT INTO events
    SELECT 'Meter', 'meter-' || stream, sequence, 'Read', '1.0',
        jsonb_build_object('Read', jsonb_build_object('value', stream * sequence)),
        jsonb_build_object('tenant', CASE stream % 2 WHEN 0 THEN 'even' ELSE 'odd' END),
        timestamptz '2026-01-01' + sequence * interval '1 second' + stream * interval '1 millisecond'
    FROM generate_series(1, 300) AS stream, generate_series(1, 30) AS sequence";

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_goes_on_where_it_was() {
    let peer = PeerStore::new().await;
    peer.run(MANY).await;
    let (whole, broken) = (OurStore::new().await, OurStore::new().await);
    let wanted = wanted(rules());
    let report = run(&peer, &whole.database, &wanted).await.unwrap();
    assert_eq!(report.imported, 9_000);

    // Its session is cut after the second stretch.
    let mut source = peer.database.owner().await.unwrap();
    let mut target = broken.database.owner().await.unwrap();
    let pid: i32 = target.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let killer = Mutex::new(Some(broken.database.owner().await.unwrap()));
    let written = AtomicU64::new(0);
    let runtime = tokio::runtime::Handle::current();
    let cut = |at: event_store::import::Progress| {
        if at.doing == "writing"
            && written.swap(at.done, Ordering::SeqCst) > 0
            && let Some(killer) = killer.lock().unwrap().take()
        {
            let kill = async move {
                killer.execute("SELECT pg_terminate_backend($1, 10000)", &[&pid]).await.unwrap();
            };
            tokio::task::block_in_place(|| runtime.block_on(kill));
        }
    };
    let keys = broken.keys();
    let cut_short = import(&mut source, &mut target, &keys, &registry(), &wanted, &cut).await;
    assert!(matches!(cut_short, Err(ImportError::Target(_))), "{cut_short:?}");
    let owner = broken.database.owner().await.unwrap();
    let held: i64 = owner.query_one("SELECT count(*) FROM log.events", &[]).await.unwrap().get(0);
    assert_eq!(held, 4_000);

    let report = run(&peer, &broken.database, &wanted).await.unwrap();
    assert_eq!((report.imported, report.found.present), (5_000, 4_000));
    for named in ["even", "odd"] {
        let id = tenant(&report, named);
        assert_eq!(log(&broken.database, id).await, log(&whole.database, id).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_do_not_answer_what_was_imported() {
    let (peer, ours) = (shop().await, OurStore::new().await);
    let report = run(&peer, &ours.database, &wanted(rules())).await.unwrap();
    let owner = ours.database.owner().await.unwrap();
    let sql = "SELECT consumer, position FROM log.checkpoints WHERE tenant_id = $1";
    let rows = owner.query(sql, &[&event_store::pg::uuid(tenant(&report, "acme"))]).await.unwrap();
    assert_eq!(rows.len(), registry().reactions().len());
    assert!(rows.iter().all(|row| row.get::<_, i64>(1) == 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_table_can_be_read_on() {
    let (peer, ours) = (shop().await, OurStore::new().await);
    peer.run(
        "INSERT INTO events SELECT 'Number', 'acme:n', n, 'Seen', '1.0', json_build_object('Seen',
             json_build_object('n', v)), '{\"tenant\": \"acme\", \"a\": {\"b\": [1, 2]}}'
         FROM unnest(ARRAY[0, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, -1, -32,
             -33, -128, -129, -32768, -32769, -2147483649, 9007199254740993]) WITH ORDINALITY
             AS u (v, n);
         INSERT INTO events SELECT 'Text', 'acme:t', n, 'Said', '1.0',
             json_build_object('text', repeat('é', v), 'list', array_fill(1, ARRAY[v + 1])),
             '{\"tenant\": \"acme\"}'
         FROM unnest(ARRAY[0, 15, 16, 20, 200, 40000]) WITH ORDINALITY AS u (v, n);
         INSERT INTO events SELECT 'Float', 'acme:f', n, 'Felt', '1.0', json_build_object('x', v),
             '{\"tenant\": \"acme\"}'
         FROM unnest(ARRAY[0.5, -0.1, 1e300, 5e-324, 2.2250738585072014e-308, 123456.789])
             WITH ORDINALITY AS u (v, n)",
    )
    .await;
    let report = run(&peer, &ours.database, &wanted(rules())).await.unwrap();
    let acme = tenant(&report, "acme");
    let owner = ours.database.owner().await.unwrap();
    owner.batch_execute(&compatibility_view(acme)).await.unwrap();
    // It can be made anew.
    owner.batch_execute(&compatibility_view(acme)).await.unwrap();

    let sql = |table: &str| {
        format!(
            "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version,
                 payload::jsonb, metadata::jsonb FROM {table}
             WHERE metadata ->> 'tenant' = 'acme' ORDER BY 1, 2, 3"
        )
    };
    let rows = |rows: Vec<tokio_postgres::Row>| -> Vec<(String, String, i64, String, String, Value, Value)> {
        rows.iter()
            .map(|row| {
                (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5), row.get(6))
            })
            .collect()
    };
    let theirs = peer.database.owner().await.unwrap();
    let theirs = rows(theirs.query(&sql("events"), &[]).await.unwrap());
    let ours_now = rows(owner.query(&sql("postgres_es.events"), &[]).await.unwrap());
    assert_eq!(theirs.len(), 34);
    for (theirs, ours) in theirs.iter().zip(&ours_now) {
        assert_eq!(theirs, ours);
    }
    assert_eq!(theirs.len(), ours_now.len());

    // Nothing can be written to it, and who may read it sees one tenant.
    let denied = owner.execute("DELETE FROM postgres_es.events", &[]).await.unwrap_err();
    assert!(denied.to_string().contains("db error"), "{denied}");
    let total: i64 =
        owner.query_one("SELECT count(*) FROM postgres_es.events", &[]).await.unwrap().get(0);
    assert_eq!(total, 34);
}
