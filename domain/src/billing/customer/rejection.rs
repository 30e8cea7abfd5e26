//! Why a customer refuses.

use schemars::JsonSchema;
use serde::Serialize;

use crate::kernel::Rejection;

/// The reasons for which a customer refuses.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerRejection {
    /// There is no such customer.
    #[error("there is no such customer; open it first")]
    NotFound,
    /// The customer was opened already, with something else.
    #[error("the customer is open already under other terms; rename it or agree terms instead")]
    AlreadyOpen,
    /// The customer is closed, and stays so.
    #[error("the customer is closed; open a new one")]
    Closed,
    /// The e-mail address has no name or no host.
    #[error("the e-mail address must look like name@host")]
    NotAnEmail,
}

impl Rejection for CustomerRejection {}
