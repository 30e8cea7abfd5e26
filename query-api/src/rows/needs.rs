//! What a query asks of a row, a list or a group, so that nothing else is read.

use std::collections::BTreeSet;

use async_graphql::SelectionField;

use crate::{
    catalogue::{Id, Model},
    sql::{Aggregate, Measure, Sort},
};

/// The fields of a row that a selection needs.
pub(crate) fn row_fields<'a>(
    model: &Model,
    selection: impl Iterator<Item = SelectionField<'a>>,
) -> BTreeSet<usize> {
    let mut fields = BTreeSet::new();
    for selected in selection {
        let name = selected.name();
        if name == "id" && model.id == Id::OfKey {
            fields.extend(&model.key);
        } else if let Some(field) = model.position(name) {
            fields.insert(field);
        } else if let Some(parent) = model.parents.iter().find(|parent| parent.name == name) {
            fields.insert(parent.by);
        } else if model.children.iter().any(|child| child.name == name) {
            fields.extend(&model.key);
        }
    }
    fields
}

/// What a selection asks of a list.
#[derive(Debug, Default)]
pub(crate) struct ConnectionNeeds {
    /// The fields of its rows.
    pub(crate) fields: BTreeSet<usize>,
    /// Whether it asks for rows at all.
    pub(crate) rows: bool,
    pub(crate) cursors: bool,
    pub(crate) total: bool,
}

impl ConnectionNeeds {
    pub(crate) fn of(model: &Model, list: &SelectionField<'_>) -> Self {
        let mut needs = Self::default();
        for selected in list.selection_set() {
            match selected.name() {
                "totalCount" => needs.total = true,
                "nodes" => {
                    needs.rows = true;
                    needs.fields.extend(row_fields(model, selected.selection_set()));
                }
                "edges" => {
                    needs.rows = true;
                    for part in selected.selection_set() {
                        match part.name() {
                            "cursor" => needs.cursors = true,
                            "node" => {
                                needs.fields.extend(row_fields(model, part.selection_set()));
                            }
                            _ => {}
                        }
                    }
                }
                "pageInfo" => {
                    needs.rows = true;
                    let mut parts = selected.selection_set();
                    needs.cursors |= parts.any(|part| part.name().ends_with("Cursor"));
                }
                _ => {}
            }
        }
        needs
    }

    /// The fields to read: those asked for, and those that cursors are made
    /// of or that rows are put in order by.
    pub(crate) fn columns(&self, sorts: &[Sort], sorted_outside: bool) -> Vec<usize> {
        let mut columns = self.fields.clone();
        if self.cursors || sorted_outside {
            columns.extend(sorts.iter().map(|sort| sort.field));
        }
        columns.into_iter().collect()
    }
}

/// What a selection asks of groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupNeeds {
    pub(crate) measures: Vec<Measure>,
}

impl GroupNeeds {
    pub(crate) fn of(model: &Model, groups: &SelectionField<'_>) -> Self {
        let mut needs = Self::default();
        for nodes in groups.selection_set().filter(|selected| selected.name() == "nodes") {
            for part in nodes.selection_set() {
                let aggregate = match part.name() {
                    "sum" => Aggregate::Sum,
                    "avg" => Aggregate::Avg,
                    "min" => Aggregate::Min,
                    "max" => Aggregate::Max,
                    _ => continue,
                };
                for selected in part.selection_set() {
                    let Some(field) = model.position(selected.name()) else { continue };
                    let measure = Measure { aggregate, field };
                    if !needs.measures.contains(&measure) {
                        needs.measures.push(measure);
                    }
                }
            }
        }
        needs
    }
}
