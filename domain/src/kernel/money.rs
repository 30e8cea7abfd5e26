//! Money as integers of the smallest unit, with the currency attached.

use std::{
    borrow::Cow,
    fmt,
    ops::{Add, AddAssign, Sub, SubAssign},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::BasisPoints;

/// An amount in the smallest unit of its currency; negative is owed the other
/// way round.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Units of the currency's smallest denomination: cents, or whole yen.
    #[schemars(range(min = -1_000_000_000_000_000_i64, max = 1_000_000_000_000_000_i64))]
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

/// Why two amounts could not be combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    /// The amounts are in different currencies.
    #[error("{0} and {1} are different currencies")]
    Currencies(Currency, Currency),
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
}

impl Money {
    /// An amount of so many smallest units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing of a currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Adds an amount of the same currency.
    ///
    /// # Errors
    /// When the currencies differ or the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Takes away an amount of the same currency.
    ///
    /// # Errors
    /// When the currencies differ or the difference does not fit.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Multiplies by `numerator / denominator`, rounding half away from zero.
    ///
    /// # Errors
    /// When the result does not fit or the denominator is zero.
    pub fn scaled(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor) * i128::from(numerator);
        let minor = round_half_up(product, i128::from(denominator)).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// A share of the amount, rounding half away from zero.
    #[must_use]
    pub fn share(self, rate: BasisPoints) -> Self {
        // At most the whole, which fits.
        self.scaled(rate.get(), 10_000).unwrap_or(self)
    }

    /// Splits in proportion to the weights by largest remainder: the parts sum
    /// to the whole. The earlier of two equal remainders gets the odd unit.
    /// Weights that are all zero count as equal; no weights, no parts.
    #[must_use]
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let even = weights.iter().all(|weight| *weight == 0);
        let weight = |w: &u64| if even { 1 } else { i128::from(*w) };
        let total: i128 = weights.iter().map(weight).sum();
        if total == 0 {
            return vec![];
        }
        let exact = i128::from(self.minor);
        let mut parts: Vec<(i128, i128)> = weights
            .iter()
            .map(|w| ((exact * weight(w)).div_euclid(total), (exact * weight(w)).rem_euclid(total)))
            .collect();
        let given: i128 = parts.iter().map(|(floor, _)| floor).sum();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(parts.get(*i).map_or(0, |(_, rest)| *rest)));
        let odd_units = usize::try_from(exact - given).unwrap_or(0);
        for index in order.into_iter().take(odd_units) {
            if let Some((floor, _)) = parts.get_mut(index) {
                *floor += 1;
            }
        }
        parts
            .into_iter()
            // Every part lies between zero and the whole, which is an i64.
            .map(|(minor, _)| Self { minor: i64::try_from(minor).unwrap_or(self.minor), ..self })
            .collect()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Currencies(self.currency, other.currency))
        }
    }
}

/// For amounts whose currency has been looked at, and for folds, which may not
/// refuse: keeps its own currency, and stays at the limits of what fits. Where
/// either is in doubt, [`Money::plus`] tells.
impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { minor: self.minor.saturating_add(other.minor), ..self }
    }
}

/// As the addition.
impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { minor: self.minor.saturating_sub(other.minor), ..self }
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

/// Divides, rounding half away from zero.
fn round_half_up(numerator: i128, denominator: i128) -> Option<i64> {
    let (quotient, rest) =
        (numerator.checked_div(denominator)?, numerator.checked_rem(denominator)?);
    let up = (rest.abs() * 2 >= denominator.abs()) && rest != 0;
    let sign = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    i64::try_from(quotient + if up { sign } else { 0 }).ok()
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::from(self.currency.exponent());
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let point = if places == 0 { "" } else { "." };
        write!(f, "{} {sign}{whole}{point}{fraction}", self.currency)
    }
}

/// What can be asked for or paid: more than nothing, at most 10¹⁵ of the
/// smallest unit, so that sums of them stay exact everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Units of the currency's smallest denomination, at least 1.
    #[schemars(range(min = 1, max = 1_000_000_000_000_000_i64))]
    minor: i64,
    /// ISO 4217 code.
    currency: Currency,
}

impl Amount {
    /// The most that one amount may be, in smallest units.
    pub const MAX_MINOR: i64 = 1_000_000_000_000_000;

    /// Accepts 1 to [`Self::MAX_MINOR`] smallest units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Option<Self> {
        if minor >= 1 && minor <= Self::MAX_MINOR { Some(Self { minor, currency }) } else { None }
    }

    /// The same as money.
    #[must_use]
    pub const fn money(self) -> Money {
        Money { minor: self.minor, currency: self.currency }
    }

    /// Units of the currency's smallest denomination.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// ISO 4217 code.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.money().fmt(f)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Money { minor, currency } = Money::deserialize(deserializer)?;
        Self::new(minor, currency).ok_or_else(|| {
            de::Error::custom(format!("minor must be 1 to {}, is {minor}", Self::MAX_MINOR))
        })
    }
}

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// South African rand.
    pub const ZAR: Self = Self(*b"ZAR");
    /// United States dollar.
    pub const USD: Self = Self(*b"USD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// Japanese yen, which has no smaller unit.
    pub const JPY: Self = Self(*b"JPY");

    /// The three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        // The bytes are ASCII letters by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimal places the smallest unit is away from the main one.
    #[must_use]
    pub fn exponent(self) -> u8 {
        if self.is_of(NO_DECIMALS) {
            0
        } else if self.is_of(THREE_DECIMALS) {
            3
        } else if self.is_of(FOUR_DECIMALS) {
            4
        } else {
            2
        }
    }
}

impl Currency {
    /// Whether it is one of these codes, each followed by a space.
    fn is_of(self, codes: &str) -> bool {
        codes.as_bytes().chunks(4).any(|code| code.starts_with(&self.0))
    }

    /// Three capital letters, whether or not they are in use today.
    fn code_of(text: &str) -> Option<Self> {
        let letters = <[u8; 3]>::try_from(text.as_bytes()).ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }
}

impl FromStr for Currency {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let lists = [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS, FOUR_DECIMALS];
        Self::code_of(text)
            .filter(|code| lists.iter().any(|codes| code.is_of(codes)))
            .ok_or_else(|| "must be an ISO 4217 currency code such as ZAR".to_owned())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Code {
            /// What the log holds was in use in its day.
            trusted: bool,
        }
        impl de::Visitor<'_> for Code {
            type Value = Currency;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ISO 4217 currency code such as ZAR")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Currency, E> {
                let known = Currency::code_of(text).filter(|_| self.trusted);
                known.map_or_else(|| text.parse().map_err(E::custom), Ok)
            }
        }
        let trusted = !deserializer.is_human_readable();
        deserializer.deserialize_str(Code { trusted })
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[A-Z]{3}$", "x-currency": true,
        })
    }
}

// Source: ISO 4217 list one, active codes of countries and unions.
const TWO_DECIMALS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL \
    BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP \
    GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK \
    LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR \
    NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN \
    SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";
const NO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";
const FOUR_DECIMALS: &str = "CLF UYW";

#[cfg(test)]
mod tests {
    use super::*;

    fn zar(minor: i64) -> Money {
        Money::new(minor, Currency::ZAR)
    }

    #[test]
    fn parts_sum_to_the_whole() {
        let parts = zar(100).split(&[1, 1, 1]);
        assert_eq!(parts, [zar(34), zar(33), zar(33)]);
        assert_eq!(zar(-100).split(&[1, 1, 1]).iter().map(|m| m.minor).sum::<i64>(), -100);
        assert_eq!(zar(5).split(&[0, 0]), [zar(3), zar(2)]);
        assert_eq!(zar(5).split(&[]), []);
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(zar(5).scaled(1, 2), Ok(zar(3)));
        assert_eq!(zar(-5).scaled(1, 2), Ok(zar(-3)));
        assert_eq!(zar(33_333).scaled(1_500, 10_000), Ok(zar(5_000)));
        assert_eq!(zar(1).scaled(1, 0), Err(MoneyError::Overflow));
    }

    #[test]
    fn different_currencies_do_not_mix() {
        let dollars = Money::new(1, Currency::USD);
        assert_eq!(zar(1).plus(dollars), Err(MoneyError::Currencies(Currency::ZAR, Currency::USD)));
    }

    #[test]
    fn money_reads_as_people_write_it() {
        assert_eq!(zar(-5).to_string(), "ZAR -0.05");
        assert_eq!(Money::new(1_234, Currency::JPY).to_string(), "JPY 1234");
    }
}
