//! What becomes true of a customer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Days, Event, Personal, Text};

/// The facts of a customer's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerEvent {
    /// The customer can be invoiced.
    Opened {
        /// The name that invoices are made out to.
        name: Text<120>,
        /// Where invoices go.
        email: Personal<Text<254>>,
        /// The currency of all of the customer's invoices.
        currency: Currency,
        /// How many days after its issue an invoice falls due.
        payment_terms_days: Days,
    },
    /// Future invoices are made out to another name.
    Renamed {
        /// The new name.
        name: Text<120>,
    },
    /// Future invoices go to another address.
    EmailReplaced {
        /// The new address.
        email: Personal<Text<254>>,
        /// The address it replaces, which becomes free.
        previous: Personal<Text<254>>,
    },
    /// Future invoices fall due by other terms.
    TermsAgreed {
        /// How many days after its issue an invoice falls due.
        payment_terms_days: Days,
    },
    /// The customer can no longer be invoiced.
    Closed {
        /// Why.
        reason: Text<200>,
        /// The address that becomes free.
        email: Personal<Text<254>>,
    },
}

impl Event for CustomerEvent {}
