//! Sums over groups of rows.

use chrono::NaiveDate;
use ulid::Ulid;

use super::{Condition, Param, Statement, list::column, writer::Writer};
use crate::catalogue::{Catalogue, FieldKind, Model};

/// Groups of rows and what is worked out for each: first the columns of what
/// the rows of a group share, then how many there are, then the measures.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) by: Vec<Grouping>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) condition: Condition,
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
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Period {
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("DAY", Self::Day),
        ("WEEK", Self::Week),
        ("MONTH", Self::Month),
        ("QUARTER", Self::Quarter),
        ("YEAR", Self::Year),
    ];

    const fn sql(self) -> &'static str {
        match self {
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
    Min,
    Max,
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
    pub(crate) fn statement(self, catalogue: &Catalogue, model: &Model, tenant: Ulid) -> Statement {
        let mut to = Writer::new(catalogue, tenant);
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
        to.write(&format!(" FROM {} AS t WHERE t.tenant_id = $1", model.table));
        if self.condition != Condition::NONE {
            to.write(" AND ");
            self.condition.write(&mut to, model, "t");
        }
        if !self.by.is_empty() {
            to.write(" GROUP BY ");
            to.separated(1..=self.by.len(), ", ", |to, place| to.write(&place.to_string()));
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
        let function = match self.aggregate {
            Aggregate::Sum => "sum",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
        };
        format!("{function}({})", column(model, self.field))
    }

    /// Sums of 64-bit integers are larger than 64 bits: they are read as text.
    fn read(self, model: &Model) -> String {
        let computed = self.compute(model);
        if self.aggregate == Aggregate::Sum { format!("{computed}::text") } else { computed }
    }
}
