use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use ulid::Ulid;

use crate::kernel::{
    Aggregate, CodecError, Command, Date, Event, EventCodec, Facts, Kind, Personal, Rejection,
    Text, Upcast,
    testing::{NOW, envelope, id},
};

/// Notes that were written in three ways over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Note;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Order {
    Write {},
}

impl Command for Order {
    const CREATE: &'static [&'static str] = &["write"];
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NoteEvent {
    Written {
        text: Text<10>,
        words: u32,
        on: Date,
        by: Personal<Text<10>>,
        mood: Option<Mood>,
        #[serde(default)]
        tags: Vec<Text<5>>,
    },
    Emptied {},
    TornUpIntoManyTinyPiecesAndThrownAway {
        pieces: u64,
    },
    Burnt,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Calm,
    Angry { how_much: i8 },
}

impl Event for NoteEvent {
    const UPCASTS: &'static [Upcast] = &[
        Upcast { event: "written", lift: body_becomes_text },
        Upcast { event: "emptied", lift: |_| {} },
        Upcast { event: "written", lift: words_are_counted },
    ];
}

fn body_becomes_text(fields: &mut Map<String, Value>) {
    let body = fields.remove("body").unwrap_or_default();
    fields.insert("text".to_owned(), body);
}

fn words_are_counted(fields: &mut Map<String, Value>) {
    let words = fields["text"].as_str().map_or(0, |text| text.split(' ').count());
    fields.insert("words".to_owned(), words.into());
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
enum Never {}

impl Rejection for Never {}

impl Kind for Note {
    const TYPE: &'static str = "note";
    const PREFIX: &'static str = "not";
}

impl Aggregate for Note {
    type Command = Order;
    type Event = NoteEvent;
    type Rejection = Never;

    fn decide(&self, _: Order, _: &Facts) -> Result<Vec<NoteEvent>, Never> {
        Ok(vec![NoteEvent::Emptied {}])
    }

    fn evolve(&mut self, _: &NoteEvent) {}
}

fn written() -> NoteEvent {
    NoteEvent::Written {
        text: Text::of("two words"),
        words: 2,
        on: NOW.date(),
        by: Personal::ERASED,
        mood: Some(Mood::Angry { how_much: -1 }),
        tags: vec![Text::of("a")],
    }
}

#[test]
fn what_is_nobodys_becomes_the_owners() {
    let codec = EventCodec::<Note>::new();
    let (owner, other) = (Ulid(7), Ulid(8));
    let by = |by| NoteEvent::Written {
        by,
        text: Text::of("a"),
        words: 1,
        on: NOW.date(),
        mood: None,
        tags: vec![],
    };
    let subject = |event| match codec.owned(event, owner) {
        NoteEvent::Written { by, .. } => by.subject(),
        event => panic!("{event:?}"),
    };
    assert_eq!(subject(by(Text::of("Zoë").into())), Some(owner));
    assert_eq!(subject(by(Personal::from(Text::of("Zoë")).about(other))), Some(other));
    assert_eq!(subject(by(Personal::ERASED)), None);
    assert_eq!(codec.owned(NoteEvent::Emptied {}, owner), NoteEvent::Emptied {});
}

fn payload(fields: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(fields).unwrap()
}

fn decoded(name: &str, version: u16, fields: &Value) -> Result<NoteEvent, CodecError> {
    EventCodec::<Note>::new().decode(name, version, &payload(fields))
}

#[test]
fn every_event_comes_back_from_its_bytes() {
    let codec = EventCodec::<Note>::new();
    let torn = NoteEvent::TornUpIntoManyTinyPiecesAndThrownAway { pieces: u64::MAX };
    for event in [written(), NoteEvent::Emptied {}, torn, NoteEvent::Burnt] {
        let stored = codec.encode(&event).unwrap();
        let again = codec.decode(stored.name, stored.schema_version, &stored.payload).unwrap();
        assert_eq!(again, event);
    }
}

#[test]
fn only_the_fields_are_stored_by_name() {
    let stored = EventCodec::<Note>::new().encode(&written()).unwrap();
    assert_eq!((stored.name, stored.schema_version), ("written", 3));
    let fields: Value = rmp_serde::from_slice(&stored.payload).unwrap();
    let expected = json!({
        "text": "two words",
        "words": 2,
        "on": NOW.date().days(),
        "by": null,
        "mood": { "angry": { "how_much": -1 } },
        "tags": ["a"],
    });
    assert_eq!(fields, expected);
    let nothing = EventCodec::<Note>::new().encode(&NoteEvent::Emptied {}).unwrap();
    assert_eq!((nothing.schema_version, nothing.payload), (2, vec![0x80]));
}

#[test]
fn versions_follow_from_the_upcasts() {
    let codec = EventCodec::<Note>::new();
    let shapes: Vec<(String, u16)> =
        codec.shapes().map(|(name, version)| (name.to_owned(), version)).collect();
    let version = |name: &str| shapes.iter().find(|(shape, _)| shape == name).unwrap().1;
    assert_eq!(shapes.len(), 4);
    assert_eq!((version("written"), version("emptied"), version("burnt")), (3, 2, 1));
}

#[test]
fn older_shapes_are_lifted_step_by_step() {
    let on = NOW.date().days();
    let written = |words: u32, mood| NoteEvent::Written {
        text: Text::of("three of 3"),
        words,
        on: NOW.date(),
        by: Personal::from(Text::of("Zoë")),
        mood,
        tags: vec![],
    };
    let first = json!({ "body": "three of 3", "on": on, "by": "Zoë" });
    assert_eq!(decoded("written", 1, &first).unwrap(), written(3, None));
    let second = json!({ "text": "three of 3", "on": on, "by": "Zoë", "mood": "calm" });
    assert_eq!(decoded("written", 2, &second).unwrap(), written(3, Some(Mood::Calm)));
    assert_eq!(decoded("emptied", 1, &json!({})).unwrap(), NoteEvent::Emptied {});
}

#[test]
fn older_text_may_be_longer_than_it_could_be_today() {
    let fields = json!({ "body": "far too long for today", "on": 1, "by": null });
    let NoteEvent::Written { text, .. } = decoded("written", 1, &fields).unwrap() else {
        panic!("it was written");
    };
    assert_eq!(&*text, "far too long for today");
}

#[test]
fn fields_may_come_in_any_order_and_with_others() {
    let fields = json!({
        "new": [1], "tags": [], "by": null, "mood": "calm", "on": "2026-01-15", "words": 1,
        "text": "a",
    });
    let NoteEvent::Written { mood, on, .. } = decoded("written", 3, &fields).unwrap() else {
        panic!("it was written");
    };
    assert_eq!((mood, on), (Some(Mood::Calm), NOW.date()));
}

#[test]
fn what_is_newer_than_the_program_is_told() {
    let error = decoded("written", 4, &json!({})).unwrap_err();
    assert!(matches!(error, CodecError::NewerSchema { stored: 4, known: 3, .. }));
    assert_eq!(error.to_string(), "written has schema version 4, this program knows up to 3");
}

#[test]
fn an_event_that_nobody_declared_is_told() {
    let error = decoded("sung", 1, &json!({})).unwrap_err();
    assert_eq!(error.to_string(), "note has no event sung");
}

#[test]
fn fields_that_do_not_fit_are_told() {
    let error = decoded("written", 3, &json!({ "text": "a" })).unwrap_err();
    assert_eq!(error.to_string(), "written v3: missing field `words`");
    let error = decoded("written", 1, &json!([])).unwrap_err();
    assert!(error.to_string().starts_with("written v1: "), "{error}");
    let error = EventCodec::<Note>::new().decode("written", 3, &[]).unwrap_err();
    assert!(error.to_string().starts_with("written v3: "), "{error}");
}

#[test]
fn an_event_is_recorded_as_its_stream_s() {
    let stream = id::<Note>(1);
    let envelope = envelope("note", stream.ulid(), 7, 2);
    let recorded = EventCodec::<Note>::new().recorded(envelope, "emptied", 2, &[0x80]).unwrap();
    assert_eq!((recorded.id, recorded.event), (stream, NoteEvent::Emptied {}));
    assert_eq!((recorded.envelope.position, recorded.envelope.version), (7, 2));
}
