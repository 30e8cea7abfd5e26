//! Random filters, orders and pages give the rows that a naive evaluation
//! gives.

use std::cmp::Ordering;

use domain::kernel::{
    Id,
    testing::toy::{Book, Loan},
};
use event_store::pg::uuid;
use serde_json::{Map, Value, json};
use ulid::Ulid;

use crate::{stage::Stage, tenant::Tenant};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[usize::try_from(self.roll(things.len() as u64)).unwrap()]
    }
}

/// A row as GraphQL shows it.
type Row = Map<String, Value>;

const TITLES: [&str; 6] = ["ada", "adam", "bede", "clarissa", "dracula", "ivanhoe"];
const TIMES: [&str; 3] =
    ["2026-01-01T00:00:00Z", "2026-02-01T12:30:00Z", "2026-03-01T00:00:00.000001Z"];

async fn rows(tenant: &Tenant<'_>, dice: &mut Dice) -> Vec<Row> {
    let mut rows = vec![];
    for _ in 0..60 {
        let (book, loan) = (Ulid::generate(), Ulid::generate());
        let lent_at = dice.pick(&[None, Some(TIMES[0]), Some(TIMES[1]), Some(TIMES[2])]);
        let loan = (dice.roll(2) == 0).then_some(loan);
        let (title, withdrawn) = (*dice.pick(&TITLES), dice.roll(3) == 0);
        let times = i64::try_from(dice.roll(4)).unwrap();
        let insert =
            "INSERT INTO read.shelf_v1 VALUES ($1, $2, $3, $4, $5, $6::text::timestamptz, $7, 1)";
        tenant
            .stage
            .admin
            .execute(
                insert,
                &[
                    &uuid(tenant.id),
                    &uuid(book),
                    &title,
                    &withdrawn,
                    &times,
                    lent_at,
                    &loan.map(uuid),
                ],
            )
            .await
            .unwrap();
        let row = json!({
            "id": Id::<Book>::new(book).to_string(), "title": title, "withdrawn": withdrawn,
            "timesLent": times.to_string(), "lastLentAt": lent_at,
            "loanId": loan.map(|loan| Id::<Loan>::new(loan).to_string()),
        });
        rows.push(row.as_object().unwrap().clone());
    }
    rows
}

const FIELDS: [&str; 6] = ["id", "title", "withdrawn", "timesLent", "lastLentAt", "loanId"];

fn filter(dice: &mut Dice, rows: &[Row], depth: u64) -> Value {
    if depth > 0 && dice.roll(2) == 0 {
        let mut part = || filter(dice, rows, depth - 1);
        let (a, b) = (part(), part());
        return match dice.roll(4) {
            0 => json!({ "and": [a, b] }),
            1 => json!({ "or": [a, b] }),
            2 => json!({ "not": a }),
            _ => json!({ "not": a, "or": [b] }),
        };
    }
    let field = *dice.pick(&FIELDS);
    let value = dice.pick(rows)[field].clone();
    let other = dice.pick(rows)[field].clone();
    let mut operators = vec!["isNull"];
    if !value.is_null() {
        operators.extend(["eq", "ne"]);
        if field != "withdrawn" && !other.is_null() {
            operators.extend(["in", "notIn"]);
        }
        if ["title", "timesLent", "lastLentAt"].contains(&field) {
            operators.extend(["lt", "lte", "gt", "gte"]);
        }
        if field == "title" {
            operators.extend(["contains", "startsWith", "endsWith"]);
        }
    }
    let operator = *dice.pick(&operators);
    let operand = match operator {
        "isNull" => json!(dice.roll(2) == 0),
        "in" | "notIn" => json!([value, other]),
        "contains" | "startsWith" | "endsWith" => {
            let text = value.as_str().unwrap().to_uppercase();
            json!(text[..usize::try_from(1 + dice.roll(2)).unwrap()])
        }
        _ => value,
    };
    json!({ field: { operator: operand } })
}

fn holds(filter: &Value, row: &Row) -> bool {
    filter.as_object().unwrap().iter().all(|(name, part)| match name.as_str() {
        "and" => part.as_array().unwrap().iter().all(|part| holds(part, row)),
        "or" => part.as_array().unwrap().iter().any(|part| holds(part, row)),
        "not" => !holds(part, row),
        field => part
            .as_object()
            .unwrap()
            .iter()
            .all(|(operator, operand)| compares(operator, operand, field, &row[field])),
    })
}

fn compares(operator: &str, operand: &Value, field: &str, value: &Value) -> bool {
    let text = || value.as_str().unwrap().to_lowercase();
    let part = || operand.as_str().unwrap().to_lowercase();
    let listed = || operand.as_array().unwrap().contains(value);
    match operator {
        "isNull" => value.is_null() == operand.as_bool().unwrap(),
        "eq" => value == operand,
        "ne" => value != operand,
        "in" => listed(),
        "notIn" => !listed(),
        _ if value.is_null() => false,
        "lt" => order(field, value, operand).is_lt(),
        "lte" => order(field, value, operand).is_le(),
        "gt" => order(field, value, operand).is_gt(),
        "gte" => order(field, value, operand).is_ge(),
        "contains" => text().contains(&part()),
        "startsWith" => text().starts_with(&part()),
        _ => text().ends_with(&part()),
    }
}

fn order(field: &str, a: &Value, b: &Value) -> Ordering {
    let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    let whole = |value: &Value| value.as_str().unwrap().trim_end_matches('Z').to_owned();
    match field {
        "timesLent" => number(a).cmp(&number(b)),
        "withdrawn" => a.as_bool().cmp(&b.as_bool()),
        "lastLentAt" => whole(a).cmp(&whole(b)),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

fn orders(dice: &mut Dice) -> Vec<(&'static str, bool, Option<bool>)> {
    let mut terms: Vec<(&str, bool, Option<bool>)> = vec![];
    for _ in 0..dice.roll(4) {
        let field = *dice.pick(&FIELDS);
        if !terms.iter().any(|(known, ..)| *known == field) {
            terms.push((field, dice.roll(2) == 0, *dice.pick(&[None, Some(true), Some(false)])));
        }
    }
    terms
}

fn sorted(mut rows: Vec<Row>, terms: &[(&'static str, bool, Option<bool>)]) -> Vec<Row> {
    rows.sort_by(|a, b| {
        for (field, descending, nulls_first) in terms {
            let nulls_first = nulls_first.unwrap_or(*descending);
            let (x, y) = (&a[*field], &b[*field]);
            let ordering = match (x.is_null(), y.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if nulls_first => Ordering::Less,
                (true, false) => Ordering::Greater,
                (false, true) if nulls_first => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) if *descending => order(field, y, x),
                (false, false) => order(field, x, y),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        order("id", &a["id"], &b["id"])
    });
    rows
}

const QUERY: &str = "query($filter: ShelvedBookFilter, $order: [ShelvedBookOrder!],
        $first: Int, $after: String, $last: Int, $before: String) {
    shelf(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { id title withdrawn timesLent lastLentAt loanId }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// All rows, page by page, from one end or the other.
async fn walk(
    tenant: &Tenant<'_>,
    filter: &Value,
    order: &Value,
    size: u64,
    backward: bool,
) -> Vec<Value> {
    let mut walked: Vec<Value> = vec![];
    let mut cursor = Value::Null;
    loop {
        let (first, after) = if backward { ("last", "before") } else { ("first", "after") };
        let variables = json!({ "filter": filter, "order": order, first: size, after: cursor });
        let page = tenant.ask_with(QUERY, variables).await.data()["shelf"].clone();
        let mut nodes = page["nodes"].as_array().unwrap().clone();
        let info = &page["pageInfo"];
        let more = if backward {
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

#[tokio::test]
async fn random_queries_are_answered_as_a_naive_evaluation_answers_them() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    // The rows of somebody else, which must not be among ours.
    let mut dice = Dice(20_260_115);
    rows(&stage.tenant().await, &mut dice).await;
    let rows = rows(&tenant, &mut dice).await;
    let mut found = 0;
    for round in 0..120 {
        let filter = filter(&mut dice, &rows, 3);
        let terms = orders(&mut dice);
        let matching = rows.iter().filter(|row| holds(&filter, row)).cloned().collect();
        let expected: Vec<Value> =
            sorted(matching, &terms).into_iter().map(Value::Object).collect();
        let order: Vec<Value> = terms
            .iter()
            .map(|(field, descending, nulls_first)| {
                let choice = match *field {
                    "timesLent" => "TIMES_LENT".to_owned(),
                    "lastLentAt" => "LAST_LENT_AT".to_owned(),
                    "loanId" => "LOAN_ID".to_owned(),
                    field => field.to_uppercase(),
                };
                let direction = if *descending { "DESC" } else { "ASC" };
                let nulls = nulls_first.map(|first| if first { "FIRST" } else { "LAST" });
                json!({ "field": choice, "direction": direction, "nulls": nulls })
            })
            .collect();
        let (size, backward) = (1 + dice.roll(25), dice.roll(2) == 0);
        let walked = walk(&tenant, &filter, &json!(order), size, backward).await;
        found += walked.len();
        assert_eq!(walked, expected, "round {round}: {filter} {order:?} by {size}");
    }
    assert!(found > 1_000, "{found} rows in all rounds are too few to tell anything");
    stage.close().await;
}
