use std::sync::Arc;

use async_graphql::parser::parse_query;
use domain::kernel::{Registry, testing::toy::Toy};

use super::*;
use crate::{catalogue::Catalogue, settings::Settings};

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
fn filters_read_the_models_that_they_look_into() {
    let models = |query: &str, variables: serde_json::Value| {
        measured(query, variables).unwrap().models.len()
    };
    let none = || serde_json::json!({});
    let number = "{number: {gt: 0}}";
    for filter in [
        format!("{{onLoan: {{some: {number}}}}}"),
        format!("{{or: [{{}}, {{not: {{loan: {number}}}}}]}}"),
    ] {
        for query in [
            format!("{{ shelf(filter: {filter}) {{ totalCount }} }}"),
            format!("{{ shelvedBookGroups(filter: {filter}) {{ hasMore }} }}"),
            format!("subscription {{ shelf(filter: {filter}) {{ position }} }}"),
        ] {
            assert_eq!(models(&query, none()), 2, "{query}");
        }
    }
    assert_eq!(models("{ shelf(filter: {title: {eq: \"onLoan\"}}) { totalCount } }", none()), 1);

    let whole = "query($of: ShelvedBookFilter) { shelf(filter: $of) { totalCount } }";
    let filter = serde_json::json!({ "and": { "onLoan": { "none": {} } } });
    assert_eq!(models(whole, serde_json::json!({ "of": filter })), 2);
    assert_eq!(models(whole, none()), 1);
    let by_default = "query($of: OpenLoanFilter = {}) \
                      { shelf(filter: {onLoan: {every: $of}}) { totalCount } }";
    assert_eq!(models(by_default, none()), 2);
    // A name within a variable stands for nothing.
    let circle = "query($of: ShelvedBookFilter = of) { shelf(filter: $of) { totalCount } }";
    assert_eq!(models(circle, none()), 1);
    let many = format!("{{ shelf(filter: {{or: [{}]}}) {{ totalCount }} }}", "{},".repeat(20_000));
    assert!(refused(&many).contains("more fields than 20000"));
}

#[test]
fn depth_aliases_and_roots_are_limited() {
    let deep =
        "{ openLoan(id: 1) { book { onLoan { nodes { book { onLoan { totalCount } } } } } } }";
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
    query.extend((0..30).map(|i| format!(" fragment F{i} on Query {{ ...F{0} ...F{0} }}", i + 1)));
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
    let open = "[".repeat(300);
    for hidden in ["\"\"\"x\"y\"\"\"", "\"\"\"x\\\"\"\"y\"\"\"", "\"\\\"\"", "\"\"", "# \"\n"] {
        assert!(check_text(&format!("{{ a(b: {hidden}, c: {open}")).is_err(), "{hidden}");
    }
    for text in [format!("\"\"\"{open}\" \\\"\"\" {open}\"\"\""), format!("# {open}\n")] {
        assert!(check_text(&text).is_ok(), "{text}");
    }
}
