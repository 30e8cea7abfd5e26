//! Which rows point to which, by the typed ids among their columns.

use domain::kernel::Registry;

use super::{FieldKind, Model, names::pascal_case};

/// From a row to the one it points to: from a payment to its invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parent {
    /// The field: `invoice`.
    pub(crate) name: String,
    /// The field that holds the id.
    pub(crate) by: usize,
    /// The model of the row pointed to.
    pub(crate) to: usize,
}

/// From a row to those that point to it: from an invoice to its payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    /// The field: `payments`.
    pub(crate) name: String,
    /// The model of the rows that point here.
    pub(crate) from: usize,
    /// The field of those rows that holds the id.
    pub(crate) by: usize,
    /// Whether there can be one such row at most.
    pub(crate) only: bool,
}

/// Finds all relations.
pub(super) fn connect(models: &mut [Model], registry: &Registry) {
    let parents: Vec<Vec<Parent>> =
        models.iter().map(|model| parents_of(model, models, registry)).collect();
    let children: Vec<Vec<Child>> =
        models.iter().map(|model| children_of(model, models, &parents)).collect();
    for ((model, parents), children) in models.iter_mut().zip(parents).zip(children) {
        model.parents = parents;
        model.children = children;
    }
}

fn parents_of(model: &Model, models: &[Model], registry: &Registry) -> Vec<Parent> {
    let mut parents = vec![];
    for (by, field) in model.fields.iter().enumerate() {
        let FieldKind::Id { aggregate, .. } = &field.kind else { continue };
        // What is sealed cannot be joined.
        if field.personal.is_some() {
            continue;
        }
        let Some(rows) = registry.rows_of(aggregate) else { continue };
        let Some(to) = models.iter().position(|other| other.name == rows.name) else { continue };
        let is_itself = to == model.index && model.key == [by];
        let Some(name) = field.name.strip_suffix("Id").filter(|_| !is_itself) else { continue };
        let name = free_name(model, name.to_owned(), "Row");
        parents.push(Parent { name, by, to });
    }
    parents
}

fn children_of(model: &Model, models: &[Model], parents: &[Vec<Parent>]) -> Vec<Child> {
    let mut children = vec![];
    for (other, its_parents) in models.iter().zip(parents) {
        let here: Vec<&Parent> = its_parents.iter().filter(|it| it.to == model.index).collect();
        for parent in &here {
            let only = other.key == [parent.by];
            let plain = if only { other.one.clone() } else { other.many.clone() };
            let name = if here.len() > 1 || other.index == model.index {
                format!("{plain}By{}", pascal_case(&parent.name))
            } else {
                plain
            };
            let name = free_name(model, name, "List");
            children.push(Child { name, from: other.index, by: parent.by, only });
        }
    }
    children
}

/// The name, or another one if a column has it.
fn free_name(model: &Model, name: String, suffix: &str) -> String {
    if model.position(&name).is_some() { format!("{name}{suffix}") } else { name }
}
