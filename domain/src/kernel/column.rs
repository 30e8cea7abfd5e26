//! The shape of a read model's rows, as every interpreter sees it.

use serde_json::Value;

/// The table behind a read model, derived from its row type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The doc comment of the row type.
    pub doc: String,
    /// The columns in the order of the row's fields.
    pub columns: Vec<Column>,
}

impl Table {
    /// The index of a column.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The field's name, `snake_case`.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// Whether it is personal data.
    pub personal: bool,
    /// The field's doc comment.
    pub doc: String,
    /// What the column holds in rows that were written before there was such a
    /// field, as JSON: the field is declared with `#[serde(default)]`.
    pub default: Option<Value>,
    /// Why nobody should use it any more: the field is marked `#[deprecated]`,
    /// or says so in `#[schemars(extend("x-deprecated" = "…"))]`.
    pub deprecated: Option<String>,
    /// What is nested in it, as far as that is known.
    pub nested: Option<Nested>,
    /// By what its text is found fast: the field says so in
    /// `#[schemars(extend("x-search" = "parts"))]`, or `"words"`.
    pub search: Option<Search>,
}

/// By what text is found through an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// By any part of three letters or more.
    Parts,
    /// By whole words.
    Words,
}

/// What is nested in a column of kind [`ColumnKind::Json`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nested {
    /// A list. Its elements are described as a column without a name.
    List(Box<Column>),
    /// An object. An enum whose variants have values is one as well, of whose
    /// fields one is there at a time.
    Object(Object),
}

/// The fields of a nested object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The name of its type; empty if it has none.
    pub name: String,
    /// The doc comment of its type.
    pub doc: String,
    /// Its fields, by the names they have in JSON.
    pub fields: Vec<Column>,
}

/// One of the words of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as it is stored.
    pub name: String,
    /// The doc comment of the variant; empty if it has none.
    pub doc: String,
    /// Why nobody should use it any more.
    pub deprecated: Option<String>,
}

impl Column {
    /// The column beside a personal one by which its values are found: they
    /// are sealed, so a keyed hash of each stands there. Nested values have
    /// none.
    #[must_use]
    pub fn match_name(&self) -> Option<String> {
        let is_matched = self.personal && self.kind != ColumnKind::Json;
        is_matched.then(|| format!("{}_match", self.name))
    }
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Yes or no.
    Bool,
    /// A 64-bit integer.
    Int,
    /// Text.
    Text,
    /// One of a fixed list of words.
    Enum {
        /// The name of the enum type.
        name: String,
        /// The doc comment of the enum type; empty if it has none.
        doc: String,
        /// The words.
        values: Vec<Word>,
    },
    /// The typed id of an aggregate.
    Id {
        /// The aggregate's type.
        aggregate: String,
        /// What the id's text form begins with.
        prefix: String,
    },
    /// An instant.
    Timestamp,
    /// A civil date.
    Date,
    /// Anything nested.
    Json,
}
