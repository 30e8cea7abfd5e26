//! The parts an invoice is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{Amount, BasisPoints, Money, Positive, Text};

/// A line of a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// What the line is called within its invoice.
    pub line_id: Text<64>,
    /// What is billed.
    pub description: Text<200>,
    /// How many.
    pub quantity: Positive,
    /// What one costs before tax.
    pub unit_price: Money,
    /// The part of the price that is let off on this line.
    pub discount_rate: BasisPoints,
    /// The rate of tax.
    pub tax_rate: BasisPoints,
    /// Price times quantity less the line's own discount, before tax.
    pub net: Money,
}

/// What is let off a whole invoice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// A part of what the lines come to.
    Rate(BasisPoints),
    /// An amount before tax.
    Amount(Amount),
}

/// A discount on a whole invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedDiscount {
    /// What it is let off for: a coupon, an agreement.
    pub discount_id: Text<64>,
    /// How much.
    pub discount: Discount,
}

/// A line as it was issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BilledLine {
    /// What the line is called within its invoice.
    pub line_id: Text<64>,
    /// The rate of tax.
    pub tax_rate: BasisPoints,
    /// What is owed for it before tax, after all discounts.
    pub net: Money,
}

/// The tax of one rate, rounded once for all lines that share it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tax {
    /// The rate.
    pub rate: BasisPoints,
    /// What it is levied on.
    pub taxable: Money,
    /// What it comes to.
    pub tax: Money,
}

/// A part of a line that is credited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditedLine {
    /// Which line.
    pub line_id: Text<64>,
    /// How much of it, before tax.
    pub net: Amount,
}
