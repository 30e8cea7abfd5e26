//! Random orders and pages of lists.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{
    RELATED,
    dice::Dice,
    filters::{Filters, order},
    rows::Rows,
    schema::Schema,
};
use crate::{stage::Stage, tenant::Tenant};

/// A term of an order: the field, whether it descends, where nulls stand.
struct Term {
    field: String,
    descending: bool,
    nulls_first: Option<bool>,
}

/// A list, and the names that the schema has for it.
struct List<'a> {
    schema: &'a Schema,
    query: &'static str,
    of: &'static str,
    /// The fields of the key.
    key: &'static str,
    rows: &'a [Value],
}

impl List<'_> {
    fn order(&self, dice: &mut Dice) -> Vec<Term> {
        let mut terms: Vec<Term> = vec![];
        for _ in 0..dice.roll(4) {
            let choices = &self.schema.enums[&format!("{}Field", self.of)];
            let choice: &String = dice.pick(choices);
            let field = camel(choice);
            if !terms.iter().any(|known| known.field == field) {
                let nulls_first = *dice.pick(&[None, Some(true), Some(false)]);
                terms.push(Term { field, descending: dice.is(), nulls_first });
            }
        }
        terms
    }

    fn compare(&self, terms: &[Term], a: &Value, b: &Value) -> Ordering {
        let of = |field: &str| &self.schema.outputs[self.of][field];
        for Term { field, descending, nulls_first } in terms {
            let nulls_first = nulls_first.unwrap_or(*descending);
            let (x, y) = (&a[field], &b[field]);
            let ordering = match (x.is_null(), y.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if nulls_first => Ordering::Less,
                (true, false) => Ordering::Greater,
                (false, true) if nulls_first => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => words(self.schema, of(field), x, y),
            };
            let turned = *descending && !x.is_null() && !y.is_null();
            let ordering = if turned { ordering.reverse() } else { ordering };
            if ordering.is_ne() {
                return ordering;
            }
        }
        order("ID", &a[self.key], &b[self.key])
    }

    /// All rows, page by page, from one end or the other.
    async fn walk(
        &self,
        tenant: &Tenant<'_>,
        asked: &Value,
        size: usize,
        back: bool,
    ) -> Vec<Value> {
        let query = format!(
            "query($filter: {of}Filter, $order: [{of}Order!],
                    $first: Int, $after: String, $last: Int, $before: String) {{
                list: {name}(filter: $filter, orderBy: $order,
                        first: $first, after: $after, last: $last, before: $before) {{
                    totalCount nodes {{ {selection} }}
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}",
            of = self.of,
            name = self.query,
            selection = self.schema.selection(self.of, &RELATED),
        );
        let mut walked: Vec<Value> = vec![];
        let mut cursor = Value::Null;
        loop {
            let (first, after) = if back { ("last", "before") } else { ("first", "after") };
            let mut variables = asked.clone();
            variables[first] = json!(size);
            variables[after] = cursor;
            let page = tenant.ask_with(&query, variables).await.data()["list"].clone();
            let mut nodes = page["nodes"].as_array().unwrap().clone();
            let info = &page["pageInfo"];
            let more = if back {
                nodes.append(&mut walked);
                walked = nodes;
                cursor = info["startCursor"].clone();
                &info["hasPreviousPage"]
            } else {
                walked.append(&mut nodes);
                cursor = info["endCursor"].clone();
                &info["hasNextPage"]
            };
            if *more == false {
                assert_eq!(page["totalCount"], walked.len());
                return walked;
            }
        }
    }
}

/// The order of two values; that of words is of how they are stored.
fn words(schema: &Schema, of: &str, a: &Value, b: &Value) -> Ordering {
    let is_enum = !schema.enums[of].is_empty();
    let text = |it: &Value| json!(it.as_str().unwrap_or_default().to_lowercase());
    if is_enum { order(of, &text(a), &text(b)) } else { order(of, a, b) }
}

/// `TIMES_LENT` as `timesLent`.
pub(super) fn camel(choice: &str) -> String {
    let mut words = choice.split('_').map(str::to_lowercase);
    let first = words.next().unwrap();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// `timesLent` as `TIMES_LENT`.
pub(super) fn screaming(name: &str) -> String {
    let mut choice = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            choice.push('_');
        }
        choice.push(letter.to_ascii_uppercase());
    }
    choice
}

/// Which of the fields of a row a list shows.
fn shown(schema: &Schema, of: &str, row: &Value) -> Value {
    let fields = row.as_object().unwrap().iter();
    let is_shown = |name: &String| {
        let related = schema.outputs[of].get(name).is_none_or(|of| RELATED.contains(&of.as_str()));
        !related
    };
    fields.filter(|(name, _)| is_shown(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// A row as the server showed it, without the id that it made up.
fn known(row: Value, list: &List<'_>) -> Value {
    let Value::Object(mut fields) = row else { return row };
    if list.key != "id" {
        fields.remove("id");
    }
    fields.into()
}

#[tokio::test]
async fn random_queries_are_answered_as_a_naive_evaluation_answers_them() {
    let stage = Stage::with(|config| config.query_api.development = true).await;
    let tenant = stage.tenant().await;
    let mut dice = Dice(20_260_115);
    // The rows of somebody else, which must not be among ours.
    Rows::make(&stage.tenant().await, &mut dice).await;
    let rows = Rows::make(&tenant, &mut dice).await;
    let schema = Schema::of(&tenant).await;
    let filters = Filters::new(&schema, &["ShelvedBookFilter", "HoldingFilter", "BookDayFilter"]);
    let lists = [
        List { schema: &schema, query: "shelf", of: "ShelvedBook", key: "id", rows: &rows.shelf },
        List {
            schema: &schema,
            query: "holdings",
            of: "Holding",
            key: "bookId",
            rows: &rows.holdings,
        },
    ];
    let mut found = [0; 2];
    for round in 0..300 {
        let which = dice.roll(2);
        let list = &lists[which];
        let of = format!("{}Filter", list.of);
        let filter = filters.telling(&mut dice, &of, list.rows, 4);
        let terms = list.order(&mut dice);
        let mut expected: Vec<&Value> =
            list.rows.iter().filter(|row| filters.holds(&of, &filter, row)).collect();
        expected.sort_by(|a, b| list.compare(&terms, a, b));
        let expected: Vec<Value> =
            expected.into_iter().map(|row| shown(&schema, list.of, row)).collect();
        let order: Vec<Value> = terms
            .iter()
            .map(|Term { field, descending, nulls_first }| {
                let direction = if *descending { "DESC" } else { "ASC" };
                let nulls = nulls_first.map(|first| if first { "FIRST" } else { "LAST" });
                json!({ "field": screaming(field), "direction": direction, "nulls": nulls })
            })
            .collect();
        let asked = json!({ "filter": filter, "order": order });
        let (size, back) = (1 + dice.roll(25), dice.is());
        let walked = list.walk(&tenant, &asked, size, back).await;
        let walked: Vec<Value> = walked.into_iter().map(|row| known(row, list)).collect();
        found[which] += walked.len();
        assert_eq!(walked, expected, "round {round}: {asked} by {size}, back: {back}");
    }
    filters.assert_telling();
    assert!(found.iter().all(|rows| *rows > 1_000), "{found:?} rows are too few to tell anything");
    stage.close().await;
}
