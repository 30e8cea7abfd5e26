//! From descriptors to SQL: what a list, a page of related rows, a group or a
//! look at changes is in one statement.
//!
//! Names come from the catalogue alone, values are always bound; the first
//! parameter of every statement says whose rows. Only page sizes are written
//! out: a planner that does not know the limit sorts whole tables where it
//! should have walked an index. No I/O happens here.

mod changes;
mod children;
mod condition;
mod found;
mod groups;
mod keys;
mod list;
mod param;
mod sort;
mod source;
#[cfg(test)]
mod tests;
mod within;
mod writer;

pub(crate) use changes::{Changes, Since};
pub(crate) use children::Children;
pub(crate) use condition::{Comparison, Condition, Hidden};
pub(crate) use groups::{
    Aggregate, DECIMALS, GroupSort, Grouping, Groups, Having, Measure, Period,
};
pub(crate) use keys::{by_key, by_keys, existing};
pub(crate) use list::{List, Page};
pub(crate) use param::Param;
pub(crate) use sort::Sort;
pub(crate) use source::Source;
pub(crate) use within::Within;
pub(crate) use writer::Statement;
