//! A book: acquired, later perhaps withdrawn. Its ISBN is its own as long as
//! it is held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Aggregate, Claim, Command, Event, Facts, Kind, Rejection, Text};

/// A book that the library holds or held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Book {
    /// Not acquired yet.
    #[default]
    Unknown,
    /// May be lent.
    Held {
        /// The book's ISBN.
        isbn: Text<20>,
    },
    /// Lent no more.
    Withdrawn,
}

/// Orders to a book.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BookCommand {
    /// Adds a book to the library.
    Acquire(Acquire),
    /// Takes a book out of the library.
    Withdraw(Withdraw),
}

/// Adds a book to the library.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acquire {
    /// The ISBN, which only one book of the library can have.
    pub isbn: Text<20>,
    /// The title on the cover.
    pub title: Text<120>,
}

/// Takes a book out of the library.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {}

impl Command for BookCommand {
    const CREATE: &'static [&'static str] = &["acquire"];
}

/// What happens to a book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BookEvent {
    /// The library has the book.
    Acquired {
        /// The ISBN.
        isbn: Text<20>,
        /// The title on the cover.
        title: Text<120>,
    },
    /// The library has the book no more.
    Withdrawn {
        /// The ISBN, free for another copy.
        isbn: Text<20>,
    },
}

impl Event for BookEvent {}

/// Why a book refuses.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BookRejection {
    /// The book has been withdrawn for good.
    #[error("the book has been withdrawn")]
    Withdrawn,
    /// There is a book of this id with another ISBN.
    #[error("the book has the ISBN {isbn}")]
    OtherIsbn {
        /// The ISBN it has.
        isbn: Text<20>,
    },
}

impl Rejection for BookRejection {}

impl Kind for Book {
    const TYPE: &'static str = "book";
    const PREFIX: &'static str = "bok";
}

impl Aggregate for Book {
    type Command = BookCommand;
    type Event = BookEvent;
    type Rejection = BookRejection;

    fn decide(&self, command: BookCommand, _: &Facts) -> Result<Vec<BookEvent>, BookRejection> {
        match (self, command) {
            (Self::Unknown, BookCommand::Acquire(Acquire { isbn, title })) => {
                Ok(vec![BookEvent::Acquired { isbn, title }])
            }
            (Self::Held { isbn }, BookCommand::Acquire(again)) if *isbn == again.isbn => Ok(vec![]),
            (Self::Held { isbn }, BookCommand::Acquire(_)) => {
                Err(BookRejection::OtherIsbn { isbn: isbn.clone() })
            }
            (Self::Withdrawn, BookCommand::Acquire(_)) => Err(BookRejection::Withdrawn),
            (Self::Held { isbn }, BookCommand::Withdraw(_)) => {
                Ok(vec![BookEvent::Withdrawn { isbn: isbn.clone() }])
            }
            (Self::Unknown | Self::Withdrawn, BookCommand::Withdraw(_)) => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &BookEvent) {
        *self = match event {
            BookEvent::Acquired { isbn, .. } => Self::Held { isbn: isbn.clone() },
            BookEvent::Withdrawn { .. } => Self::Withdrawn,
        };
    }

    fn claims(event: &BookEvent) -> Vec<Claim> {
        match event {
            BookEvent::Acquired { isbn, .. } => {
                vec![Claim::take("book.isbn", isbn.to_string())]
            }
            BookEvent::Withdrawn { isbn } => {
                vec![Claim::release("book.isbn", isbn.to_string())]
            }
        }
    }
}
