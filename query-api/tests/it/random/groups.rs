//! Random groups.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, Timelike, Utc};
use serde_json::{Map, Value, json};

use super::{
    dice::Dice,
    filters::{Filters, order},
    lists::{camel, screaming},
    rows::Rows,
    schema::Schema,
};
use crate::stage::Stage;

const ZONES: [&str; 4] = ["UTC", "Africa/Johannesburg", "Europe/Berlin", "America/New_York"];

/// How many hours a zone is ahead in 2026.
fn ahead(zone: &str, at: NaiveDateTime) -> Duration {
    let moment = |month, day, hour| {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    };
    let hours = match zone {
        "Africa/Johannesburg" => 2,
        "Europe/Berlin" if (moment(3, 29, 1)..moment(10, 25, 1)).contains(&at) => 2,
        "Europe/Berlin" => 1,
        "America/New_York" if (moment(3, 8, 7)..moment(11, 1, 6)).contains(&at) => -4,
        "America/New_York" => -5,
        _ => 0,
    };
    Duration::hours(hours)
}

fn start_of(period: &str, day: NaiveDate) -> NaiveDate {
    match period {
        "WEEK" => day - Days::new(day.weekday().num_days_from_monday().into()),
        "MONTH" => day.with_day(1).unwrap(),
        "QUARTER" => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1).unwrap(),
        "YEAR" => NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap(),
        _ => day,
    }
}

/// The beginning of the period that a moment falls into.
fn bucket(period: &str, zone: &str, time: &str) -> String {
    let at = time.parse::<DateTime<Utc>>().unwrap().naive_utc();
    let start = if period == "HOUR" {
        at.date().and_hms_opt(at.hour(), 0, 0).unwrap()
    } else {
        let local = at + ahead(zone, at);
        let local = start_of(period, local.date()).and_hms_opt(0, 0, 0).unwrap();
        // No clock changes at midnight.
        local - ahead(zone, local - ahead(zone, at))
    };
    start.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// What rows share, under the name of its field.
fn shared(by: &Value, row: &Value) -> (String, Value) {
    let field = camel(by["field"].as_str().unwrap());
    let value = &row[&field];
    let (Some(period), Some(text)) = (by["every"].as_str(), value.as_str()) else {
        return (field, value.clone());
    };
    let value = if text.contains('T') {
        bucket(period, by["timeZone"].as_str().unwrap(), text)
    } else {
        start_of(period, text.parse().unwrap()).to_string()
    };
    (field, value.into())
}

/// A fraction as a number with up to six decimals, rounded half away from zero.
fn mean(sum: i128, count: i128) -> String {
    let millionths = sum.abs() * 1_000_000;
    let rounded = (millionths * 2 + count) / (count * 2);
    let text = format!("{}.{:06}", rounded / 1_000_000, rounded % 1_000_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if sum < 0 && rounded > 0 { format!("-{text}") } else { text.to_owned() }
}

/// What is worked out over the values of a field.
fn measures(values: &[&Value], of: &str) -> Map<String, Value> {
    let values: Vec<&Value> = values.iter().copied().filter(|value| !value.is_null()).collect();
    let mut all = Map::new();
    let sorted = |a: &&Value, b: &&Value| order(of, a, b);
    all.insert("min".into(), values.iter().copied().min_by(sorted).cloned().into());
    all.insert("max".into(), values.iter().copied().max_by(sorted).cloned().into());
    if of == "BigInt" {
        let sum: i128 =
            values.iter().map(|value| value.as_str().unwrap().parse::<i128>().unwrap()).sum();
        let count = i128::try_from(values.len()).unwrap();
        all.insert("sum".into(), (count > 0).then(|| sum.to_string()).into());
        all.insert("avg".into(), (count > 0).then(|| mean(sum, count)).into());
    }
    all
}

/// The groups of rows, in the order of what they share.
fn groups(schema: &Schema, by: &[Value], rows: &[&Value]) -> Vec<Value> {
    let mut members: BTreeMap<String, (Map<String, Value>, Vec<&Value>)> = BTreeMap::new();
    for row in rows {
        let key: Map<String, Value> = by.iter().map(|by| shared(by, row)).collect();
        let name = Value::from(key.clone()).to_string();
        members.entry(name).or_insert((key, vec![])).1.push(row);
    }
    let measured = &schema.outputs["HoldingGroupMinima"];
    let group = |(key, rows): (Map<String, Value>, Vec<&Value>)| {
        let mut group = json!({ "key": key, "count": rows.len() });
        for (field, of) in measured {
            let values: Vec<&Value> = rows.iter().map(|row| &row[field]).collect();
            for (aggregate, value) in measures(&values, of) {
                group[aggregate][field] = value;
            }
        }
        group
    };
    members.into_values().map(group).collect()
}

fn by(dice: &mut Dice, schema: &Schema) -> Vec<Value> {
    let mut by = vec![json!({ "field": "CURRENCY" })];
    for _ in 0..dice.roll(3) {
        let field = dice.pick(&schema.enums["HoldingField"]).clone();
        if by.iter().any(|known| known["field"] == *field) {
            continue;
        }
        let of = &schema.outputs["Holding"][&camel(&field)];
        let periods = &schema.enums["Period"];
        let every = match of.as_str() {
            "DateTime" => Some(dice.pick(periods)),
            "Date" => Some(dice.pick(periods)).filter(|period| *period != "HOUR"),
            _ => None,
        };
        by.push(json!({ "field": field, "every": every, "timeZone": *dice.pick(&ZONES) }));
    }
    by
}

#[tokio::test]
async fn random_groups_are_those_of_a_naive_evaluation() {
    let stage = Stage::with(|config| config.query_api.development = true).await;
    let tenant = stage.tenant().await;
    let mut dice = Dice(20_260_329);
    Rows::make(&stage.tenant().await, &mut dice).await;
    let rows = Rows::make(&tenant, &mut dice).await;
    let schema = Schema::of(&tenant).await;
    let filters = Filters::new(&schema, &["ShelvedBookFilter", "HoldingFilter", "BookDayFilter"]);
    let selection = schema.selection("HoldingGroup", &super::RELATED);
    let query = format!(
        "query($by: [HoldingGroupBy!], $filter: HoldingFilter, $having: HoldingGroupFilter,
                $order: [HoldingGroupOrder!], $first: Int) {{
            holdingGroups(by: $by, filter: $filter, having: $having, orderBy: $order, first: $first) {{
                hasMore nodes {{ {selection} }} }} }}"
    );
    let mut found = 0;
    for round in 0..150 {
        let by = by(&mut dice, &schema);
        let filter = if dice.is() {
            filters.make(&mut dice, "HoldingFilter", &rows.holdings, 2)
        } else {
            json!({})
        };
        let matching: Vec<&Value> = rows
            .holdings
            .iter()
            .filter(|row| filters.holds("HoldingFilter", &filter, row))
            .collect();
        let mut expected = groups(&schema, &by, &matching);
        for group in &mut expected {
            group["count"] = group["count"].to_string().into();
        }
        let having = if dice.is() {
            filters.telling(&mut dice, "HoldingGroupFilter", &expected, 3)
        } else {
            json!({})
        };
        expected.retain(|group| filters.holds("HoldingGroupFilter", &having, group));
        let order = order_of(&mut dice, &mut expected, &schema);
        let first = if dice.is() { 200 } else { 1 + dice.roll(8) };
        let asked = json!({
            "by": by, "filter": filter, "having": having, "order": order, "first": first,
        });
        let answer = tenant.ask_with(&query, asked.clone()).await.data()["holdingGroups"].clone();
        let more = expected.len() > first;
        assert_eq!(answer["hasMore"], more, "round {round}: {asked}");
        let told = answer["nodes"].as_array().unwrap();
        found += told.len();
        let keys: Vec<String> = by.iter().map(|by| camel(by["field"].as_str().unwrap())).collect();
        let told = shown(told, &keys);
        if more {
            // Which of several that are equal come first is in the order of
            // their keys, which is another test's.
            assert_eq!(told.len(), first);
            assert!(told.iter().all(|group| expected.contains(group)), "round {round}: {asked}");
            same_order(&told, &expected, &order, &asked);
        } else {
            same_order(&told, &expected, &order, &asked);
            let same = told.len() == expected.len() && told.iter().all(|it| expected.contains(it));
            assert!(same, "round {round}: {asked}\n{told:#?}\n{expected:#?}");
        }
    }
    filters.assert_telling();
    assert!(found > 500, "{found} groups are too few to tell anything");
    stage.close().await;
}

/// Groups as they were told, with no more of their keys than was asked for.
fn shown(told: &[Value], keys: &[String]) -> Vec<Value> {
    let group = |group: &Value| {
        let mut group = group.clone();
        group["count"] = group["count"].to_string().into();
        let key = group["key"].as_object().unwrap();
        let key: Map<String, Value> = key
            .iter()
            .filter(|(name, _)| keys.contains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        group["key"] = key.into();
        group
    };
    told.iter().map(group).collect()
}

/// The value that a term puts groups in order by.
fn sorted_by(term: &Value, group: &Value) -> Value {
    let field = term["field"].as_str().map(camel).unwrap_or_default();
    match term["by"].as_str().unwrap() {
        "COUNT" => group["count"].clone(),
        aggregate => group[aggregate.to_lowercase()][&field].clone(),
    }
}

fn order_of(dice: &mut Dice, groups: &mut [Value], schema: &Schema) -> Vec<Value> {
    let direction = *dice.pick(&["ASC", "DESC"]);
    let term = match dice.roll(3) {
        0 => return vec![],
        1 => json!({ "by": "COUNT", "direction": direction }),
        _ => {
            let fields: Vec<&String> = schema.outputs["HoldingGroupSums"].keys().collect();
            let field: &String = fields[dice.roll(fields.len())];
            let field = screaming(field);
            let by = *dice.pick(&["SUM", "MIN", "MAX"]);
            json!({ "by": by, "field": field, "direction": direction })
        }
    };
    groups.sort_by(|a, b| compare(&term, a, b));
    vec![term]
}

fn compare(term: &Value, a: &Value, b: &Value) -> std::cmp::Ordering {
    let (a, b) = (sorted_by(term, a), sorted_by(term, b));
    match (a.is_null(), b.is_null()) {
        (false, false) if term["direction"] == "DESC" => order("BigInt", &b, &a),
        (false, false) => order("BigInt", &a, &b),
        // What could not be worked out comes last.
        (a, b) => a.cmp(&b),
    }
}

/// The values that groups are put in order by are the first of those expected.
fn same_order(told: &[Value], expected: &[Value], order: &[Value], asked: &Value) {
    for term in order {
        let values = |groups: &[Value]| -> Vec<Value> {
            groups.iter().take(told.len()).map(|group| sorted_by(term, group)).collect()
        };
        assert_eq!(values(told), values(expected), "{asked}");
    }
}
