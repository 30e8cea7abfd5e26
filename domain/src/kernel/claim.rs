//! Claims: what only one aggregate of a tenant may have.

use std::fmt;

use super::Personal;

/// A unique value or a number of a gapless series that an event takes or gives
/// back, checked and stored together with the event.
#[derive(Clone, PartialEq, Eq)]
pub enum Claim {
    /// Takes a value that nobody else in the tenant may have.
    Take {
        /// What kind of value: `customer.email`.
        scope: &'static str,
        /// The value, normalised.
        key: String,
        /// Whether the value is personal: a store keeps a keyed hash of it.
        personal: bool,
    },
    /// Gives a value back. Without effect unless this aggregate has it.
    Release {
        /// What kind of value.
        scope: &'static str,
        /// The value, normalised.
        key: String,
        /// Whether the value is personal.
        personal: bool,
    },
    /// Takes the next number of a series that has no gaps.
    Number {
        /// The series: `invoice-2026`.
        series: String,
        /// One more than the last number taken.
        number: u64,
    },
}

impl Claim {
    /// Takes a value.
    #[must_use]
    pub const fn take(scope: &'static str, key: String) -> Self {
        Self::Take { scope, key, personal: false }
    }

    /// Gives a value back.
    #[must_use]
    pub const fn release(scope: &'static str, key: String) -> Self {
        Self::Release { scope, key, personal: false }
    }

    /// Whether it is about a personal value.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        matches!(self, Self::Take { personal: true, .. } | Self::Release { personal: true, .. })
    }

    /// Takes a personal value, in whatever case it is written. None once the
    /// value has been erased.
    pub fn take_personal<T: AsRef<str>>(scope: &'static str, value: &Personal<T>) -> Option<Self> {
        Some(Self::Take { scope, key: matched(value.known()?.as_ref()), personal: true })
    }

    /// Gives a personal value back. None once the value has been erased.
    pub fn release_personal<T: AsRef<str>>(
        scope: &'static str,
        value: &Personal<T>,
    ) -> Option<Self> {
        Some(Self::Release { scope, key: matched(value.known()?.as_ref()), personal: true })
    }
}

/// A personal value as it is compared with others: without regard to case and
/// to space around it.
#[must_use]
pub fn matched(value: &str) -> String {
    value.trim().to_lowercase()
}

/// Does not show personal values.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            |key: &str, personal| if personal { "[personal]".into() } else { key.to_owned() };
        match self {
            Self::Take { scope, key, personal } => {
                f.debug_tuple("Take").field(scope).field(&shown(key, *personal)).finish()
            }
            Self::Release { scope, key, personal } => {
                f.debug_tuple("Release").field(scope).field(&shown(key, *personal)).finish()
            }
            Self::Number { series, number } => {
                f.debug_tuple("Number").field(series).field(number).finish()
            }
        }
    }
}
