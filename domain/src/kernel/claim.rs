//! Claims: what only one aggregate of a tenant may have.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::Personal;

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

impl Claim {
    /// Takes a personal value. Claims outlive the erasure of a person, so the
    /// key is a hash of the value. None once the value has been erased.
    pub fn take_personal<T: AsRef<str>>(scope: &'static str, value: &Personal<T>) -> Option<Self> {
        Some(Self::Take { scope, key: hashed(scope, value.known()?.as_ref()) })
    }

    /// Gives a personal value back. None once the value has been erased.
    pub fn release_personal<T: AsRef<str>>(
        scope: &'static str,
        value: &Personal<T>,
    ) -> Option<Self> {
        Some(Self::Release { scope, key: hashed(scope, value.known()?.as_ref()) })
    }
}

/// SHA-256 in hexadecimal of the scope and the value in lower case.
fn hashed(scope: &str, value: &str) -> String {
    let digest = Sha256::digest(format!("{scope}:{}", value.trim().to_lowercase()));
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
