//! Rows with a field of every kind.

use domain::kernel::{
    Currency, Date, Folds, Id, Keys, Money, ReadModel, Recorded, Slot, Text, Timestamp,
    testing::toy::{Book, BookEvent, Loan},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) struct Holdings;

/// A copy, and everything that was noted about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct HoldingRow {
    /// Which book.
    book: Id<Book>,
    /// Its title, by parts of which it is found.
    #[schemars(extend("x-search" = "parts"))]
    title: Text<120>,
    /// What is said about it, by words of which it is found.
    #[schemars(extend("x-search" = "words"))]
    blurb: Option<Text<120>>,
    /// How it is bound.
    binding: Option<Binding>,
    /// Whether it may be taken home.
    lent_out: bool,
    /// In which currency it was paid.
    currency: Currency,
    /// What it cost.
    price_minor: i64,
    /// What is owed for it.
    fine_minor: Option<i64>,
    /// How many pages it has.
    pages: Option<i64>,
    /// When it was bought.
    bought_at: Option<Timestamp>,
    /// When it was printed.
    printed_on: Option<Date>,
    /// What readers have left in it.
    marks: Vec<Mark>,
    /// Its cover, if there is one.
    cover: Option<Cover>,
    /// What it is worth.
    worth: Option<Worth>,
    /// Whatever else.
    extra: Value,
    /// Where it stood of old.
    #[schemars(extend("x-deprecated" = "Shelves have no marks any more."))]
    shelf_mark: Option<i64>,
}

/// How a book is bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Binding {
    /// In cloth.
    Cloth,
    /// In paper.
    PaperBack,
    /// In skin.
    #[schemars(extend("x-deprecated" = "None are bought any more."))]
    Vellum,
}

/// Something that a reader has left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Mark {
    /// On which page.
    page: i64,
    /// On which loan it was found.
    loan: Option<Id<Loan>>,
    /// On which day it was found.
    found_on: Date,
    /// When it was rubbed out.
    gone_at: Option<Timestamp>,
    /// Whether it can be rubbed out.
    pencil: bool,
    /// The words.
    words: Vec<Text<20>>,
    /// What it costs to have it removed.
    cost: Option<Money>,
    /// What it is like.
    like: Option<Binding>,
}

/// A cover.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Cover {
    /// Its colour.
    colour: Option<Text<20>>,
    /// How thick it is.
    microns: i64,
}

/// What something is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Worth {
    /// So much money.
    Money(Money),
    /// A part of its price, in percent.
    Percent(i64),
}

impl ReadModel for Holdings {
    const NAME: &'static str = "holdings";
    const ROW: &'static str = "holding";
    const VERSION: u32 = 1;
    const KEY: &'static [&'static str] = &["book"];

    type Key = Id<Book>;
    type Row = HoldingRow;
    type Sources = (Book,);
}

impl Folds<Book> for Holdings {
    fn keys(event: &Recorded<Book>) -> Keys<Id<Book>> {
        event.id.into()
    }

    fn apply(slot: &mut Slot<'_, Self>, event: &Recorded<Book>) {
        match &event.event {
            BookEvent::Acquired { title, .. } => slot.put(HoldingRow {
                book: event.id,
                title: title.clone(),
                blurb: None,
                binding: Some(Binding::Cloth),
                lent_out: true,
                currency: Currency::ZAR,
                price_minor: 1_000,
                fine_minor: None,
                pages: None,
                bought_at: Some(event.envelope.occurred_at),
                printed_on: None,
                marks: vec![],
                cover: Some(Cover { colour: None, microns: 9_007_199_254_740_993 }),
                worth: Some(Worth::Percent(80)),
                extra: serde_json::json!({}),
                shelf_mark: None,
            }),
            BookEvent::Withdrawn { .. } => slot.remove(),
        }
    }
}
