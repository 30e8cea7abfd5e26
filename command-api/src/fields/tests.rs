use domain::kernel::Registry;
use serde_json::{Value, json};

use super::*;
use crate::parcel::Town;

fn good() -> Value {
    json!({
        "label": "books",
        "with": "par_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B",
        "weight": 3,
        "currency": "ZAR",
        "items": [{ "price": { "minor": 100, "currency": "ZAR" } }],
        "travels": "by_sea",
        "sender": "Thandi",
        "day": "2026-11-20",
        "fragile": false,
    })
}

#[track_caller]
fn errors(body: &Value) -> Vec<(String, String)> {
    let registry = Registry::of::<Town>().unwrap();
    let schema = &registry.aggregate("parcel").unwrap().command("pack").unwrap().schema;
    let fields = Fields::compile(schema).unwrap();
    fields.errors(schema, body).into_iter().map(|error| (error.field, error.message)).collect()
}

/// The one complaint about a body that is good but for one field.
#[track_caller]
fn with(pointer: &str, value: Value) -> String {
    let mut body = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    match &errors(&body)[..] {
        [(field, message)] => format!("{field} {message}"),
        others => format!("{others:?}"),
    }
}

#[test]
fn a_good_body_has_no_errors() {
    assert_eq!(errors(&good()), []);
}

#[test]
fn what_may_be_left_out_need_not_be_there() {
    let mut body = good();
    for (field, value) in [
        ("rebate", json!(500)),
        ("arrival", json!({ "on": "2026-12-01" })),
        ("moment", json!("2026-11-20T09:30:00Z")),
    ] {
        body[field] = value;
    }
    assert_eq!(errors(&body), []);
    body["arrival"] = Value::Null;
    assert_eq!(errors(&body), []);
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let missing: Vec<String> =
        errors(&json!({})).into_iter().map(|(f, m)| format!("{f} {m}")).collect();
    assert_eq!(
        missing,
        [
            "label is missing, expected a text of 1 to 10 characters",
            "with is missing, expected an id like par_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B",
            "weight is missing, expected a whole number from 1 to 1000000000",
            "currency is missing, expected an ISO 4217 currency code such as ZAR",
            "items is missing, expected a list",
            "travels is missing, expected one of by_road, by_sea",
            "sender is missing, expected a text of 1 to 20 characters",
            "day is missing, expected a date like 2026-11-20",
            "fragile is missing, expected true or false",
        ]
    );
}

#[test]
fn unknown_fields_are_refused_with_what_was_meant() {
    assert_eq!(with("/lable", json!(1)), "lable is unknown; did you mean label?");
    assert!(with("/colour", json!(1)).starts_with("colour is unknown; known are label, with, "));
    assert_eq!(with("/items/0/prize", json!(1)), "items[0].prize is unknown; did you mean price?");
}

#[test]
fn texts_are_measured_and_looked_at() {
    for (field, value, message) in [
        ("/label", json!(7), "label must be a text of 1 to 10 characters, is 7"),
        ("/label", json!(""), "label must have 1 to 10 characters, has 0"),
        (
            "/label",
            json!(" "),
            "label must be printable: neither blank nor with control characters",
        ),
        ("/label", json!("eleven long"), "label must have 1 to 10 characters, has 11"),
        (
            "/label",
            json!("a\u{7}b"),
            "label must be printable: neither blank nor with control characters",
        ),
    ] {
        assert_eq!(with(field, value), message);
    }
}

#[test]
fn each_kind_of_value_is_explained() {
    for (field, value, message) in [
        (
            "/with",
            json!("inv_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B"),
            "with must be an id like par_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, is \
             \"inv_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B\"",
        ),
        ("/weight", json!(0), "weight must be a whole number from 1 to 1000000000, is 0"),
        ("/weight", json!(1.5), "weight must be a whole number from 1 to 1000000000, is 1.5"),
        ("/weight", json!("3"), "weight must be a whole number from 1 to 1000000000, is \"3\""),
        ("/rebate", json!(10_001), "rebate must be a whole number from 0 to 10000, is 10001"),
        (
            "/currency",
            json!("rand"),
            "currency must be an ISO 4217 currency code such as ZAR, is \"rand\"",
        ),
        (
            "/currency",
            json!("ZZZ"),
            "currency must be an ISO 4217 currency code such as ZAR, is \"ZZZ\"",
        ),
        ("/items", json!({}), "items must be a list, is an object"),
        ("/travels", json!("by_air"), "travels must be one of by_road, by_sea, is \"by_air\""),
        ("/day", json!("2026-02-30"), "day must be a date like 2026-11-20, is \"2026-02-30\""),
        ("/moment", json!("noon"), "moment must be a time like 2026-11-20T09:30:00Z, is \"noon\""),
        ("/fragile", json!("no"), "fragile must be true or false, is \"no\""),
    ] {
        assert_eq!(with(field, value), message);
    }
}

#[test]
fn a_person_is_not_shown_back() {
    assert_eq!(with("/sender", json!(7)), "sender must be a text of 1 to 20 characters");
    assert_eq!(
        with("/sender", Value::Null),
        "sender must be a text of 1 to 20 characters, is null"
    );
}

#[test]
fn errors_lie_where_they_are() {
    assert_eq!(
        with("/items/0/price", json!({ "minor": "1", "currency": "ZAR" })),
        "items[0].price.minor must be a whole number from -1000000000000000 to \
         1000000000000000, is \"1\""
    );
    assert_eq!(
        with("/items/0/insured", json!({ "minor": 0, "currency": "ZAR" })),
        "items[0].insured.minor must be a whole number from 1 to 1000000000000000, is 0"
    );
    assert_eq!(
        with("/arrival", json!({ "on": "tomorrow" })),
        "arrival.on must be a date like 2026-11-20, is \"tomorrow\""
    );
    assert_eq!(
        with("/arrival", json!("soon")),
        "arrival must be an object with one of the fields on, in_days, is \"soon\""
    );
}

#[test]
fn null_for_a_person_is_noticed() {
    let registry = Registry::of::<Town>().unwrap();
    let parcel = registry.aggregate("parcel").unwrap();
    let pack = Fields::compile(&parcel.command("pack").unwrap().schema).unwrap();
    let look = Fields::compile(&parcel.command("look").unwrap().schema).unwrap();
    let body = |value: Value| value.as_object().unwrap().clone();
    assert!(pack.hides_a_person(&body(json!({ "sender": null }))));
    assert!(!pack.hides_a_person(&body(json!({ "sender": "x" }))));
    assert!(!look.hides_a_person(&body(json!({ "a": null }))));
}

#[test]
fn what_only_the_decoder_knows_is_added() {
    let registry = Registry::of::<Town>().unwrap();
    let schema = &registry.aggregate("parcel").unwrap().command("pack").unwrap().schema;
    let fields = Fields::compile(schema).unwrap();
    let stumbled = FieldError {
        field: "items[0].price".to_owned(),
        message: "too curious at line 1 column 7".to_owned(),
    };
    let mut body = good();
    body["weight"] = json!(0);
    let errors = fields.errors_with(schema, &body, stumbled);
    let shown: Vec<String> =
        errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
    assert_eq!(
        shown,
        ["weight must be a whole number from 1 to 1000000000, is 0", "items[0].price too curious",]
    );
}
