//! Names, ids and payloads, which no database is needed for.

use serde_json::{Value, json};
use ulid::Ulid;

use super::{
    EventRule, Ids, OrderRule, Rules,
    ids::{derived, of_event, of_stream, shaped},
    names::snake_case,
    payload::{Form, fields},
};

#[test]
fn names_become_snake_case() {
    for (theirs, ours) in [
        ("AccountOpened", "account_opened"),
        ("accountOpened", "account_opened"),
        ("account.opened", "account_opened"),
        ("ACCOUNT_OPENED", "account_opened"),
        ("account-opened", "account_opened"),
        ("HTTPCallMade", "http_call_made"),
        ("Step2Done", "step2_done"),
        ("Überweisung", "überweisung"),
        ("opened ", "opened"),
    ] {
        assert_eq!(snake_case(theirs), ours);
    }
}

#[test]
fn ids_that_are_ulids_or_uuids_are_kept() {
    let ulid = "01KF0E44M000064VVB00000001";
    assert_eq!(shaped(ulid).unwrap().to_string(), ulid);
    assert_eq!(shaped(&format!("inv_{ulid}")).unwrap().to_string(), ulid);
    assert!(shaped("0190b0c2-0000-7000-8000-000000000001").is_some());
    assert_eq!(shaped("order-4711"), None);
    assert_eq!(of_stream("Order", ulid, Ids::Keep), (shaped(ulid).unwrap(), true));
    let (id, kept) = of_stream("Order", ulid, Ids::Derive);
    assert!(!kept && id != shaped(ulid).unwrap());
}

/// Streams are found again by these: they must never change.
#[test]
fn derived_ids_never_change() {
    assert_eq!(of_stream("Order", "4711", Ids::Keep).0.to_string(), DERIVED);
    assert_ne!(of_stream("Orde", "r4711", Ids::Keep).0.to_string(), DERIVED);
    assert_ne!(derived(&["a", "bc"]), derived(&["ab", "c"]));
    let event = |tenant, sequence| of_event(Ulid(tenant), "Order", "4711", sequence);
    assert_eq!(event(1, 1), event(1, 1));
    assert_ne!(event(1, 1), event(1, 2));
    assert_ne!(event(1, 1), event(2, 1));
}
const DERIVED: &str = "6EB3VR3DGRGKZC7B7S1DJS9JKJ";

fn taken(event: &str, payload: Value) -> (Value, Form) {
    let (taken, form) = fields(event, payload, None);
    (Value::Object(taken), form)
}

#[test]
fn fields_are_taken_out_of_what_serde_made_of_them() {
    let tagged = |tag: &str| Form::Tagged(tag.to_owned());
    let body = json!({ "owner": "Naledi" });
    for event in ["Opened", "AccountOpened", "account.opened", "opened"] {
        let taken = taken(event, json!({ "Opened": body }));
        assert_eq!(taken, (body.clone(), tagged("Opened")), "{event}");
    }
    // A single field that is called otherwise is a field.
    assert_eq!(taken("Opened", body.clone()), (body.clone(), Form::Plain));
    assert_eq!(taken("Reopened", json!({ "Opened": body })).1, Form::Plain);
    assert_eq!(taken("Closed", json!("Closed")), (json!({}), Form::Unit("Closed".to_owned())));
    assert_eq!(
        taken("Closed", json!({ "Closed": null })),
        (json!({}), Form::Value("Closed".to_owned()))
    );
    assert_eq!(
        taken("Paid", json!({ "Paid": 5 })),
        (json!({ "value": 5 }), Form::Value("Paid".to_owned()))
    );
    assert_eq!(taken("Paid", json!([1])), (json!({ "value": [1] }), Form::Plain));
    assert_eq!(taken("Paid", json!({ "type": "Paid", "a": 1 })).1, Form::Plain);
}

#[test]
fn fields_may_get_other_names() {
    let rule = EventRule {
        fields: [("ownerName".to_owned(), "owner".to_owned())].into(),
        ..EventRule::default()
    };
    let payload = json!({ "Opened": { "ownerName": "Naledi", "limit": 5 } });
    let (taken, _) = fields("Opened", payload, Some(&rule));
    assert_eq!(Value::Object(taken), json!({ "owner": "Naledi", "limit": 5 }));
}

#[test]
fn versions_are_what_they_begin_with_unless_a_rule_says_otherwise() {
    let rules: Rules = serde_json::from_value(json!({
        "types": { "Account": {
            "name": "ledger",
            "events": { "AccountOpened": { "name": "opened", "versions": { "1.1": 2 } } },
        } },
    }))
    .unwrap();
    let target = |event: &str, version: &str| {
        let target = rules.target("Account", event, version);
        (target.stream_type, target.event, target.schema_version)
    };
    let expected = |event: &str, version| ("ledger".to_owned(), event.to_owned(), version);
    assert_eq!(target("AccountOpened", "1.0"), expected("opened", 1));
    assert_eq!(target("AccountOpened", "1.1"), expected("opened", 2));
    assert_eq!(target("Closed", "3.2.1"), expected("closed", 3));
    assert_eq!(target("Closed", "v1"), expected("closed", 1));
    assert_eq!(target("Closed", "0.9"), expected("closed", 1));
}

#[test]
fn orders_are_read_as_they_are_written() {
    for text in ["column:created_at", "metadata:time", "physical"] {
        assert_eq!(text.parse::<OrderRule>().unwrap().to_string(), text);
    }
    for text in ["column:", "column", "physical:x", ""] {
        assert!(text.parse::<OrderRule>().is_err(), "{text}");
    }
}
