use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;
use crate::kernel::{
    BasisPoints, Currency, Date, Id, Money, Personal, Positive, Text, Timestamp,
    testing::{
        id,
        toy::{Book, Loan, LoanCommand, LoanEvent},
    },
};

/// A bit of everything that serde and schemars can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Everything {
    id: Id<Book>,
    maybe: Option<Id<Loan>>,
    text: Text<10>,
    long: Option<Text<300>>,
    name: Personal<Text<80>>,
    plain: String,
    #[schemars(regex(pattern = "^[a-z]{2,4}-[0-9]{3}$"))]
    code: String,
    #[schemars(length(min = 3, max = 5))]
    short: String,
    date: Date,
    time: Option<Timestamp>,
    money: Money,
    currency: Currency,
    positive: Positive,
    rate: BasisPoints,
    tiny: i8,
    small: u16,
    big: u64,
    bigger: i64,
    #[schemars(range(min = 10, max = 12))]
    dozen: i32,
    yes: bool,
    words: Word,
    shapes: Vec<Shape>,
    nothing: (),
    pair: (i64, Text<5>),
    dates: BTreeSet<Date>,
    by_id: BTreeMap<Id<Book>, i64>,
    by_name: BTreeMap<String, Word>,
    tree: Tree,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<i64>,
    anything: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Word {
    Bare,
    /// With a comment, which changes the schema's shape.
    Commented,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "shape")]
enum Shape {
    Point,
    Circle { radius: u32 },
    Boxed(Inner),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Inner {
    width: u32,
    #[serde(flatten)]
    more: More,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct More {
    height: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Tree {
    leaf: Option<i64>,
    branches: Vec<Tree>,
    next: Option<Box<Tree>>,
}

fn schema_of<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

fn everything(manner: Manner) -> Vec<Value> {
    samples(&schema::Source::new(&schema_of::<Everything>(), manner).values(), 300)
}

#[test]
fn what_somebody_might_say_can_be_read() {
    for value in everything(Manner::Plausible) {
        let read: Result<Everything, _> = serde_json::from_value(value.clone());
        assert!(read.is_ok(), "{}: {value:#}", read.unwrap_err());
    }
}

#[test]
fn nobody_says_what_has_been_erased() {
    let erased = |manner| everything(manner).iter().any(|value| value["name"].is_null());
    assert!(!erased(Manner::Plausible));
    assert!(erased(Manner::Wild));
}

#[test]
fn everything_that_can_be_said_is_said_sometimes() {
    let values = everything(Manner::Plausible);
    let some = |what: &dyn Fn(&Value) -> bool| values.iter().any(what);
    assert!(some(&|value| value.get("absent").is_none()));
    assert!(some(&|value| value["maybe"].is_null()));
    assert!(some(&|value| value["maybe"].is_string()));
    assert!(some(&|value| value["words"] == "bare"));
    assert!(some(&|value| value["words"] == "commented"));
    assert!(some(&|value| value["bigger"] == i64::MIN));
    assert!(some(&|value| value["big"] == u64::MAX));
    assert!(some(&|value| value["rate"] == 10_000));
    assert!(some(&|value| value["money"]["currency"] == "USD"));
    assert!(some(&|value| value["shapes"][0]["shape"] == "circle"));
    assert!(some(&|value| value["by_id"].as_object().unwrap().len() > 1));
    assert!(some(&|value| !value["tree"]["branches"][0]["next"].is_null()));
}

#[test]
fn strings_keep_to_their_lengths_and_patterns() {
    for value in everything(Manner::Wild) {
        assert!((3..=5).contains(&value["short"].as_str().unwrap().chars().count()));
        let code = value["code"].as_str().unwrap();
        let (letters, digits) = code.split_once('-').unwrap();
        assert!((2..=4).contains(&letters.len()) && digits.len() == 3, "{code}");
    }
}

#[test]
fn ids_come_from_a_small_pool_of_their_own() {
    let ids: BTreeSet<String> = everything(Manner::Plausible)
        .iter()
        .map(|value| value["id"].as_str().unwrap().to_owned())
        .collect();
    let expected = [1, 2, 3].map(|number| id::<Book>(number).to_string());
    assert_eq!(ids, BTreeSet::from(expected));
    assert_ne!(id::<Book>(1).ulid(), id::<Loan>(1).ulid());
}

#[test]
fn all_commands_and_events_are_drawn() {
    let commands = samples(&commands::<Loan>(), 100);
    assert!(commands.iter().any(|command| matches!(command, LoanCommand::Lend(_))));
    assert!(commands.iter().any(|command| matches!(command, LoanCommand::Return(_))));
    let events = samples(&events::<Loan>(), 100);
    let erased = |event: &LoanEvent| matches!(event, LoanEvent::Lent { borrower, .. } if borrower.is_erased());
    assert!(events.iter().any(erased));
}

#[test]
fn what_fails_shrinks_to_the_plainest_of_its_kind() {
    let mut runner = TestRunner::deterministic();
    let mut tree = values(&schema_of::<Everything>()).new_tree(&mut runner).unwrap();
    while tree.simplify() {}
    let value = tree.current();
    assert_eq!(value["id"], id::<Book>(1).to_string());
    assert_eq!(value["maybe"], Value::Null);
    assert_eq!(value["text"], "alpha");
    assert_eq!(value["bigger"], 0);
    assert_eq!(value["dozen"], 10);
    assert_eq!(value["shapes"], Value::Array(vec![]));
}

#[test]
fn a_unit_variant_is_its_name() {
    let words = strategies(reflection::variants::<Word>(), Manner::Plausible);
    let names: Vec<Value> = words.iter().flat_map(|(_, word)| samples(word, 1)).collect();
    assert_eq!(names, ["bare", "commented"]);
}
