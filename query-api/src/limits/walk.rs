//! The walk through one operation.

use std::{collections::BTreeSet, fmt};

use async_graphql::{
    Name, Pos, Value as Const, Variables,
    parser::types::{
        ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};

use crate::{catalogue::Model, problem::Problem, rows::Shared, settings::Settings, value};

/// The most fields that are looked at, those of filters as well, counting those
/// of fragments wherever they are spread.
const VISITS: usize = 20_000;

/// What a selection selects from.
#[derive(Clone, Copy)]
enum Place {
    Query,
    Subscription,
    Row(usize),
    /// A page, and how many rows it may have.
    Page(usize, u64),
    Edge(usize),
    Groups(usize, u64),
    Group(usize),
    Changes(usize),
    /// Versions of a row, and how many there may be.
    History(usize, u64),
    Version(usize),
    /// Something without rows of its own.
    Plain,
    /// The schema, which is served to developers alone.
    Schema,
}

#[derive(Clone, Copy)]
struct At<'a> {
    place: Place,
    /// How many times the selection is answered.
    times: u64,
    depth: usize,
    /// How deep this is in fields and fragments taken together.
    nesting: usize,
    path: &'a Path<'a>,
}

/// Where a field is, for messages.
pub(super) struct Path<'a> {
    above: Option<&'a Path<'a>>,
    name: &'a str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.above {
            Some(above) if !above.name.is_empty() => write!(f, "{above}.{}", self.name),
            _ => f.write_str(self.name),
        }
    }
}

const TOP: Path<'static> = Path { above: None, name: "" };

impl At<'_> {
    const fn root(place: Place) -> At<'static> {
        At { place, times: 1, depth: 0, nesting: 0, path: &TOP }
    }
}

/// One operation, as far as it was walked through.
pub(super) struct Walk<'a> {
    pub(super) shared: &'a Shared,
    document: &'a ExecutableDocument,
    definition: &'a OperationDefinition,
    variables: &'a Variables,
    /// How many fields were looked at, in this operation and those before.
    pub(super) visits: usize,
    aliases: usize,
    values: u64,
    /// The models it reads.
    pub(super) models: BTreeSet<usize>,
    /// Filters that were looked at, each with the model whose rows it is of.
    pub(super) filters: BTreeSet<(Pos, usize)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        document: &'a ExecutableDocument,
        definition: &'a OperationDefinition,
        variables: &'a Variables,
        visits: usize,
    ) -> Self {
        Self {
            shared,
            document,
            definition,
            variables,
            visits,
            aliases: 0,
            values: 0,
            models: BTreeSet::new(),
            filters: BTreeSet::new(),
        }
    }

    pub(super) fn operation(&mut self) -> Result<(), Problem> {
        let place = match self.definition.ty {
            OperationType::Subscription => Place::Subscription,
            OperationType::Query | OperationType::Mutation => Place::Query,
        };
        self.selections(&self.definition.selection_set.node, At::root(place))
    }
}

impl<'a> Walk<'a> {
    fn settings(&self) -> &'a Settings {
        &self.shared.settings
    }

    fn selections(&mut self, selections: &SelectionSet, at: At<'_>) -> Result<(), Problem> {
        let at = At { nesting: at.nesting + 1, ..at };
        // Fragments that spread each other in a circle never end otherwise.
        if at.nesting > 2 * self.settings().depth + 16 {
            return Err(exceeded(at.path, "nests fragments deeper than is possible", None));
        }
        for selection in &selections.items {
            self.visit(at.path)?;
            match &selection.node {
                Selection::Field(field) => self.field(&field.node, at)?,
                Selection::InlineFragment(fragment) => {
                    self.selections(&fragment.node.selection_set.node, at)?;
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    if let Some(fragment) = fragment {
                        self.selections(&fragment.node.selection_set.node, at)?;
                    }
                }
            }
        }
        if matches!(at.place, Place::Query | Place::Subscription) && at.depth == 0 {
            self.roots(selections)?;
        }
        Ok(())
    }

    pub(super) fn visit(&mut self, path: &Path<'_>) -> Result<(), Problem> {
        self.visits += 1;
        if self.visits > VISITS {
            return Err(exceeded(path, "selects more fields than", Some(VISITS)));
        }
        Ok(())
    }

    fn roots(&self, selections: &SelectionSet) -> Result<(), Problem> {
        let most = self.settings().roots;
        if selections.items.len() > most {
            return Err(exceeded(&TOP, "asks side by side for more fields than", Some(most)));
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, at: At<'_>) -> Result<(), Problem> {
        let path = Path { above: Some(at.path), name: field.name.node.as_str() };
        let is_schema = matches!(at.place, Place::Schema);
        if field.alias.is_some() {
            self.aliases += 1;
            let most = self.settings().aliases;
            if self.aliases > most {
                return Err(exceeded(&path, "gives other names to more fields than", Some(most)));
            }
        }
        let depth = at.depth + 1;
        if depth > self.settings().depth && !is_schema {
            let most = self.settings().depth;
            return Err(exceeded(&path, "nests deeper than", Some(most)));
        }
        if !is_schema {
            self.values = self.values.saturating_add(at.times);
            let most = self.settings().complexity;
            if self.values > most as u64 {
                let what = "is estimated to make an answer of more values than";
                return Err(exceeded(&path, what, Some(most)));
            }
        }
        let (place, factor) = self.below(field, at.place);
        if let Place::Page(model, _) | Place::Groups(model, _) | Place::Changes(model) = place {
            self.filter(field, model, &path)?;
        }
        let times = at.times.saturating_mul(factor);
        let below = At { place, times, depth, nesting: at.nesting, path: &path };
        self.selections(&field.selection_set.node, below)
    }

    /// What a field leads to, and how many times its selection is answered for
    /// each time that it is.
    fn below(&mut self, field: &Field, place: Place) -> (Place, u64) {
        let name = field.name.node.as_str();
        match place {
            Place::Query if name.starts_with("__") => (Place::Schema, 1),
            Place::Query | Place::Subscription => self.root(field, place),
            Place::Row(model) => self.of_row(field, model),
            Place::Page(model, rows) => match name {
                "nodes" => (Place::Row(model), rows),
                "edges" => (Place::Edge(model), rows),
                _ => (Place::Plain, 1),
            },
            Place::Edge(model) if name == "node" => (Place::Row(model), 1),
            Place::Groups(model, rows) if name == "nodes" => (Place::Group(model), rows),
            // What a group's key points to is found as what a row points to.
            Place::Group(model) if name == "key" => (Place::Row(model), 1),
            Place::History(model, rows) if name == "nodes" => (Place::Version(model), rows),
            Place::Version(model) => match name {
                "row" => (Place::Row(model), 1),
                // One for each field at the most; commonly a few.
                "changes" => (Place::Plain, 4),
                _ => (Place::Plain, 1),
            },
            Place::Changes(model) if name == "nodes" => {
                (Place::Row(model), self.settings().default_page as u64)
            }
            Place::Schema => (Place::Schema, 1),
            Place::Edge(_)
            | Place::Groups(..)
            | Place::Group(_)
            | Place::Changes(_)
            | Place::History(..)
            | Place::Plain => (Place::Plain, 1),
        }
    }

    fn root(&mut self, field: &Field, place: Place) -> (Place, u64) {
        let name = field.name.node.as_str();
        let shared = self.shared;
        let is_root = |model: &&Model| {
            [&model.one, &model.many, &model.groups, &model.history]
                .into_iter()
                .any(|it| it == name)
        };
        let Some(model) = shared.catalogue.models.iter().find(is_root) else {
            return (Place::Plain, 1);
        };
        if model.history == name {
            // Read from the log, whatever the table has reached.
            return (Place::History(model.index, self.rows(field, self.settings().page)), 1);
        }
        self.models.insert(model.index);
        let place = match place {
            _ if model.one == name => Place::Row(model.index),
            Place::Subscription if model.many == name => Place::Changes(model.index),
            _ if model.many == name => {
                Place::Page(model.index, self.rows(field, self.settings().default_page))
            }
            _ => Place::Groups(model.index, self.rows(field, self.settings().page)),
        };
        (place, 1)
    }

    fn of_row(&mut self, field: &Field, model: usize) -> (Place, u64) {
        let name = field.name.node.as_str();
        let Some(model) = self.shared.model(model) else { return (Place::Plain, 1) };
        if let Some(parent) = model.parents.iter().find(|parent| parent.name == name) {
            self.models.insert(parent.to);
            return (Place::Row(parent.to), 1);
        }
        let Some(child) = model.children.iter().find(|child| child.name == name) else {
            return (Place::Plain, 1);
        };
        self.models.insert(child.from);
        let rows = self.rows(field, self.settings().default_page);
        let place = if child.only { Place::Row(child.from) } else { Place::Page(child.from, rows) };
        (place, 1)
    }

    /// How many rows a field asks for.
    fn rows(&self, field: &Field, otherwise: usize) -> u64 {
        let asked = ["first", "last"].into_iter().filter_map(|name| {
            let given = field.get_argument(name)?.node.clone();
            let given =
                given.into_const_with(|name| self.variable(&name).cloned().ok_or(())).ok()?;
            u64::try_from(value::integer(&given)?).ok()
        });
        asked.max().unwrap_or(otherwise as u64)
    }

    /// What a variable stands for.
    pub(super) fn variable(&self, name: &Name) -> Option<&'a Const> {
        let definitions = self.definition.variable_definitions.iter();
        let default = || {
            let mut matching = definitions.filter(|it| it.node.name.node == *name);
            matching.next()?.node.default_value()
        };
        self.variables.get(name).or_else(default)
    }
}

fn exceeded(path: &Path<'_>, what: &str, limit: Option<usize>) -> Problem {
    let place = if path.name.is_empty() { "the query".to_owned() } else { path.to_string() };
    match limit {
        Some(limit) => {
            Problem::invalid(format!("{place}: the query {what} {limit}")).with("limit", limit)
        }
        None => Problem::invalid(format!("{place}: the query {what}")),
    }
}
