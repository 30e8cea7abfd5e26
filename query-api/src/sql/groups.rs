//! Sums over groups of rows.

use chrono::NaiveDate;

use super::{Comparison, Condition, Param, Source, Statement, list::column, writer::Writer};
use crate::catalogue::{Catalogue, FieldKind, Model};

/// Groups of rows and what is worked out for each: first the columns of what
/// the rows of a group share, then how many there are, then the measures.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) by: Vec<Grouping>,
    pub(crate) measures: Vec<Measure>,
    /// Which rows.
    pub(crate) condition: Condition,
    /// Which groups of them.
    pub(crate) having: Having,
    pub(crate) sorts: Vec<GroupSort>,
    /// The most groups; one more is read to see whether there are further ones.
    pub(crate) size: usize,
}

/// What the rows of a group share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Grouping {
    /// The value of a field.
    Value(usize),
    /// The period that a field falls into, in a time zone.
    Period { field: usize, period: Period, zone: String },
    /// How many days before a date a field lies, by these upper bounds.
    Age { field: usize, on: NaiveDate, edges: Vec<i32>, zone: String },
}

/// A period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Period {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("HOUR", Self::Hour),
        ("DAY", Self::Day),
        ("WEEK", Self::Week),
        ("MONTH", Self::Month),
        ("QUARTER", Self::Quarter),
        ("YEAR", Self::Year),
    ];

    /// What it is, for readers of the schema.
    pub(crate) const fn doc(self) -> &'static str {
        match self {
            Self::Hour => "An hour. Where clocks go back, there are two of one name.",
            Self::Day => "A day. It has 23 or 25 hours where clocks change.",
            Self::Week => "A week, from Monday to Sunday.",
            Self::Month => "A month.",
            Self::Quarter => "Three months, from January, April, July or October on.",
            Self::Year => "A year.",
        }
    }

    const fn sql(self) -> &'static str {
        match self {
            Self::Hour => "'hour'",
            Self::Day => "'day'",
            Self::Week => "'week'",
            Self::Month => "'month'",
            Self::Quarter => "'quarter'",
            Self::Year => "'year'",
        }
    }
}

/// Something worked out over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) aggregate: Aggregate,
    pub(crate) field: usize,
}

/// How it is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Sum,
    Avg,
    Min,
    Max,
}

/// What a group must fulfil.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Having {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// How many rows it has.
    Count(Comparison),
    /// What was worked out over its rows.
    Measure(Measure, Comparison),
}

impl Having {
    /// Nothing is asked for.
    pub(crate) const NONE: Self = Self::All(vec![]);

    /// Everything that has to be worked out for it.
    pub(crate) fn measures(&self) -> Vec<Measure> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::measures).collect(),
            Self::Not(part) => part.measures(),
            Self::Count(_) => vec![],
            Self::Measure(measure, _) => vec![*measure],
        }
    }

    fn write(self, to: &mut Writer, model: &Model) {
        match self {
            Self::All(parts) => to.all_of(parts, |to, part| part.write(to, model)),
            Self::Any(parts) => to.any_of(parts, |to, part| part.write(to, model)),
            Self::Not(part) => to.not(|to| part.write(to, model)),
            Self::Count(comparison) => comparison.write(to, "count(*)", false),
            Self::Measure(measure, comparison) => {
                comparison.write(to, &measure.compute(model), true);
            }
        }
    }
}

/// One term of the order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupSort {
    /// By what the rows share, in the order of the groupings.
    Key {
        place: usize,
        descending: bool,
    },
    Count {
        descending: bool,
    },
    Measure {
        measure: Measure,
        descending: bool,
    },
}

impl Groups {
    /// The statement that reads them.
    pub(crate) fn statement(self, catalogue: &Catalogue, model: &Model, of: Source) -> Statement {
        let mut to = Writer::new(catalogue, of);
        to.write("SELECT ");
        for grouping in &self.by {
            grouping.write(&mut to, model);
            to.write(", ");
        }
        to.write("count(*)");
        for measure in &self.measures {
            to.write(", ");
            to.write(&measure.read(model));
        }
        to.write(&format!(" FROM {} AS t WHERE t.tenant_id = $1", to.table(model)));
        if self.condition != Condition::NONE {
            to.write(" AND ");
            self.condition.write_of_all(&mut to, model);
        }
        for zone in self.by.iter().filter_map(Grouping::zone) {
            // Asked about once, so that a zone that is none is noticed even
            // where there are no rows.
            let zone = to.place(Param::Text(zone.to_owned()));
            to.write(&format!(" AND now() AT TIME ZONE {zone} IS NOT NULL"));
        }
        if !self.by.is_empty() {
            to.write(" GROUP BY ");
            to.separated(1..=self.by.len(), ", ", |to, place| to.write(&place.to_string()));
        }
        if self.having != Having::NONE {
            to.write(" HAVING ");
            self.having.write(&mut to, model);
        }
        write_order(&mut to, model, self.by.len(), &self.sorts);
        to.write(&format!(" LIMIT {}", self.size.saturating_add(1)));
        to.finish()
    }
}

/// Groups that are equal in every term come in the order of their keys.
fn write_order(to: &mut Writer, model: &Model, keys: usize, sorts: &[GroupSort]) {
    let keyed = |place: usize| {
        sorts.iter().any(|sort| matches!(sort, GroupSort::Key { place: it, .. } if *it == place))
    };
    let rest = (0..keys)
        .filter(|place| !keyed(*place))
        .map(|place| GroupSort::Key { place, descending: false });
    let terms: Vec<GroupSort> = sorts.iter().copied().chain(rest).collect();
    if terms.is_empty() {
        return;
    }
    to.write(" ORDER BY ");
    to.separated(terms, ", ", |to, term| {
        let (expression, descending) = match term {
            GroupSort::Key { place, descending } => ((place + 1).to_string(), descending),
            GroupSort::Count { descending } => ("count(*)".to_owned(), descending),
            GroupSort::Measure { measure, descending } => (measure.compute(model), descending),
        };
        to.write(&expression);
        // What could not be worked out, for want of values, comes last.
        to.write(if descending { " DESC NULLS LAST" } else { "" });
    });
}

impl Grouping {
    /// The field it looks at.
    pub(crate) const fn field(&self) -> usize {
        match self {
            Self::Value(field) | Self::Period { field, .. } | Self::Age { field, .. } => *field,
        }
    }

    /// The time zone it asks about.
    pub(crate) fn zone(&self) -> Option<&str> {
        match self {
            Self::Value(_) => None,
            Self::Period { zone, .. } | Self::Age { zone, .. } => Some(zone),
        }
    }

    fn write(&self, to: &mut Writer, model: &Model) {
        let column = column(model, self.field());
        let is_date = model.field(self.field()).is_some_and(|field| field.kind == FieldKind::Date);
        match self {
            Self::Value(_) => to.write(&column),
            Self::Period { period, .. } if is_date => {
                to.write(&format!("date_trunc({}, {column}::timestamp)::date", period.sql()));
            }
            Self::Period { period, zone, .. } => {
                let zone = to.place(Param::Text(zone.clone()));
                to.write(&format!("date_trunc({}, {column}, {zone})", period.sql()));
            }
            Self::Age { on, edges, zone, .. } => {
                let day = if is_date {
                    column
                } else {
                    let zone = to.place(Param::Text(zone.clone()));
                    format!("({column} AT TIME ZONE {zone})::date")
                };
                let on = to.place(Param::Date(*on));
                // An age is within its bucket's upper bound; width_bucket
                // wants lower bounds, which are one day later.
                let starts = edges.iter().map(|edge| edge.saturating_add(1)).collect();
                let starts = to.place(Param::SmallInts(starts));
                to.write(&format!("width_bucket({on} - {day}, {starts})"));
            }
        }
    }
}

impl Measure {
    fn compute(self, model: &Model) -> String {
        let column = column(model, self.field);
        match self.aggregate {
            Aggregate::Sum => format!("sum({column})"),
            // A mean need not end. avg() has the more decimals the smaller it is;
            // this has as many of any size, and rounds what is exact.
            Aggregate::Avg => format!(
                "sign(sum({column})) * div(abs(sum({column})) * 2{zeros} + count({column}), \
                 count({column}) * 2) * 1e-{DECIMALS}",
                zeros = "0".repeat(DECIMALS)
            ),
            Aggregate::Min => format!("min({column})"),
            Aggregate::Max => format!("max({column})"),
        }
    }

    /// Sums of 64-bit integers are larger than 64 bits: they are read as text,
    /// like means.
    fn read(self, model: &Model) -> String {
        let computed = self.compute(model);
        match self.aggregate {
            Aggregate::Sum => format!("{computed}::text"),
            Aggregate::Avg => format!("trim_scale({computed})::text"),
            Aggregate::Min | Aggregate::Max => computed,
        }
    }
}

/// How many decimals a mean has. It is rounded half away from zero.
pub(crate) const DECIMALS: usize = 6;
