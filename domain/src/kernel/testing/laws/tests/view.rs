//! Every law of read models can be broken, and says so when it is.

use std::sync::atomic::{AtomicI64, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{
    Folds, Id, Keys, ReadModel, Recorded, Slot, Text, Timestamp,
    testing::{
        id,
        laws::{self, to},
        toy::{Acquire, Book, BookCommand, BookEvent, Loan, OnLoan},
    },
};

use super::lamp::{Lamp, LampEvent, NEVER_BREAKS};

const SOUND: u8 = 0;
const MEMORY_OUTSIDE_COLUMNS: u8 = 1;
const MEMORY_OUTSIDE_ROWS: u8 = 2;
const WRONG_KEY_COLUMN: u8 = 3;
const NOT_OF_ONE_AGGREGATE: u8 = 4;
const KNOWS_THE_TENANT: u8 = 5;
const CHANGES_WHAT_IS_NOT_THERE: u8 = 6;
const PANICS: u8 = 7;
const UNLIKE_ITS_COLUMNS: u8 = 8;
const STAYS_EMPTY: u8 = 9;

/// A list of books with one fault, or none.
struct Books<const FAULT: u8>;

/// A book on the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct BooksRow {
    book: Id<Book>,
    isbn: Text<20>,
    seen_at: Timestamp,
    note: Option<String>,
    events: i64,
    #[serde(skip)]
    unwritten: i64,
    #[serde(serialize_with = "as_text")]
    number: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn as_text<S: serde::Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    if *number == 0 { serializer.serialize_i64(0) } else { serializer.serialize_str("many") }
}

static FOLDED: AtomicI64 = AtomicI64::new(0);

impl<const FAULT: u8> ReadModel for Books<FAULT> {
    const NAME: &'static str = "books";
    const ROW: &'static str = "book";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];
    const OF_ONE_AGGREGATE: bool = true;

    type Key = Id<Book>;
    type Row = BooksRow;
    type Sources = (Book,);
}

impl<const FAULT: u8> Folds<Book> for Books<FAULT> {
    fn keys(event: &Recorded<Book>) -> Keys<Id<Book>> {
        match &event.event {
            BookEvent::Acquired { .. } | BookEvent::Withdrawn { .. } if FAULT == STAYS_EMPTY => {
                Keys::None
            }
            BookEvent::Withdrawn { .. } if FAULT == NOT_OF_ONE_AGGREGATE => id(99).into(),
            BookEvent::Acquired { .. } | BookEvent::Withdrawn { .. } => event.id.into(),
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        let (BookEvent::Acquired { isbn, .. } | BookEvent::Withdrawn { isbn }) = &event.event;
        assert!(FAULT != PANICS, "no row for anybody");
        let first = || BooksRow {
            book: if FAULT == WRONG_KEY_COLUMN { id(99) } else { event.id },
            isbn: isbn.clone(),
            seen_at: event.envelope.occurred_at,
            note: (FAULT == KNOWS_THE_TENANT).then(|| event.envelope.tenant.to_string()),
            events: 0,
            unwritten: 0,
            number: i64::from(FAULT == UNLIKE_ITS_COLUMNS),
        };
        if FAULT == CHANGES_WHAT_IS_NOT_THERE {
            return slot.change(|row| row.events += 1);
        }
        slot.change_or_start(first, |row| {
            row.unwritten += 1;
            row.events = match FAULT {
                MEMORY_OUTSIDE_COLUMNS => row.unwritten,
                MEMORY_OUTSIDE_ROWS => FOLDED.fetch_add(1, Ordering::Relaxed),
                _ => row.events + 1,
            };
        });
    }
}

#[test]
fn a_sound_list_keeps_the_laws() {
    laws::read_model::<Books<SOUND>>();
}

#[test]
#[should_panic(expected = "but in batches of 1 it is")]
fn a_row_that_remembers_more_than_its_columns_breaks_view() {
    laws::read_model::<Books<MEMORY_OUTSIDE_COLUMNS>>();
}

#[test]
#[should_panic(expected = "View: folded event by event is")]
fn a_fold_that_remembers_what_came_before_breaks_view() {
    laws::read_model::<Books<MEMORY_OUTSIDE_ROWS>>();
}

#[test]
#[should_panic(expected = "Honest: the row of key bok_")]
fn a_row_under_another_key_is_told() {
    laws::read_model::<Books<WRONG_KEY_COLUMN>>();
}

#[test]
#[should_panic(expected = "Honest: books claims OF_ONE_AGGREGATE, but withdrawn of")]
fn a_row_of_several_aggregates_is_told() {
    laws::read_model::<Books<NOT_OF_ONE_AGGREGATE>>();
}

#[test]
#[should_panic(expected = "but another with the same log it is")]
fn a_row_that_depends_on_the_tenant_breaks_tenants() {
    laws::read_model::<Books<KNOWS_THE_TENANT>>();
}

#[test]
#[should_panic(expected = "View: acquired changes the row bok_01KF0E44M000064VVB00000001, which")]
fn a_history_that_cannot_be_folded_breaks_view() {
    laws::read_model::<Books<CHANGES_WHAT_IS_NOT_THERE>>();
}

#[test]
#[should_panic(expected = "View: apply() panicked: no row for anybody")]
fn a_fold_must_not_panic() {
    laws::read_model::<Books<PANICS>>();
}

#[test]
#[should_panic(expected = "View: \"many\" does not fit the column")]
fn a_row_unlike_its_columns_breaks_view() {
    laws::read_model::<Books<UNLIKE_ITS_COLUMNS>>();
}

#[test]
#[should_panic(expected = "random commands never led to a row")]
fn a_list_that_stays_empty_is_told() {
    laws::read_model::<Books<STAYS_EMPTY>>();
}

/// The lamps that were ever lit.
struct Lit;

/// A lamp that was lit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct LitRow {
    lamp: Id<Lamp<NEVER_BREAKS>>,
}

impl ReadModel for Lit {
    const NAME: &'static str = "lit";
    const ROW: &'static str = "lit_lamp";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["lamp"];

    type Key = Id<Lamp<NEVER_BREAKS>>;
    type Row = LitRow;
    type Sources = (Lamp<NEVER_BREAKS>,);
}

impl Folds<Lamp<NEVER_BREAKS>> for Lit {
    fn keys(event: &Recorded<Lamp<NEVER_BREAKS>>) -> Keys<Self::Key> {
        match event.event {
            LampEvent::Brightened { .. } => event.id.into(),
            LampEvent::Dimmed { .. } | LampEvent::Broken {} => Keys::None,
        }
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Lamp<NEVER_BREAKS>>) {
        slot.put(LitRow { lamp: event.id });
    }
}

#[test]
fn events_that_touch_no_row_need_not_happen() {
    laws::read_model::<Lit>();
}

#[test]
#[should_panic(expected = "random commands to loan never led to lent, renewed, reminded, returned")]
fn rows_that_never_come_about_are_told() {
    laws::read_model::<OnLoan>();
}

#[test]
fn a_story_may_address_any_id() {
    let isbn = Text::parse("0-262-51087-1").unwrap();
    let acquire = BookCommand::Acquire(Acquire { isbn, title: Text::parse("SICP").unwrap() });
    laws::ReadModel::<Books<SOUND>>::new()
        .with::<Loan>()
        .orders([to(Id::<Book>::derived(&["sicp"]), acquire)])
        .hold();
}
