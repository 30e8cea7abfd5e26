//! Claims: what only one aggregate of a tenant may have.

/// A unique value or a number of a gapless series that an event takes or gives
/// back, checked and stored together with the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Takes a value that nobody else in the tenant may have.
    Take {
        /// What kind of value: `customer.email`.
        scope: &'static str,
        /// The value, normalised.
        key: String,
    },
    /// Gives a value back. Without effect unless this aggregate has it.
    Release {
        /// What kind of value.
        scope: &'static str,
        /// The value, normalised.
        key: String,
    },
    /// Takes the next number of a series that has no gaps.
    Number {
        /// The series: `invoice-2026`.
        series: String,
        /// One more than the last number taken.
        number: u64,
    },
}
