//! Integers that are known to lie within their bounds.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

macro_rules! bounded_integer {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Accepts a number within the bounds.
            #[must_use]
            pub const fn new(value: i64) -> Option<Self> {
                if value >= $min && value <= $max { Some(Self(value)) } else { None }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = i64::deserialize(deserializer)?;
                Self::new(value).ok_or_else(|| {
                    de::Error::custom(format!("must be {} to {}, is {value}", $min, $max))
                })
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "integer", "format": "int64", "minimum": $min, "maximum": $max,
                })
            }
        }
    };
}

bounded_integer!(
    /// A count of at least one and at most a billion.
    Positive, 1..=1_000_000_000
);
bounded_integer!(
    /// A number of civil days, up to ten years.
    Days, 0..=3_650
);
bounded_integer!(
    /// A rate in hundredths of a percent, 0 to 100 %.
    BasisPoints, 0..=10_000
);

impl BasisPoints {
    /// None of it.
    pub const ZERO: Self = Self(0);
}
