//! What may be asked of a customer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Command, Currency, Days, Text};

/// Opens a customer, who can be invoiced from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The name that invoices are made out to.
    pub name: Text<120>,
    /// Where invoices go. No two open customers share an address.
    pub email: Text<254>,
    /// The currency of all of the customer's invoices.
    pub currency: Currency,
    /// How many days after its issue an invoice falls due.
    pub payment_terms_days: Days,
}

/// Makes future invoices out to another name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The name that invoices are made out to.
    pub name: Text<120>,
}

/// Sends future invoices to another address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceEmail {
    /// Where invoices go. No two open customers share an address.
    pub email: Text<254>,
}

/// Agrees when future invoices fall due. Those issued already keep their date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreeTerms {
    /// How many days after its issue an invoice falls due.
    pub payment_terms_days: Days,
}

/// Closes a customer, who can no longer be invoiced. Invoices issued already
/// stay owed; the e-mail address becomes free for another customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// Why.
    pub reason: Text<200>,
}

/// A customer is somebody a tenant invoices.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "every command is documented where its fields are")]
pub enum CustomerCommand {
    Open(Open),
    Rename(Rename),
    ReplaceEmail(ReplaceEmail),
    AgreeTerms(AgreeTerms),
    Close(Close),
}

impl Command for CustomerCommand {
    const CREATE: &'static [&'static str] = &["open"];
}
