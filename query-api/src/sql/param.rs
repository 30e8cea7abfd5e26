//! Values bound to statements.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::catalogue::FieldKind;

/// A value, or a list of values of one kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Param {
    Bool(bool),
    Int(i64),
    Text(String),
    /// A number with decimals, as digits.
    Decimal(String),
    Id(Uuid),
    Timestamp(DateTime<Utc>),
    Date(NaiveDate),
    Json(Value),
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    SmallInts(Vec<i32>),
    Texts(Vec<String>),
    Decimals(Vec<String>),
    Ids(Vec<Uuid>),
    Timestamps(Vec<DateTime<Utc>>),
    Dates(Vec<NaiveDate>),
    ByteLists(Vec<Vec<u8>>),
}

impl Param {
    /// Puts values of one kind together. Values of another kind than the first
    /// are left out, which their caller rules out.
    pub(crate) fn list(values: Vec<Self>) -> Self {
        fn all<T>(values: Vec<Param>, take: impl Fn(Param) -> Option<T>) -> Vec<T> {
            values.into_iter().filter_map(take).collect()
        }
        match values.first() {
            Some(Self::Bool(_)) => {
                Self::Bools(all(values, |it| if let Self::Bool(it) = it { Some(it) } else { None }))
            }
            Some(Self::Int(_)) => {
                Self::Ints(all(values, |it| if let Self::Int(it) = it { Some(it) } else { None }))
            }
            Some(Self::Decimal(_)) => Self::Decimals(all(values, |it| {
                if let Self::Decimal(it) = it { Some(it) } else { None }
            })),
            Some(Self::Id(_)) => {
                Self::Ids(all(values, |it| if let Self::Id(it) = it { Some(it) } else { None }))
            }
            Some(Self::Timestamp(_)) => Self::Timestamps(all(values, |it| {
                if let Self::Timestamp(it) = it { Some(it) } else { None }
            })),
            Some(Self::Date(_)) => {
                Self::Dates(all(values, |it| if let Self::Date(it) = it { Some(it) } else { None }))
            }
            _ => {
                Self::Texts(all(values, |it| if let Self::Text(it) = it { Some(it) } else { None }))
            }
        }
    }

    /// A list without values, of the type that a field's values have.
    pub(crate) fn none_of(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Bool => Self::Bools(vec![]),
            FieldKind::Int => Self::Ints(vec![]),
            FieldKind::Id { .. } => Self::Ids(vec![]),
            FieldKind::Timestamp => Self::Timestamps(vec![]),
            FieldKind::Date => Self::Dates(vec![]),
            FieldKind::Decimal => Self::Decimals(vec![]),
            FieldKind::Text
            | FieldKind::Enum(_)
            | FieldKind::List(_)
            | FieldKind::Object(_)
            | FieldKind::Json => Self::Texts(vec![]),
        }
    }

    /// What turns it into its type in SQL, where that is not the one it is sent
    /// as.
    pub(super) const fn cast(&self) -> &'static str {
        match self {
            Self::Decimal(_) => "::numeric",
            Self::Decimals(_) => "::numeric[]",
            _ => "",
        }
    }

    pub(crate) const fn sql_type(&self) -> Type {
        match self {
            Self::Bool(_) => Type::BOOL,
            Self::Int(_) => Type::INT8,
            Self::Text(_) | Self::Decimal(_) => Type::TEXT,
            Self::Id(_) => Type::UUID,
            Self::Timestamp(_) => Type::TIMESTAMPTZ,
            Self::Date(_) => Type::DATE,
            Self::Json(_) => Type::JSONB,
            Self::Bools(_) => Type::BOOL_ARRAY,
            Self::Ints(_) => Type::INT8_ARRAY,
            Self::SmallInts(_) => Type::INT4_ARRAY,
            Self::Texts(_) | Self::Decimals(_) => Type::TEXT_ARRAY,
            Self::Ids(_) => Type::UUID_ARRAY,
            Self::Timestamps(_) => Type::TIMESTAMPTZ_ARRAY,
            Self::Dates(_) => Type::DATE_ARRAY,
            Self::ByteLists(_) => Type::BYTEA_ARRAY,
        }
    }

    pub(crate) fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Bool(value) => value,
            Self::Int(value) => value,
            Self::Text(value) | Self::Decimal(value) => value,
            Self::Id(value) => value,
            Self::Timestamp(value) => value,
            Self::Date(value) => value,
            Self::Json(value) => value,
            Self::Bools(values) => values,
            Self::Ints(values) => values,
            Self::SmallInts(values) => values,
            Self::Texts(values) | Self::Decimals(values) => values,
            Self::Ids(values) => values,
            Self::Timestamps(values) => values,
            Self::Dates(values) => values,
            Self::ByteLists(values) => values,
        }
    }
}
