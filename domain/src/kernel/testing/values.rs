//! Values as tests write them: short, and failing where they are out of bounds.

use crate::kernel::{Amount, BasisPoints, Currency, Days, Money, Text};

use super::show;

/// A text.
///
/// # Panics
/// When it is too long, empty, or not printable.
#[must_use]
#[track_caller]
pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    match Text::parse(text) {
        Ok(text) => text,
        Err(why) => show::fail(&format!("{text:?} {why}")),
    }
}

/// So many cents of a rand.
#[must_use]
pub const fn zar(minor: i64) -> Money {
    Money::new(minor, Currency::ZAR)
}

/// So many cents of a rand, at least one.
///
/// # Panics
/// When it is no [`Amount`].
#[must_use]
#[track_caller]
pub fn amount(minor: i64) -> Amount {
    Amount::new(minor, Currency::ZAR)
        .unwrap_or_else(|| show::fail(&format!("{minor} is no amount")))
}

/// A rate in hundredths of a percent.
///
/// # Panics
/// When it is above 10 000.
#[must_use]
#[track_caller]
pub fn rate(basis_points: i64) -> BasisPoints {
    BasisPoints::new(basis_points)
        .unwrap_or_else(|| show::fail(&format!("{basis_points} is no rate")))
}

/// So many days.
///
/// # Panics
/// When they are more than ten years.
#[must_use]
#[track_caller]
pub fn days(days: i64) -> Days {
    Days::new(days).unwrap_or_else(|| show::fail(&format!("{days} is no number of days")))
}
