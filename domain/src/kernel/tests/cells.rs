use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::kernel::{
    Cell, Column, ColumnKind, Currency, Date, Id, KeyPart, Money, Personal, RowKey, Text,
    Timestamp,
    cell::{from_cells, to_cells},
    personal::Opened,
    schema,
    testing::{NOW, id, toy::Book},
};

/// A row with a column of every kind, empty or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Full {
    yes: bool,
    count: i64,
    small: u8,
    text: Text<10>,
    word: Word,
    id: Id<Book>,
    time: Timestamp,
    date: Date,
    currency: Currency,
    name: Personal<Text<10>>,
    money: Money,
    list: Vec<Date>,
    map: BTreeMap<String, i64>,
    maybe_yes: Option<bool>,
    maybe_count: Option<i64>,
    maybe_text: Option<String>,
    maybe_word: Option<Word>,
    maybe_id: Option<Id<Book>>,
    maybe_time: Option<Timestamp>,
    maybe_date: Option<Date>,
    maybe_money: Option<Money>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Word {
    FirstOne,
    /// With a comment of its own.
    OtherOne,
}

fn full() -> Full {
    Full {
        yes: true,
        count: i64::MIN,
        small: 255,
        text: Text::of("ten"),
        word: Word::FirstOne,
        id: id(1),
        time: NOW,
        date: NOW.date(),
        currency: Currency::ZAR,
        name: Text::of("Zoë").into(),
        money: Money::new(-5, Currency::JPY),
        list: vec![NOW.date(), NOW.date().plus_days(1)],
        map: BTreeMap::from([("a".to_owned(), 1)]),
        maybe_yes: Some(false),
        maybe_count: Some(-1),
        maybe_text: Some(String::new()),
        maybe_word: Some(Word::OtherOne),
        maybe_id: Some(id(2)),
        maybe_time: Some(Timestamp::default()),
        maybe_date: Some(NOW.date()),
        maybe_money: Some(Money::new(1, Currency::ZAR)),
    }
}

fn empty() -> Full {
    Full {
        name: Personal::ERASED,
        list: vec![],
        map: BTreeMap::new(),
        maybe_yes: None,
        maybe_count: None,
        maybe_text: None,
        maybe_word: None,
        maybe_id: None,
        maybe_time: None,
        maybe_date: None,
        maybe_money: None,
        ..full()
    }
}

fn columns<R: JsonSchema>() -> Vec<Column> {
    schema::table::<R>().columns
}

fn cells<R: Serialize + JsonSchema>(row: &R) -> Vec<Cell> {
    to_cells(row, &columns::<R>()).unwrap()
}

fn fault<R: Serialize + JsonSchema>(row: &R) -> String {
    to_cells(row, &columns::<R>()).unwrap_err().to_string()
}

fn read<R: DeserializeOwned + JsonSchema>(cells: Vec<Cell>) -> Result<R, String> {
    from_cells(cells, &columns::<R>()).map_err(|error| error.to_string())
}

#[test]
fn every_row_comes_back_from_its_cells() {
    assert_eq!(read(cells(&full())), Ok(full()));
    assert_eq!(read(cells(&empty())), Ok(empty()));
}

#[test]
fn every_kind_of_column_has_its_kind_of_cell() {
    assert_eq!(
        cells(&full())[..13],
        [
            Cell::Bool(true),
            Cell::Int(i64::MIN),
            Cell::Int(255),
            Cell::Text("ten".to_owned()),
            Cell::Text("first_one".to_owned()),
            Cell::Id(id::<Book>(1).ulid()),
            Cell::Timestamp(NOW),
            Cell::Date(NOW.date()),
            Cell::Text("ZAR".to_owned()),
            Cell::Personal(Opened { subject: None, value: b"\xa4Zo\xc3\xab".to_vec() }),
            Cell::Json(json!({ "minor": -5, "currency": "JPY" })),
            Cell::Json(json!(["2026-01-15", "2026-01-16"])),
            Cell::Json(json!({ "a": 1 })),
        ]
    );
    assert_eq!(cells(&empty())[9], Cell::Null);
    assert_eq!(cells(&empty())[13..], [const { Cell::Null }; 8]);
}

#[test]
fn cells_read_in_json_as_the_values_they_were() {
    let columns = columns::<Full>();
    let json: serde_json::Map<_, _> = cells(&full())
        .iter()
        .zip(&columns)
        .map(|(cell, column)| (column.name.clone(), cell.to_json(&column.kind)))
        .collect();
    assert_eq!(json, *serde_json::to_value(full()).unwrap().as_object().unwrap());
}

#[test]
fn text_that_the_log_holds_is_read_back_whatever_its_length() {
    let mut cells = cells(&full());
    cells[3] = Cell::Text("more than ten characters".to_owned());
    assert_eq!(&*read::<Full>(cells).unwrap().text, "more than ten characters");
}

#[test]
fn a_cell_that_does_not_fit_is_told_by_the_name_of_its_column() {
    let with = |place: usize, cell| {
        let mut cells = cells(&full());
        cells[place] = cell;
        read::<Full>(cells).unwrap_err()
    };
    assert!(with(0, Cell::Int(1)).starts_with("yes: "));
    assert!(with(2, Cell::Int(256)).starts_with("small: "));
    assert!(with(4, Cell::Text("no_word".to_owned())).starts_with("word: unknown variant"));
    assert!(with(5, Cell::Null).starts_with("id: "));
    assert!(with(10, Cell::Json(json!({ "minor": 1 }))).starts_with("money: missing field"));
    assert!(read::<Full>(cells(&full())[..5].to_vec()).is_err());
}

#[derive(Serialize, JsonSchema)]
struct Large {
    number: u64,
}

#[derive(Serialize, JsonSchema)]
struct Skipping {
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<i64>,
    number: i64,
}

#[test]
fn a_row_that_is_not_its_columns_is_told() {
    assert_eq!(cells(&Large { number: 1 }), [Cell::Int(1)]);
    assert_eq!(fault(&Large { number: u64::MAX }), "a number above 2^63 does not fit the column");
    assert_eq!(fault(&Skipping { maybe: None, number: 1 }), "number is not the next column");
    assert!(to_cells(&(1, 2), &columns::<Large>()).is_err());
    assert!(to_cells(&1, &columns::<Large>()).is_err());
}

#[test]
fn keys_come_back_from_their_cells() {
    fn there_and_back<K: RowKey>(key: K) {
        assert_eq!(K::from_cells(&key.cells()), Some(key));
    }
    there_and_back(id::<Book>(1));
    there_and_back((id::<Book>(1), true));
    there_and_back((NOW, NOW.date(), -1_i64));
    there_and_back((Currency::ZAR, Text::<5>::of("a"), 1_i64, false));
    there_and_back((Currency::ZAR, Text::<5>::of(" a "), 1_i64, false, id::<Book>(1)));
    assert_eq!(Id::<Book>::from_cells(&[Cell::Int(1)]), None);
    assert_eq!(Id::<Book>::from_cells(&[]), None);
    assert_eq!(<(bool, bool)>::from_cells(&[Cell::Bool(true)]), None);
    assert_eq!(Currency::from_cell(&Cell::Text("no such".to_owned())), None);
}

#[test]
fn an_id_shows_the_prefix_of_its_column() {
    let cell = id::<Book>(1).cell();
    let kind = ColumnKind::Id { aggregate: "book".to_owned(), prefix: "bok".to_owned() };
    assert_eq!(cell.to_json(&kind), id::<Book>(1).to_string());
    assert_eq!(cell.to_json(&ColumnKind::Text), id::<Book>(1).ulid().to_string());
}

#[test]
fn nested_values_are_the_same_however_they_are_kept() {
    let text = |text: &str| Cell::JsonText(text.to_owned());
    let value = Cell::Json(json!({ "a": 1, "b": [] }));
    assert_eq!(text(r#"{"b":[],"a":1}"#), value);
    assert_eq!(value, text(r#"{ "a": 1, "b": [] }"#));
    assert_eq!(text(r#"{"b":[],"a":1}"#), text(r#"{"a":1,"b":[]}"#));
    assert_ne!(text("[1]"), text("[2]"));
    assert_ne!(text("[1]"), Cell::Json(json!([2])));
    assert_ne!(text("1"), Cell::Int(1));
}
