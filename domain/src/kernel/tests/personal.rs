use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use ulid::Ulid;

use crate::kernel::{
    Cell, Column, ColumnKind, Date, Personal, Text,
    cell::{from_cells, to_cells},
    lift_value,
    personal::{OPEN, Opened, Replacement, SEALED, WireError, fields, rewrite},
    schema,
    testing::NOW,
};

const ZOE: Ulid = Ulid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Visit {
    room: u32,
    name: Personal<Text<20>>,
    notes: Vec<Personal<String>>,
    born: Personal<Date>,
    home: Personal<Home>,
    gone: Personal<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Home {
    street: String,
    number: i32,
}

fn visit() -> Visit {
    Visit {
        room: 70_000,
        name: Personal::from(Text::of("Zoë")).about(ZOE),
        notes: vec!["a".to_owned().into(), "b".repeat(300).into()],
        born: NOW.date().into(),
        home: Home { street: "Kerk".to_owned(), number: -5 }.into(),
        gone: Personal::ERASED,
    }
}

fn stored(visit: &Visit) -> Vec<u8> {
    rmp_serde::to_vec_named(visit).unwrap()
}

/// All personal values in stored bytes.
fn found(bytes: &[u8]) -> Vec<Opened> {
    let mut found = vec![];
    rewrite::<WireError>(bytes, OPEN, |body| {
        found.push(Opened::parse(body)?);
        Ok(Replacement::Nil)
    })
    .unwrap();
    found
}

#[test]
fn a_stored_value_keeps_whose_it_is() {
    let read: Visit = rmp_serde::from_slice(&stored(&visit())).unwrap();
    assert_eq!(read, visit());
    assert_eq!(read.name.subject(), Some(ZOE));
    assert_eq!(read.born.subject(), None);
    // And so does a copy of it, wherever it goes.
    let copied = Visit { notes: vec![], name: read.name, ..visit() };
    assert_eq!(found(&stored(&copied))[0].subject, Some(ZOE));
}

#[test]
fn a_value_stored_before_it_was_personal_can_be_read() {
    let bare = json!({
        "room": 1, "name": "Zoë", "notes": ["a"], "born": NOW.date().days(),
        "home": { "street": "Kerk", "number": 1 }, "gone": 7,
    });
    let read: Visit = rmp_serde::from_slice(&rmp_serde::to_vec_named(&bare).unwrap()).unwrap();
    assert_eq!(read.name, Personal::from(Text::of("Zoë")));
    assert_eq!(read.home.known().map(|home| home.number), Some(1));
    assert_eq!(read.gone, Personal::from(7));
}

#[test]
fn personal_values_are_found_without_knowing_the_type() {
    let subjects: Vec<_> = found(&stored(&visit())).iter().map(|open| open.subject).collect();
    assert_eq!(subjects, [Some(ZOE), None, None, None, None]);
}

#[test]
fn what_is_sealed_is_not_taken_for_a_value() {
    let seal = |_: &[u8]| Ok(Replacement::Extension(SEALED, b"secret".to_vec()));
    let sealed = rewrite::<WireError>(&stored(&visit()), OPEN, seal).unwrap();
    let refused = rmp_serde::from_slice::<Visit>(&sealed).unwrap_err().to_string();
    assert!(refused.contains("sealed"), "{refused}");
}

#[test]
fn what_is_erased_leaves_the_rest_as_it_was() {
    let erased = rewrite::<WireError>(&stored(&visit()), OPEN, |_| Ok(Replacement::Nil)).unwrap();
    let read: Visit = rmp_serde::from_slice(&erased).unwrap();
    assert_eq!(read.room, visit().room);
    assert!(read.name.is_erased() && read.home.is_erased());
    assert_eq!(read.notes.len(), 2);
}

#[test]
fn bytes_that_are_no_message_pack_are_refused() {
    for bytes in [&[0xc1][..], &[0xd9, 5, b'a'], &[0xc7], &[0xc7, 9, 80, 1], &[0xda, 1]] {
        assert_eq!(rewrite(bytes, OPEN, |_| Ok(Replacement::Nil)), Err(WireError), "{bytes:x?}");
    }
    assert_eq!(Opened::parse(&[]), Err(WireError));
    assert_eq!(Opened::parse(&[1, 2, 3]), Err(WireError));
    assert_eq!(Opened::parse(&[9]), Err(WireError));
}

proptest! {
    #[test]
    fn any_fields_pass_through_unchanged(text in ".*", number: i64, float: f64, size in 0_usize..70_000) {
        let fields = json!({ "t": text, "n": number, "f": float, "l": vec!["x"; size % 40],
            "long": "y".repeat(size), "deep": { "b": [true, null, { "n": number }] } });
        let bytes = rmp_serde::to_vec_named(&fields).unwrap();
        let same = rewrite::<WireError>(&bytes, OPEN, |_| Ok(Replacement::Nil)).unwrap();
        prop_assert_eq!(same, bytes);
    }

    #[test]
    fn a_value_of_any_size_can_be_replaced(size in 0_usize..70_000) {
        let fields = ("before", Personal::from("z".repeat(size)), "after");
        let bytes = rmp_serde::to_vec_named(&fields).unwrap();
        let twice = rewrite::<WireError>(&bytes, OPEN, |body| {
            Ok(Replacement::Extension(SEALED, body.repeat(2)))
        }).unwrap();
        let back = rewrite::<WireError>(&twice, SEALED, |body| {
            Ok(Replacement::Extension(OPEN, body[..body.len() / 2].to_vec()))
        }).unwrap();
        prop_assert_eq!(back, bytes);
    }
}

#[test]
fn fields_are_lifted_without_losing_whose_they_are() {
    let mut lifted = fields::read(&stored(&visit())).unwrap();
    let name = lifted.remove("name").unwrap();
    lifted.insert("name".to_owned(), name);
    lift_value(&mut lifted["name"], |name| *name = "Chloë".into());
    lift_value(&mut lifted["room"], |room| *room = 2.into());
    let read: Visit = rmp_serde::from_slice(&fields::write(&lifted).unwrap()).unwrap();
    let expected = Visit { room: 2, name: Text::of("Chloë").into(), ..visit() };
    assert_eq!(read, expected);
    assert_eq!(read.name.subject(), Some(ZOE));
}

#[test]
fn fields_that_are_no_map_are_refused() {
    assert!(fields::read(&rmp_serde::to_vec_named(&[1, 2]).unwrap()).is_err());
    let sealed = Map::from_iter([("a".to_owned(), Value::Null)]);
    assert_eq!(fields::read(&fields::write(&sealed).unwrap()).unwrap(), sealed);
}

#[test]
fn a_row_keeps_whose_its_values_are() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Row {
        name: Personal<Text<20>>,
        born: Personal<Date>,
        gone: Personal<u64>,
    }
    let row = Row {
        name: Personal::from(Text::of("Zoë")).about(ZOE),
        born: NOW.date().into(),
        gone: Personal::ERASED,
    };
    let columns: Vec<Column> = schema::table::<Row>().columns;
    let cells = to_cells(&row, &columns).unwrap();
    let Cell::Personal(Opened { subject, .. }) = &cells[0] else { panic!("{:?}", cells[0]) };
    assert_eq!(*subject, Some(ZOE));
    assert_eq!(cells[2], Cell::Null);
    assert_eq!(cells[0].to_json(&columns[0].kind), json!("Zoë"));
    assert_eq!(cells[1].to_json(&ColumnKind::Date), json!(NOW.date().to_string()));
    assert!(!format!("{cells:?}").contains("Zo"));
    let read: Row = from_cells(cells, &columns).unwrap();
    assert_eq!(read, row);
    assert_eq!(read.name.subject(), Some(ZOE));
}
