//! Rows say what columns they have.
#![expect(dead_code, reason = "the types are looked at, not used")]

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::kernel::{
    ColumnKind, Currency, Date, Id, Money, Nested, Personal, Positive, Text, Timestamp,
    schema::{self, doc, pascal_case, table},
    testing::toy::{Book, LoanCommand, OnLoanRow},
};

/// A row with a column of every kind.
#[derive(Serialize, JsonSchema)]
struct Row {
    /// Whether it is so.
    yes: bool,
    count: i64,
    size: u8,
    positive: Positive,
    maybe_count: Option<i64>,
    text: String,
    short: Text<10>,
    currency: Currency,
    id: Id<Book>,
    maybe_id: Option<Id<Book>>,
    time: Timestamp,
    maybe_date: Option<Date>,
    name: Personal<Text<10>>,
    /// Known words.
    word: Commented,
    maybe_word: Option<Commented>,
    bare: Bare,
    mixed: Mixed,
    money: Money,
    maybe_money: Option<Money>,
    list: Vec<i64>,
    variant: WithFields,
    #[serde(skip)]
    unseen: i64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Commented {
    /// One.
    One,
    /// Another.
    AnotherOne,
}

#[derive(Serialize, JsonSchema)]
enum Bare {
    One,
    Other,
}

#[derive(Serialize, JsonSchema)]
enum Mixed {
    Bare,
    /// Commented.
    Commented,
    AlsoBare,
}

#[derive(Serialize, JsonSchema)]
enum WithFields {
    None,
    Some { count: i64 },
}

fn kind(name: &str) -> ColumnKind {
    table::<Row>().column(name).unwrap().kind.clone()
}

fn words(name: &str) -> (String, Vec<String>) {
    match kind(name) {
        ColumnKind::Enum { name, values, .. } => {
            (name, values.into_iter().map(|word| word.name).collect())
        }
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn columns_come_in_the_order_of_the_fields() {
    let table = table::<Row>();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names[..4], ["yes", "count", "size", "positive"]);
    assert_eq!(table.position("count"), Some(1));
    assert_eq!(table.position("unseen"), None);
    assert_eq!(table.columns.len(), 21);
}

#[test]
fn every_type_has_its_kind_of_column() {
    let id = || ColumnKind::Id { aggregate: "book".to_owned(), prefix: "bok".to_owned() };
    for (name, expected) in [
        ("yes", ColumnKind::Bool),
        ("count", ColumnKind::Int),
        ("size", ColumnKind::Int),
        ("positive", ColumnKind::Int),
        ("maybe_count", ColumnKind::Int),
        ("text", ColumnKind::Text),
        ("short", ColumnKind::Text),
        ("currency", ColumnKind::Text),
        ("id", id()),
        ("maybe_id", id()),
        ("time", ColumnKind::Timestamp),
        ("maybe_date", ColumnKind::Date),
        ("name", ColumnKind::Text),
        ("money", ColumnKind::Json),
        ("maybe_money", ColumnKind::Json),
        ("list", ColumnKind::Json),
        ("variant", ColumnKind::Json),
    ] {
        assert_eq!(kind(name), expected, "{name}");
    }
}

#[test]
fn enums_without_fields_are_lists_of_words() {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(words("word"), ("Commented".to_owned(), owned(&["one", "another_one"])));
    assert_eq!(words("maybe_word"), words("word"));
    assert_eq!(words("bare"), ("Bare".to_owned(), owned(&["One", "Other"])));
    let (name, mut mixed) = words("mixed");
    mixed.sort();
    assert_eq!((name, mixed), ("Mixed".to_owned(), owned(&["AlsoBare", "Bare", "Commented"])));
}

#[test]
fn what_may_be_missing_or_erased_may_be_empty() {
    let table = table::<Row>();
    let nullable: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| column.nullable)
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(
        nullable,
        ["maybe_count", "maybe_id", "maybe_date", "name", "maybe_word", "maybe_money"]
    );
    let personal: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| column.personal)
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(personal, ["name"]);
}

#[test]
fn comments_document_tables_and_columns() {
    let table = table::<Row>();
    assert_eq!(table.doc, "A row with a column of every kind.");
    assert_eq!(table.column("yes").unwrap().doc, "Whether it is so.");
    assert_eq!(table.column("word").unwrap().doc, "Known words.");
    assert_eq!(table.column("count").unwrap().doc, "");
}

#[derive(Serialize, JsonSchema)]
struct Tree {
    /// The leaves.
    leaves: Vec<Leaf>,
    /// What it costs, or how much of it.
    price: Option<Price>,
    /// Trees in the tree.
    trees: Vec<Tree>,
    /// Of old.
    #[deprecated]
    height: i64,
    /// Of old, too.
    #[schemars(extend("x-deprecated" = "Use leaves."))]
    leaf: Word,
}

/// A leaf.
#[derive(Serialize, JsonSchema)]
struct Leaf {
    /// Its colour.
    colour: Word,
    /// When it falls.
    falls: Option<Date>,
    /// By hour.
    sizes: Vec<i64>,
}

/// A colour.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Word {
    /// As in spring.
    Green,
    /// As in summer.
    #[deprecated]
    DarkGreen,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Price {
    /// In full.
    Whole(Money),
    /// In part.
    Share(i64),
}

#[test]
fn what_is_nested_is_described_as_columns_are() {
    let table = table::<Tree>();
    let Some(Nested::List(leaf)) = &table.column("leaves").unwrap().nested else { panic!() };
    let Some(Nested::Object(leaf)) = &leaf.nested else { panic!("{leaf:?}") };
    assert_eq!((&*leaf.name, &*leaf.doc), ("Leaf", "A leaf."));
    let names: Vec<&str> = leaf.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(names, ["colour", "falls", "sizes"]);
    assert!(matches!(leaf.fields[0].kind, ColumnKind::Enum { .. }));
    assert_eq!((&leaf.fields[1].kind, leaf.fields[1].nullable), (&ColumnKind::Date, true));
    let Some(Nested::List(size)) = &leaf.fields[2].nested else { panic!() };
    assert_eq!((&size.kind, size.nullable, &size.nested), (&ColumnKind::Int, false, &None));

    let price = table.column("price").unwrap();
    let Some(Nested::Object(one_of)) = &price.nested else { panic!("{price:?}") };
    let shown: Vec<_> = one_of.fields.iter().map(|it| (&*it.name, &*it.doc, it.nullable)).collect();
    assert_eq!(shown, [("whole", "In full.", true), ("share", "In part.", true)]);
    // A tree of trees of trees has no end.
    let trees = table.column("trees").unwrap();
    assert_eq!((&trees.kind, trees.nullable), (&ColumnKind::Json, false));
}

#[test]
fn what_is_deprecated_says_why() {
    let table = table::<Tree>();
    let reason = |name: &str| table.column(name).unwrap().deprecated.clone();
    assert_eq!(reason("leaves"), None);
    assert_eq!(reason("height").as_deref(), Some("Not to be used any more."));
    assert_eq!(reason("leaf").as_deref(), Some("Use leaves."));
    let ColumnKind::Enum { doc, values, .. } = &table.column("leaf").unwrap().kind else {
        panic!()
    };
    assert_eq!(doc, "A colour.");
    let words: Vec<_> =
        values.iter().map(|word| (&*word.name, &*word.doc, word.deprecated.is_some())).collect();
    assert_eq!(words, [("green", "As in spring.", false), ("dark_green", "As in summer.", true)]);
}

#[test]
fn the_toy_rows_are_understood() {
    let table = table::<OnLoanRow>();
    let kinds: Vec<_> = table.columns.iter().map(|column| column.kind.clone()).collect();
    assert!(matches!(kinds[0], ColumnKind::Id { .. }));
    assert!(matches!(kinds[5], ColumnKind::Enum { .. }));
    assert!(table.column("borrower").unwrap().personal);
}

#[test]
fn variants_are_known_with_their_comments_and_schemas() {
    let variants = schema::variants_as_read::<LoanCommand>();
    let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["lend", "renew", "remind", "return"]);
    assert_eq!(variants[0].doc, "Lends a book to a person.");
    assert_eq!(variants[0].schema["properties"]["until"]["format"], "date");
    assert_eq!(variants[0].schema["additionalProperties"], Value::Bool(false));
    assert_eq!(doc::<LoanCommand>(), "Orders to a loan.");
}

#[test]
fn variants_without_fields_are_variants_too() {
    let names = |variants: Vec<schema::Variant>| {
        let mut names: Vec<String> = variants.into_iter().map(|variant| variant.name).collect();
        names.sort();
        names
    };
    assert_eq!(names(schema::variants::<Mixed>()), ["AlsoBare", "Bare", "Commented"]);
    assert_eq!(names(schema::variants::<Bare>()), ["One", "Other"]);
    assert_eq!(names(schema::variants::<WithFields>()), ["None", "Some"]);
    assert_eq!(names(schema::variants::<Row>()), [] as [&str; 0]);
}

#[test]
fn only_what_has_no_default_must_be_said() {
    #[derive(serde::Deserialize, Serialize, JsonSchema)]
    enum Order {
        Go {
            #[serde(default)]
            far: bool,
        },
    }
    let required = |variants: Vec<schema::Variant>| variants[0].schema.get("required").cloned();
    assert_eq!(required(schema::variants_as_read::<Order>()), None);
    assert_eq!(required(schema::variants::<Order>()), Some(serde_json::json!(["far"])));
}

#[test]
fn type_names_are_put_together() {
    assert_eq!(pascal_case("daily_revenue"), "DailyRevenue");
    assert_eq!(pascal_case("mark-as-paid"), "MarkAsPaid");
}

#[derive(Serialize, JsonSchema)]
struct Later {
    /// There from the beginning.
    first: i64,
    #[serde(default)]
    number: i64,
    #[serde(default)]
    maybe: Option<Text<10>>,
    #[serde(default = "somewhere")]
    place: String,
}

fn somewhere() -> String {
    "somewhere".to_owned()
}

#[test]
fn a_field_with_a_default_says_what_earlier_rows_hold() {
    let table = table::<Later>();
    let default = |name| table.column(name).unwrap().default.clone();
    assert_eq!(default("first"), None);
    assert_eq!(default("number"), Some(0.into()));
    assert_eq!(default("maybe"), Some(Value::Null));
    assert_eq!(default("place"), Some("somewhere".into()));
    assert!(!table.column("number").unwrap().nullable);
    assert!(table.column("maybe").unwrap().nullable);
}
