//! A loan: lent, renewed a few times, perhaps reminded of, returned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::kernel::{
    Aggregate, Claim, Command, Date, Event, Facts, Id, Kind, Personal, References, Rejection, Text,
    Upcast,
};

use super::Book;

/// One book lent to one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Loan {
    /// Nothing has been lent yet.
    #[default]
    Unknown,
    /// The book is out.
    Lent {
        /// Which book.
        book: Id<Book>,
        /// When it is due.
        until: Date,
        /// How often the loan was renewed.
        renewals: u32,
        /// Whether the borrower was reminded since it became due.
        reminded: bool,
    },
    /// The book is back.
    Returned,
}

impl Loan {
    /// How often a loan can be renewed.
    pub const MOST_RENEWALS: u32 = 2;
}

/// Orders to a loan.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoanCommand {
    /// Lends a book to a person.
    Lend(Lend),
    /// Lets the borrower keep the book for longer.
    Renew(Renew),
    /// Reminds the borrower that the book is due.
    Remind(Remind),
    /// Takes the book back.
    Return(Return),
}

/// Lends a book to a person.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lend {
    /// Which book.
    pub book: Id<Book>,
    /// To whom.
    pub borrower: Personal<Text<80>>,
    /// Until when.
    pub until: Date,
}

/// Lets the borrower keep the book for longer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Renew {
    /// Until when.
    pub until: Date,
}

/// Reminds the borrower that the book is due.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remind {}

/// Takes the book back.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {}

impl Command for LoanCommand {
    const CREATE: &'static [&'static str] = &["lend"];
}

/// What happens to a loan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoanEvent {
    /// The book is out. The first shape of this event called its date `due`.
    Lent {
        /// The loan's number in the year's series.
        number: u64,
        /// Which book.
        book: Id<Book>,
        /// To whom.
        borrower: Personal<Text<80>>,
        /// When it is due.
        until: Date,
    },
    /// The borrower may keep the book for longer.
    Renewed {
        /// When it is due now.
        until: Date,
    },
    /// The borrower was told that the book is due.
    Reminded {},
    /// The book is back.
    Returned {
        /// Which book.
        book: Id<Book>,
        /// Whether it came back in time.
        in_time: bool,
    },
}

impl Event for LoanEvent {
    const UPCASTS: &'static [Upcast] = &[Upcast { event: "lent", lift: due_becomes_until }];
}

fn due_becomes_until(fields: &mut Map<String, Value>) {
    if let Some(due) = fields.remove("due") {
        fields.insert("until".to_owned(), due);
    }
}

/// Why a loan refuses.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LoanRejection {
    /// The library does not hold the book.
    #[error("there is no book {book} to lend")]
    NoSuchBook {
        /// The book asked for.
        book: Id<Book>,
    },
    /// The loan is about something else.
    #[error("the loan exists already")]
    AlreadyLent,
    /// The book is not out.
    #[error("the book is not out")]
    NotLent,
    /// The new date is not later than the present one.
    #[error("the book is due on {until} already")]
    NotLater {
        /// When it is due.
        until: Date,
    },
    /// The loan was renewed too often.
    #[error("a loan can be renewed {most} times")]
    TooManyRenewals {
        /// How often it can be renewed.
        most: u32,
    },
}

impl Rejection for LoanRejection {}

impl Kind for Loan {
    const TYPE: &'static str = "loan";
    const PREFIX: &'static str = "lon";
}

impl Aggregate for Loan {
    type Command = LoanCommand;
    type Event = LoanEvent;
    type Rejection = LoanRejection;

    fn decide(&self, command: LoanCommand, facts: &Facts) -> Result<Vec<LoanEvent>, LoanRejection> {
        match command {
            LoanCommand::Lend(order) => self.lend(order, facts),
            LoanCommand::Renew(order) => self.renew(&order),
            LoanCommand::Remind(_) => Ok(self.remind(facts)),
            LoanCommand::Return(_) => Ok(self.give_back(facts)),
        }
    }

    fn evolve(&mut self, event: &LoanEvent) {
        match event {
            LoanEvent::Lent { book, until, .. } => {
                *self = Self::Lent { book: *book, until: *until, renewals: 0, reminded: false };
            }
            LoanEvent::Renewed { until: later } => {
                if let Self::Lent { until, renewals, reminded, .. } = self {
                    *until = *later;
                    *renewals = renewals.saturating_add(1);
                    *reminded = false;
                }
            }
            LoanEvent::Reminded {} => {
                if let Self::Lent { reminded, .. } = self {
                    *reminded = true;
                }
            }
            LoanEvent::Returned { .. } => *self = Self::Returned,
        }
    }

    fn references(&self, command: &LoanCommand, _: &Facts) -> References {
        match command {
            LoanCommand::Lend(order) => References::none().and(order.book).and_series(SERIES),
            LoanCommand::Renew(_) | LoanCommand::Remind(_) | LoanCommand::Return(_) => {
                References::none()
            }
        }
    }

    /// A book is with one borrower at a time.
    fn claims(event: &LoanEvent) -> Vec<Claim> {
        match event {
            LoanEvent::Lent { number, book, .. } => vec![
                Claim::take("loan.book", book.to_string()),
                Claim::Number { series: SERIES.to_owned(), number: *number },
            ],
            LoanEvent::Returned { book, .. } => {
                vec![Claim::release("loan.book", book.to_string())]
            }
            LoanEvent::Renewed { .. } | LoanEvent::Reminded {} => vec![],
        }
    }
}

/// The series that loans draw their numbers from.
const SERIES: &str = "loan";

impl Loan {
    fn lend(&self, order: Lend, facts: &Facts) -> Result<Vec<LoanEvent>, LoanRejection> {
        let Lend { book, borrower, until } = order;
        if *self != Self::Unknown {
            return Err(LoanRejection::AlreadyLent);
        }
        let Some(Book::Held { .. }) = facts.state(book) else {
            return Err(LoanRejection::NoSuchBook { book });
        };
        if until <= facts.today() {
            return Err(LoanRejection::NotLater { until });
        }
        let number = facts.next_number(SERIES);
        Ok(vec![LoanEvent::Lent { number, book, borrower, until }])
    }

    fn renew(&self, order: &Renew) -> Result<Vec<LoanEvent>, LoanRejection> {
        let Self::Lent { until, renewals, .. } = self else {
            return Err(LoanRejection::NotLent);
        };
        if order.until == *until {
            return Ok(vec![]);
        }
        if order.until < *until {
            return Err(LoanRejection::NotLater { until: *until });
        }
        if *renewals >= Self::MOST_RENEWALS {
            return Err(LoanRejection::TooManyRenewals { most: Self::MOST_RENEWALS });
        }
        Ok(vec![LoanEvent::Renewed { until: order.until }])
    }

    /// A reminder that comes too early or too late is a success without effect.
    fn remind(&self, facts: &Facts) -> Vec<LoanEvent> {
        match self {
            Self::Lent { until, reminded: false, .. } if facts.today() >= *until => {
                vec![LoanEvent::Reminded {}]
            }
            Self::Lent { .. } | Self::Unknown | Self::Returned => vec![],
        }
    }

    fn give_back(&self, facts: &Facts) -> Vec<LoanEvent> {
        match self {
            Self::Lent { book, until, .. } => {
                vec![LoanEvent::Returned { book: *book, in_time: facts.today() <= *until }]
            }
            Self::Unknown | Self::Returned => vec![],
        }
    }
}
