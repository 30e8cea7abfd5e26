//! What cannot be imported is told with numbers and examples, and nothing is
//! written.

use std::sync::Arc;

use event_store::{
    Log,
    import::{Ids, Import, ImportError, OrderRule, Rules, TenantRule, TypeRule, import},
    keys::NoKeys,
};

use super::{
    Asked, OurStore, PeerStore, keys, registry,
    tally::{Add, Tally, TallyCommand},
};

fn of_one_tenant() -> Rules {
    Rules { tenant: Some(TenantRule::Constant("acme".to_owned())), ..Rules::default() }
}

fn wanted(rules: Rules) -> Import {
    Import { rules, create_tenants: true, ..Import::default() }
}

/// What is told when these rows are imported; nothing is written then.
async fn told(rows: &str, wanted: &Import) -> String {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    if !rows.is_empty() {
        put(&peer, rows).await;
    }
    attempt(&peer, &ours, wanted).await
}

async fn put(peer: &PeerStore, rows: &str) {
    peer.run(&format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
             payload, metadata) VALUES {rows}"
    ))
    .await;
}

async fn attempt(peer: &PeerStore, ours: &OurStore, wanted: &Import) -> String {
    let mut source = peer.database.owner().await.unwrap();
    let mut target = ours.database.owner().await.unwrap();
    let count = "SELECT count(*) FROM log.events";
    let before: i64 = target.query_one(count, &[]).await.unwrap().get(0);
    let refused =
        import(&mut source, &mut target, &ours.keys(), &registry(), wanted, &|_| ()).await;
    let after: i64 = target.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
    match refused {
        Err(error @ (ImportError::Refused(_) | ImportError::Rules(_))) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_tenant() {
    let rules = Rules { tenant: Some(TenantRule::Metadata("tenant".into())), ..Rules::default() };
    let rows = r#"('A', '1', 1, 'Done', '1', '{}', '{"tenant": "acme"}'),
        ('A', '1', 2, 'Done', '1', '{}', '{}'), ('B', '2', 1, 'Done', '1', '{}', '{"tenant": ""}')"#;
    let told = told(rows, &wanted(rules)).await;
    assert!(told.contains("2 events have no tenant by the rule: A 1 #2, B 2 #1"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rule_for_the_tenant_or_no_table() {
    let told_of = told("", &wanted(Rules::default())).await;
    assert!(told_of.contains("whose are the events?"), "{told_of}");
    let rules = Rules { table: "event_log".to_owned(), ..of_one_tenant() };
    let told_of = told("", &wanted(rules)).await;
    assert!(told_of.contains("the source has no table event_log"), "{told_of}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_not_here() {
    let rows = "('A', '1', 1, 'Done', '1', '{}', '{}')";
    let told = told(rows, &Import { rules: of_one_tenant(), ..Import::default() }).await;
    assert!(told.contains("there is no tenant \"acme\" here (1 events)"), "{told}");
    assert!(told.contains("--create-tenants"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_several_tenants() {
    let rules = Rules { tenant: Some(TenantRule::Metadata("tenant".into())), ..Rules::default() };
    let rows = r#"('A', '1', 1, 'Done', '1', '{}', '{"tenant": "acme"}'),
        ('A', '1', 2, 'Done', '1', '{}', '{"tenant": "zenith"}')"#;
    let told = told(rows, &wanted(rules)).await;
    assert!(told.contains("1 streams belong to several tenants: A 1 (acme, zenith)"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_a_gap() {
    let rows = "('A', '1', 1, 'Done', '1', '{}', '{}'), ('A', '1', 3, 'Done', '1', '{}', '{}'),
        ('A', '2', 2, 'Done', '1', '{}', '{}')";
    let told = told(rows, &wanted(of_one_tenant())).await;
    assert!(told.contains("2 streams are not numbered 1, 2, 3 …: A "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_two_types_unless_one_derives_its_ids() {
    let id = "01KF0E44M000064VVB00000001";
    let rows = format!(
        "('A', '{id}', 1, 'Done', '1', '{{}}', '{{}}'), ('B', '{id}', 1, 'Done', '1', '{{}}', '{{}}')"
    );
    let told_of = told(&rows, &wanted(of_one_tenant())).await;
    assert!(
        told_of.contains("1 ids are used by several types; let one of these derive"),
        "{told_of}"
    );

    let derive = TypeRule { ids: Ids::Derive, ..TypeRule::default() };
    let rules = Rules { types: [("B".to_owned(), derive)].into(), ..of_one_tenant() };
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    put(&peer, &rows).await;
    let mut source = peer.database.owner().await.unwrap();
    let mut target = ours.database.owner().await.unwrap();
    let report =
        import(&mut source, &mut target, &ours.keys(), &registry(), &wanted(rules), &|_| ()).await;
    assert_eq!(report.unwrap().imported, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_not_what_is_declared() {
    let rows = r#"('Tally', '1', 1, 'Added', '1.0', '{"Added": {"count": 1, "before": 0}}', '{}'),
        ('Tally', '1', 2, 'Added', '1.0', '{"Added": {"count": "one"}}', '{}'),
        ('Tally', '1', 3, 'Added', '7.0', '{"Added": {"count": 1, "before": 0}}', '{}'),
        ('Tally', '1', 4, 'Lost', '1.0', '{}', '{}')"#;
    let told = told(rows, &wanted(of_one_tenant())).await;
    assert!(told.contains("3 events are not what is declared under their names"), "{told}");
    assert!(told.contains("Tally 1 #2: added v1: "), "{told}");
    assert!(told.contains("Tally 1 #3: added has schema version 7, this program knows"), "{told}");
    assert!(told.contains("Tally 1 #4: tally has no event lost"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_two_streams_claim() {
    let rows = r#"('Book', 'a', 1, 'Acquired', '1.0', '{"Acquired": {"isbn": "1", "title": "T"}}', '{}'),
        ('Book', 'b', 1, 'Acquired', '1.0', '{"Acquired": {"isbn": "1", "title": "T"}}', '{}')"#;
    let told = told(rows, &wanted(of_one_tenant())).await;
    assert!(told.contains("book.isbn \"1\" belongs to another stream already"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_where_nothing_can_seal_it() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    put(
        &peer,
        r#"('Customer', 'a', 1, 'Renamed', '1.0', '{"Renamed": {"name": "N"}}', '{}'),
        ('Customer', 'a', 2, 'Closed', '1.0', '{"Closed": {"reason": "r", "email": "e"}}', '{}')"#,
    )
    .await;
    let mut source = peer.database.owner().await.unwrap();
    let mut target = ours.database.owner().await.unwrap();
    let (none, registry) = (keys(&ours.database, Arc::new(NoKeys)), registry());
    let sealed = wanted(of_one_tenant());
    let refused = import(&mut source, &mut target, &none, &registry, &sealed, &|_| ()).await;
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("customer.closed are declared"), "{told}");
    assert!(told.contains("tenantry keys create"), "{told}");
    assert!(told.contains("--open-personal-data"), "{told}");
    let open = Import { open_personal_data: true, ..sealed };
    let report = import(&mut source, &mut target, &none, &registry, &open, &|_| ()).await;
    assert_eq!(report.unwrap().imported, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_values_that_two_people_claim() {
    let rows = r#"('Customer', 'a', 1, 'Opened', '1.0', '{"Opened": {"name": "A",
            "email": "thandi@example.com", "currency": "ZAR", "payment_terms_days": 7}}', '{}'),
        ('Customer', 'b', 1, 'Opened', '1.0', '{"Opened": {"name": "B",
            "email": " Thandi@Example.com", "currency": "ZAR", "payment_terms_days": 7}}', '{}')"#;
    let told = told(rows, &wanted(of_one_tenant())).await;
    assert!(told.contains("customer.email belongs to another stream already"), "{told}");
    assert!(!told.to_lowercase().contains("thandi"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_some_rows_do_not_have() {
    let rules = Rules { order: Some(OrderRule::Metadata("time".into())), ..of_one_tenant() };
    let rows = r#"('A', '1', 1, 'Done', '1', '{}', '{"time": "2026-01-01T00:00:00Z"}'),
        ('A', '1', 2, 'Done', '1', '{}', '{}')"#;
    let told = told(rows, &wanted(rules)).await;
    assert!(told.contains("1 events have no time by the order metadata:time"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_has_other_events() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let tenant = ours.database.tenant().await.unwrap();
    let asked = Asked::<Tally> {
        tenant,
        id: ulid::Ulid::generate(),
        command: TallyCommand::Add(Add { count: 1 }),
        now: domain::kernel::Timestamp::from_micros(1),
    };
    peer.give(&asked).await.unwrap();
    let named = TenantRule::Constant("a tenant".to_owned());
    let rules = Rules { tenant: Some(named), ..Rules::default() };
    let mut source = peer.database.owner().await.unwrap();
    let mut target = ours.database.owner().await.unwrap();
    let wanted = wanted(rules.clone());
    import(&mut source, &mut target, &ours.keys(), &registry(), &wanted, &|_| ()).await.unwrap();
    drop(target);

    // Other rules than it was begun with.
    let physical = Rules { order: Some(OrderRule::Physical), ..rules.clone() };
    let told = attempt(&peer, &ours, &self::wanted(physical)).await;
    assert!(told.contains("was begun in the order column:timestamp, not physical"), "{told}");
    let renamed = TypeRule { name: Some("count".to_owned()), ..TypeRule::default() };
    let types = [("tally".to_owned(), renamed.clone())].into();
    let other = Import { rules: Rules { types, ..rules.clone() }, ..wanted.clone() };
    let owner = ours.database.owner().await.unwrap();
    let begun_with = serde_json::to_value(&other.rules).unwrap();
    owner.execute("UPDATE log.imported_histories SET rules = $1", &[&begun_with]).await.unwrap();
    let told = attempt(&peer, &ours, &wanted).await;
    assert!(told.contains("was begun with another rule: that for tally"), "{told}");
    let begun_with = serde_json::to_value(&rules).unwrap();
    owner.execute("UPDATE log.imported_histories SET rules = $1", &[&begun_with]).await.unwrap();

    // And once life goes on here, it does not come from there any more.
    ours.give(&asked).await.unwrap();
    assert_eq!(ours.log.head(tenant).await.unwrap(), 2);
    let told = attempt(&peer, &ours, &wanted).await;
    assert!(told.contains("has 1 events that were not imported"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_import_at_the_same_time() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let holder = ours.database.owner().await.unwrap();
    holder.execute("SELECT pg_advisory_lock(hashtext('tenantry.import'))", &[]).await.unwrap();
    let mut source = peer.database.owner().await.unwrap();
    let mut target = ours.database.owner().await.unwrap();
    let wanted = wanted(of_one_tenant());
    let refused =
        import(&mut source, &mut target, &ours.keys(), &registry(), &wanted, &|_| ()).await;
    assert!(matches!(refused, Err(ImportError::Disturbed(_))), "{refused:?}");
}
