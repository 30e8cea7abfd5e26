//! Declarations that contradict the rules are found before anything runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{
    Aggregate, Command, Context, Domain, Event, Facts, Folds, Id, Interpreter, Keys, Kind,
    Personal, ReadModel, Recorded, Registry, Rejection, Slot, Text, Upcast,
    testing::toy::{Book, Library, OnLoan, RemindOfDueDate, Shelf, Toy},
};

fn faults<D: Domain>() -> Vec<String> {
    Registry::of::<D>().map_or_else(|error| error.0, |_| vec![])
}

#[test]
fn the_toy_domain_has_none() {
    assert_eq!(faults::<Toy>(), [] as [&str; 0]);
}

struct Twice;

impl Domain for Twice {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Library>();
        to.context::<Library>();
    }
}

#[test]
fn nothing_can_be_declared_twice() {
    assert_eq!(
        faults::<Twice>(),
        [
            "context library is declared twice",
            "aggregate type book is declared twice",
            "aggregate type loan is declared twice",
            "id prefix bok is declared twice",
            "id prefix lon is declared twice",
            "read model shelf is declared twice",
            "read model on_loan is declared twice",
            "row name shelved_book is declared twice",
            "row name open_loan is declared twice",
            "reaction remind-of-due-date is declared twice",
        ]
    );
}

struct Formerly;

impl Domain for Formerly {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Library>();
        to.former_read_model::<Shelf>();
        to.former_read_model::<Forgotten>();
    }
}

/// A read model of which there is no current version.
struct Forgotten;

impl ReadModel for Forgotten {
    const NAME: &'static str = "forgotten";
    const ROW: &'static str = "forgotten_book";
    const VERSION: u32 = 3;
    const KEY: &'static [&'static str] = <Shelf as ReadModel>::KEY;

    type Key = <Shelf as ReadModel>::Key;
    type Row = <Shelf as ReadModel>::Row;
    type Sources = (Book,);
}

impl Folds<Book> for Forgotten {
    fn keys(_: &Recorded<Book>) -> Keys<Self::Key> {
        Keys::None
    }
    fn apply(_: &mut Slot<'_, Self>, _: &Recorded<Book>) {}
}

#[test]
fn a_former_version_is_earlier_than_the_current_one() {
    assert_eq!(
        faults::<Formerly>(),
        [
            "shelf: version 1 is no former one; the current one is 1",
            "shelf: version 1 is declared twice",
            "forgotten: has a former version, but no current one",
        ]
    );
}

struct Alone;

impl Domain for Alone {
    fn declare(to: &mut impl Interpreter) {
        to.enter("alone", "Looks at what is not there.");
        to.read_model::<Shelf>();
        to.read_model::<OnLoan>();
        to.reaction::<RemindOfDueDate>();
    }
}

#[test]
fn sources_must_be_declared() {
    assert_eq!(
        faults::<Alone>(),
        [
            "shelf: folds book, which is not registered",
            "shelf: folds loan, which is not registered",
            "on_loan: folds loan, which is not registered",
            "remind-of-due-date: answers loan, which is not registered",
        ]
    );
}

/// An aggregate that does everything wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Sloppy;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum SloppyCommand {
    Lenient(Lenient),
    /// Names itself.
    Named(Named),
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Lenient {}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    id: i64,
}

impl Command for SloppyCommand {
    const CREATE: &'static [&'static str] = &["name"];
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SloppyEvent {
    Undocumented {},
    /// Is nothing but a number.
    Numbered(i64),
}

impl Event for SloppyEvent {
    const UPCASTS: &'static [Upcast] = &[Upcast { event: "numberd", lift: |_| {} }];
}

#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
enum Never {}

impl Rejection for Never {}

impl Kind for Sloppy {
    const TYPE: &'static str = "sloppy";
    const PREFIX: &'static str = "slo";
}

impl Aggregate for Sloppy {
    type Command = SloppyCommand;
    type Event = SloppyEvent;
    type Rejection = Never;

    fn decide(&self, _: SloppyCommand, _: &Facts) -> Result<Vec<SloppyEvent>, Never> {
        Ok(vec![])
    }

    fn evolve(&mut self, _: &SloppyEvent) {}
}

struct Sloppies;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct SloppyRow {
    /// Might be missing.
    sloppy: Option<Id<Sloppy>>,
    undocumented: i64,
    /// Is taken.
    tenant_id: i64,
    /// Is taken as well.
    updated_position: i64,
    /// Hides somebody.
    guests: Vec<Guest>,
    /// Cannot be searched.
    #[schemars(extend("x-search" = "parts"))]
    count: i64,
    /// Cannot be searched like that.
    #[schemars(extend("x-search" = "letters"))]
    text: Text<10>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Guest {
    name: Personal<Text<10>>,
}

impl ReadModel for Sloppies {
    const NAME: &'static str = "sloppies";
    const ROW: &'static str = "sloppy_row";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["sloppy", "id"];
    const INDEXES: &'static [&'static [&'static str]] = &[&["undocumented", "none"]];

    type Key = Id<Sloppy>;
    type Row = SloppyRow;
    type Sources = (Sloppy,);
}

impl Folds<Sloppy> for Sloppies {
    fn keys(_: &Recorded<Sloppy>) -> Keys<Id<Sloppy>> {
        Keys::None
    }

    fn apply(_: &mut Slot<'_, Self>, _: &Recorded<Sloppy>) {}
}

struct Careless;

impl Domain for Careless {
    fn declare(to: &mut impl Interpreter) {
        to.enter("careless", "Does everything wrong.");
        to.aggregate::<Sloppy>();
        to.read_model::<Sloppies>();
    }
}

#[test]
fn every_slip_is_told() {
    assert_eq!(
        faults::<Careless>(),
        [
            "sloppy: no command creates it; name one in Command::CREATE",
            "sloppy: Command::CREATE names name, which is no command",
            "sloppy: Event::UPCASTS names numberd, which is no event",
            "sloppy/lenient: must deny unknown fields",
            "sloppy/lenient: has no doc comment",
            "sloppy/named: the field id is taken by the aggregate's own id",
            "sloppy.undocumented: has no doc comment",
            "sloppy.numbered: must have named fields, or {}",
            "sloppies: the row has no doc comment",
            "sloppies.undocumented: has no doc comment",
            "sloppies.tenant_id: the name is reserved",
            "sloppies.updated_position: the name is reserved",
            "sloppies: key or index names id, which is no column",
            "sloppies: key or index names none, which is no column",
            "sloppies.guests: holds personal data within, where it cannot be forgotten; give it \
             a column of its own",
            "sloppies.count: x-search is \"parts\" or \"words\", of text that is not personal",
            "sloppies.text: x-search is \"parts\" or \"words\", of text that is not personal",
            "sloppies.sloppy: a key column cannot be empty or personal",
        ]
    );
}

/// Takes no orders and has no life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Stone;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Nothing {}

impl Command for Nothing {
    const CREATE: &'static [&'static str] = &[];
}

impl Event for Nothing {}

impl Kind for Stone {
    const TYPE: &'static str = "stone";
    const PREFIX: &'static str = "stn";
}

impl Aggregate for Stone {
    type Command = Nothing;
    type Event = Nothing;
    type Rejection = Never;

    fn decide(&self, _: Nothing, _: &Facts) -> Result<Vec<Nothing>, Never> {
        Ok(vec![])
    }

    fn evolve(&mut self, _: &Nothing) {}
}

struct Stones;

impl Context for Stones {
    const NAME: &'static str = "stones";
    const DOC: &'static str = "Lie about.";

    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Stone>();
    }
}

impl Domain for Stones {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Self>();
    }
}

#[test]
fn commands_and_events_must_be_enums() {
    let error = Registry::of::<Stones>().err().unwrap().to_string();
    assert_eq!(
        error,
        "stone: commands and events must be externally tagged enums with variants\n\
         stone: no command creates it; name one in Command::CREATE"
    );
}
