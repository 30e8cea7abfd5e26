//! What a query would cost, seen before anything is read.
//!
//! The library's own limits count fields as they are written, however many
//! rows they stand for, and begin after a walk that hostile fragments can make
//! endless. So a document is measured here first: depth, aliases, and an
//! estimate of the values in the answer, each field counted once per row.

use std::collections::BTreeSet;

use async_graphql::{
    Name, Value as Const, Variables,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType,
        Selection, SelectionSet,
    },
};

use crate::{
    catalogue::Model,
    problem::Problem,
    rows::Shared,
    settings::Settings,
    value,
};

/// The most fields that are looked at, counting those of fragments wherever
/// they are spread.
const VISITS: usize = 20_000;

/// How deep brackets may nest in the text of a query. The parser, which goes
/// down with them, would not survive endless ones.
const BRACKETS: usize = 200;

/// A query within its limits.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) kind: OperationType,
    /// The models it reads, by their places in the catalogue.
    pub(crate) models: BTreeSet<usize>,
}

/// Refuses a text that nests too deep to be parsed.
///
/// # Errors
/// When it does.
pub(crate) fn check_text(text: &str) -> Result<(), Problem> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'\n' => in_string = false,
            b'{' | b'[' | b'(' if !in_string => depth += 1,
            b'}' | b']' | b')' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > BRACKETS {
            let message = format!("the query's brackets nest deeper than {BRACKETS} levels");
            return Err(Problem::invalid(message).with("limit", BRACKETS));
        }
    }
    Ok(())
}

/// Measures the operation that is meant.
///
/// # Errors
/// Which limit it exceeds, and where.
pub(crate) fn measure(
    shared: &Shared,
    document: &ExecutableDocument,
    operation: Option<&str>,
    variables: &Variables,
) -> Result<Measured, Problem> {
    let mut measured = None;
    let mut visits = 0;
    // Also those that are not meant: the library walks through all of them.
    for (name, definition) in document.operations.iter() {
        let mut walk = Walk {
            shared,
            document,
            definition: &definition.node,
            variables,
            visits,
            aliases: 0,
            values: 0,
            models: BTreeSet::new(),
        };
        let place = match definition.node.ty {
            OperationType::Subscription => Place::Subscription,
            OperationType::Query | OperationType::Mutation => Place::Query,
        };
        walk.selections(&definition.node.selection_set.node, At::root(place))?;
        visits = walk.visits;
        let is_meant = match operation {
            Some(wanted) => name.is_some_and(|name| name == wanted),
            None => true,
        };
        if is_meant {
            measured = Some(Measured { kind: definition.node.ty, models: walk.models });
        }
    }
    let several = matches!(&document.operations, DocumentOperations::Multiple(all) if all.len() > 1);
    match (measured, operation) {
        (_, None) if several => {
            Err(Problem::invalid("operationName: the query has several operations; name one"))
        }
        (Some(measured), _) => Ok(measured),
        (None, name) => {
            let name = name.unwrap_or_default();
            Err(Problem::invalid(format!("operationName: there is no operation {name:?}")))
        }
    }
}

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
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    name: &'a str,
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

struct Walk<'a> {
    shared: &'a Shared,
    document: &'a ExecutableDocument,
    definition: &'a OperationDefinition,
    variables: &'a Variables,
    visits: usize,
    aliases: usize,
    values: u64,
    models: BTreeSet<usize>,
}

impl Walk<'_> {
    fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    fn selections(&mut self, selections: &SelectionSet, at: At<'_>) -> Result<(), Problem> {
        let at = At { nesting: at.nesting + 1, ..at };
        // Fragments that spread each other in a circle never end otherwise.
        if at.nesting > 2 * self.settings().depth + 16 {
            return Err(exceeded(at.path, "nests fragments deeper than is possible", None));
        }
        for selection in &selections.items {
            self.visits += 1;
            if self.visits > VISITS {
                return Err(exceeded(at.path, "selects more fields than", Some(VISITS)));
            }
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
            Place::Changes(model) if name == "nodes" => {
                (Place::Row(model), self.settings().default_page as u64)
            }
            Place::Schema => (Place::Schema, 1),
            Place::Edge(_) | Place::Groups(..) | Place::Group(_) | Place::Changes(_)
            | Place::Plain => (Place::Plain, 1),
        }
    }

    fn root(&mut self, field: &Field, place: Place) -> (Place, u64) {
        let name = field.name.node.as_str();
        let shared = self.shared;
        let is_root =
            |model: &&Model| model.one == name || model.many == name || model.groups == name;
        let Some(model) = shared.catalogue.models.iter().find(is_root) else {
            return (Place::Plain, 1);
        };
        self.models.insert(model.index);
        let place = match place {
            _ if model.one == name => Place::Row(model.index),
            Place::Subscription => Place::Changes(model.index),
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
        let place =
            if child.only { Place::Row(child.from) } else { Place::Page(child.from, rows) };
        (place, 1)
    }

    /// How many rows a field asks for.
    fn rows(&self, field: &Field, otherwise: usize) -> u64 {
        let asked = ["first", "last"].into_iter().filter_map(|name| {
            let given = field.get_argument(name)?.node.clone();
            let given = given.into_const_with(|name| self.variable(&name).ok_or(())).ok()?;
            u64::try_from(value::integer(&given)?).ok()
        });
        asked.max().unwrap_or(otherwise as u64)
    }

    fn variable(&self, name: &Name) -> Option<Const> {
        let definitions = self.definition.variable_definitions.iter();
        let default = || {
            let mut matching = definitions.filter(|it| it.node.name.node == *name);
            matching.next()?.node.default_value().cloned()
        };
        self.variables.get(name).cloned().or_else(default)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::parser::parse_query;
    use domain::kernel::{Registry, testing::toy::Toy};

    use super::*;
    use crate::catalogue::Catalogue;

    fn measured(query: &str, variables: serde_json::Value) -> Result<Measured, Problem> {
        let registry = Arc::new(Registry::of::<Toy>().unwrap());
        let catalogue = Catalogue::of(&registry).unwrap();
        let settings = Settings { depth: 6, complexity: 1000, aliases: 3, ..Settings::default() };
        let shared = Shared { catalogue, registry, settings };
        let document = parse_query(query).unwrap();
        measure(&shared, &document, None, &Variables::from_json(variables))
    }

    #[track_caller]
    fn refused(query: &str) -> String {
        measured(query, serde_json::json!({})).unwrap_err().message
    }

    #[test]
    fn a_page_multiplies_what_is_asked_of_its_rows() {
        let none = serde_json::json!({});
        let names = |rows: &str| format!("{{ shelf(first: {rows}) {{ nodes {{ id title }} }} }}");
        assert!(measured(&names("100"), none.clone()).is_ok());
        assert_eq!(
            refused("{ shelf(first: 100) { nodes { id title onLoan(first: 10) { nodes { id } } } } }"),
            "shelf.nodes.onLoan.nodes.id: the query is estimated to make an answer of more values \
             than 1000"
        );
        let asked = format!("query($n: Int = 10) {}", names("$n"));
        assert!(measured(&asked, none).is_ok());
        assert!(measured(&asked, serde_json::json!({"n": 1_000})).is_err());
    }

    #[test]
    fn all_models_that_are_read_are_noticed() {
        let query = "{ shelf { nodes { onLoan { nodes { id } } } } }";
        assert_eq!(measured(query, serde_json::json!({})).unwrap().models.len(), 2);
        let key = "{ openLoanGroups { nodes { key { book { title } } } } }";
        assert_eq!(measured(key, serde_json::json!({})).unwrap().models.len(), 2);
    }

    #[test]
    fn depth_aliases_and_roots_are_limited() {
        let deep = "{ openLoan(id: 1) { book { onLoan { nodes { book { onLoan { totalCount } } } } } } }";
        assert_eq!(
            refused(deep),
            "openLoan.book.onLoan.nodes.book.onLoan.totalCount: the query nests deeper than 6"
        );
        let aliases = "{ a: shelf { totalCount } b: shelf { totalCount } \
                       c: shelf { totalCount } d: shelf { totalCount } }";
        assert_eq!(refused(aliases), "shelf: the query gives other names to more fields than 3");
        let roots = format!("{{ {} }}", "__typename ".repeat(21));
        assert!(refused(&roots).contains("more fields than 20"));
    }

    #[test]
    fn hostile_fragments_end() {
        assert!(refused("{ ...A } fragment A on Query { ...A }").contains("fragments"));
        let mut query = "{ ...F0 }".to_owned();
        for i in 0..30 {
            query.push_str(&format!(" fragment F{i} on Query {{ ...F{0} ...F{0} }}", i + 1));
        }
        query.push_str(" fragment F30 on Query { __typename }");
        assert!(refused(&query).contains("fragments") || refused(&query).contains("20000"));
        let unused = format!("query a {{ __typename }} query b {}", &query);
        assert!(measured(&unused, serde_json::json!({})).is_err());
    }

    #[test]
    fn brackets_are_counted_outside_of_texts() {
        assert!(check_text(&"[".repeat(201)).is_err());
        assert!(check_text(&format!("{{ a(b: \"{}\") }}", "[".repeat(500))).is_ok());
        assert!(check_text(&"{}".repeat(500)).is_ok());
    }
}
