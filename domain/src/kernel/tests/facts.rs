use std::sync::Arc;

use crate::kernel::{
    Actor, ActorKind, Kind, Referenced, ReferencedState, References,
    testing::{
        NOW, facts, id, person,
        toy::{Book, Loan},
    },
};

#[test]
fn only_what_was_found_is_known() {
    let found =
        |state| ReferencedState { kind: Book::TYPE, id: id::<Book>(2).ulid(), version: 1, state };
    let mut facts = facts::<Loan>();
    assert_eq!(facts.state::<Book>(id(2)), None);
    facts.referenced.states = vec![found(None)];
    assert_eq!(facts.state::<Book>(id(2)), None);
    facts.referenced.states = vec![found(Some(Arc::new(Book::Withdrawn)))];
    assert_eq!(facts.state(id(2)), Some(&Book::Withdrawn));
    assert_eq!(facts.state::<Book>(id(1)), None);
    assert_eq!(format!("{:?}", facts.referenced.states[0].version), "1");
}

#[test]
fn a_state_of_another_kind_is_not_mistaken() {
    let mut facts = facts::<Loan>();
    facts.referenced.states = vec![ReferencedState {
        kind: Loan::TYPE,
        id: id::<Book>(2).ulid(),
        version: 1,
        state: Some(Arc::new(Loan::Returned)),
    }];
    assert_eq!(facts.state::<Book>(id(2)), None);
}

#[test]
fn a_series_begins_at_one() {
    let mut facts = facts::<Loan>();
    assert_eq!(facts.next_number("loan"), 1);
    facts.referenced = Referenced { states: vec![], series: vec![("loan".to_owned(), 41)] };
    assert_eq!(facts.next_number("loan"), 42);
    assert_eq!(facts.next_number("book"), 1);
}

#[test]
fn today_is_the_date_of_now() {
    assert_eq!(facts::<Loan>().today(), NOW.date());
    assert_eq!(facts::<Loan>().target::<Loan>(), id(1));
}

#[test]
fn references_name_what_to_load() {
    assert!(References::none().is_empty());
    let references = References::none().and::<Book>(id(2)).and_series("loan");
    assert!(!references.is_empty());
    assert_eq!(references.aggregates, [("book", id::<Book>(2).ulid())]);
    assert_eq!(references.series, ["loan"]);
}

#[test]
fn actors_read_as_their_kind_and_id() {
    assert_eq!(person("thandi", &["owner"]).to_string(), "user:thandi");
    assert_eq!(Actor::system("timer").to_string(), "system:timer");
    let key = Actor { kind: ActorKind::ApiKey, ..person("key_1", &[]) };
    assert_eq!(key.to_string(), "api_key:key_1");
    let json = serde_json::to_value(&key).unwrap();
    assert_eq!(json["kind"], "api_key");
    assert_eq!(serde_json::from_value::<Actor>(json).unwrap(), key);
}
