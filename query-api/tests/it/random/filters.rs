//! Random filters, and whether a row fulfils them.

use std::{cell::RefCell, cmp::Ordering, collections::BTreeSet};

use serde_json::{Map, Value, json};

use super::{dice::Dice, schema::Schema};

/// Filters of one schema.
pub(super) struct Filters<'a> {
    schema: &'a Schema,
    /// The names of filters of rows that others are related to.
    rows: &'a [&'a str],
    /// The operators that were asked for, and of them the one that is broken.
    asked: RefCell<BTreeSet<String>>,
    broken: RefCell<Option<String>>,
    /// Those that would have been noticed, had they been broken.
    noticed: RefCell<BTreeSet<String>>,
}

impl<'a> Filters<'a> {
    pub(super) fn new(schema: &'a Schema, rows: &'a [&'a str]) -> Self {
        let (asked, noticed) = (RefCell::default(), RefCell::default());
        Self { schema, rows, asked, broken: RefCell::default(), noticed }
    }
}

impl Filters<'_> {
    /// A filter of rows of a type, preferably one that would notice a broken
    /// operator that none has noticed so far.
    pub(super) fn telling(&self, dice: &mut Dice, of: &str, rows: &[Value], depth: usize) -> Value {
        let mut filter = json!({});
        for _ in 0..50 {
            filter = self.make(dice, of, rows, depth);
            if self.notices(of, &filter, rows) {
                break;
            }
        }
        filter
    }

    /// Whether a filter has operators that no filter had noticed, had they been
    /// broken, and would notice one.
    fn notices(&self, of: &str, filter: &Value, rows: &[Value]) -> bool {
        let matching = || rows.iter().map(|row| self.holds(of, filter, row)).collect::<Vec<_>>();
        self.asked.take();
        let expected = matching();
        let asked = self.asked.take();
        let before = self.noticed.borrow().len();
        for operator in asked {
            *self.broken.borrow_mut() = Some(operator.clone());
            if matching() != expected {
                self.noticed.borrow_mut().insert(operator);
            }
        }
        *self.broken.borrow_mut() = None;
        self.noticed.borrow().len() > before
    }

    /// Every operator of every filter that was used would have been noticed.
    pub(super) fn assert_telling(&self) {
        let noticed = self.noticed.borrow();
        let filters: BTreeSet<&str> =
            noticed.iter().filter_map(|it| Some(it.split_once('.')?.0)).collect();
        for filter in filters {
            let of = filter.trim_start_matches("nested ");
            if !self.schema.is_of_values(of) && !self.schema.inputs[of].contains_key("some") {
                continue;
            }
            for operator in self.schema.inputs[of].keys() {
                let name = format!("{filter}.{operator}");
                assert!(noticed.contains(&name), "no query would notice a broken {name}");
            }
        }
    }

    /// Notes that an operator was asked for, and whether it is the broken one.
    fn is_broken(&self, of: &str, operator: &str, nested: bool) -> bool {
        let name = format!("{}{of}.{operator}", if nested { "nested " } else { "" });
        let is_it = self.broken.borrow().as_ref() == Some(&name);
        self.asked.borrow_mut().insert(name);
        is_it
    }

    /// A filter of a type, of values like these.
    pub(super) fn make(&self, dice: &mut Dice, of: &str, like: &[Value], depth: usize) -> Value {
        let fields = &self.schema.inputs[of];
        if self.schema.is_of_values(of) {
            return self.of_values(dice, of, like);
        }
        if fields.contains_key("some") {
            return self.of_list(dice, of, like, depth);
        }
        if depth > 0 && fields.contains_key("not") && dice.roll(3) == 0 {
            let mut part = || self.make(dice, of, like, depth - 1);
            let (a, b) = (part(), part());
            return match dice.roll(4) {
                0 => json!({ "and": [a, b] }),
                1 => json!({ "or": [a, b] }),
                2 => json!({ "not": a }),
                _ => json!({ "not": a, "or": [b] }),
            };
        }
        // What says nothing of a row is of another test.
        let known = |name: &String| like.iter().any(|it| it.get(name).is_some());
        let names: Vec<&String> = fields.keys().filter(|name| known(name)).collect();
        if names.is_empty() {
            return json!({});
        }
        let name = *dice.pick(&names);
        let values: Vec<Value> =
            like.iter().filter_map(|it| it.get(name)).filter(|it| !it.is_null()).cloned().collect();
        let below = depth.saturating_sub(1);
        json!({ name: self.make(dice, &fields[name], &values, below) })
    }

    fn of_list(&self, dice: &mut Dice, of: &str, like: &[Value], depth: usize) -> Value {
        let elements: Vec<Value> =
            like.iter().filter_map(Value::as_array).flatten().cloned().collect();
        let (name, below) = self.pick(dice, of);
        if name == "isNull" {
            return json!({ "isNull": dice.is() });
        }
        json!({ name: self.make(dice, below, &elements, depth.saturating_sub(1)) })
    }

    fn pick(&self, dice: &mut Dice, of: &str) -> (&str, &str) {
        let fields: Vec<(&String, &String)> = self.schema.inputs[of].iter().collect();
        let (name, below) = *dice.pick(&fields);
        (name, below)
    }

    fn of_values(&self, dice: &mut Dice, of: &str, like: &[Value]) -> Value {
        let (operator, _) = self.pick(dice, of);
        if operator == "isNull" || like.is_empty() {
            return json!({ "isNull": dice.is() });
        }
        let value = dice.pick(like).clone();
        let operand = match operator {
            "in" | "notIn" => (0..dice.roll(4)).map(|_| dice.pick(like).clone()).collect(),
            "contains" if of == "JSONFilter" => part_of(dice, &value),
            "words" => {
                let words: Vec<&str> = value.as_str().unwrap().split(' ').collect();
                let sign = *dice.pick(&["", "-"]);
                json!(format!("{} {sign}{}", dice.pick(&words), dice.pick(&words)).to_uppercase())
            }
            "contains" | "startsWith" | "endsWith" => {
                let text = value.as_str().unwrap().to_uppercase();
                let (from, to) = (dice.roll(text.len()), dice.roll(text.len()));
                json!(text[from.min(to)..=from.max(to)])
            }
            _ => value,
        };
        json!({ operator: operand })
    }

    /// Whether a row fulfils a filter.
    pub(super) fn holds(&self, of: &str, filter: &Value, row: &Value) -> bool {
        self.fulfils(of, filter, row, false)
    }

    fn fulfils(&self, of: &str, filter: &Value, value: &Value, nested: bool) -> bool {
        let fields = &self.schema.inputs[of];
        let is_row = self.rows.contains(&of);
        if is_row && value.is_null() {
            return false;
        }
        let is_list = fields.contains_key("some");
        filter.as_object().unwrap().iter().all(|(name, part)| {
            let same = |value: &Value| self.fulfils(of, part, value, nested);
            let below = |value: &Value| {
                let of = &fields[name];
                // Elements and parts of objects that are no rows are nested.
                let nested = !self.rows.contains(&of.as_str()) && (is_list || nested || !is_row);
                self.fulfils(of, part, value, nested)
            };
            let holds = match name.as_str() {
                "and" => list(part).iter().all(|part| self.fulfils(of, part, value, nested)),
                "or" => list(part).iter().any(|part| self.fulfils(of, part, value, nested)),
                "not" => !same(value),
                "isNull" => value.is_null() == part.as_bool().unwrap(),
                "some" => list(value).iter().any(below),
                "every" => list(value).iter().all(below),
                "none" => !list(value).iter().any(below),
                name if self.schema.is_of_values(of) => compares(name, part, of, value),
                name => below(value.get(name).unwrap_or(&Value::Null)),
            };
            holds != self.is_broken(of, name, nested)
        })
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn compares(operator: &str, operand: &Value, of: &str, value: &Value) -> bool {
    let text = || value.as_str().unwrap().to_lowercase();
    let part = || operand.as_str().unwrap().to_lowercase();
    let order = || order(of.strip_suffix("Filter").unwrap(), value, operand);
    match operator {
        "eq" => value == operand,
        "ne" => value != operand,
        "in" => list(operand).contains(value),
        "notIn" => !list(operand).contains(value),
        _ if value.is_null() => false,
        "lt" => order().is_lt(),
        "lte" => order().is_le(),
        "gt" => order().is_gt(),
        "gte" => order().is_ge(),
        "words" => part().split(' ').all(|word| match word.strip_prefix('-') {
            Some(word) => !text().split(' ').any(|it| it == word),
            None => text().split(' ').any(|it| it == word),
        }),
        "contains" if of == "JSONFilter" => contains(value, operand),
        "contains" => text().contains(&part()),
        "startsWith" => text().starts_with(&part()),
        "endsWith" => text().ends_with(&part()),
        unknown => panic!("{unknown} is new: what does it mean?"),
    }
}

/// The order of two values of a type.
pub(super) fn order(of: &str, a: &Value, b: &Value) -> Ordering {
    let number = |value: &Value| millionths(value.as_str().unwrap());
    let whole = |value: &Value| value.as_str().unwrap().trim_end_matches('Z').to_owned();
    match of {
        "BigInt" | "Decimal" => number(a).cmp(&number(b)),
        "Boolean" => a.as_bool().cmp(&b.as_bool()),
        "DateTime" => whole(a).cmp(&whole(b)),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

/// A number with up to six decimals.
fn millionths(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<6}").parse().unwrap()
}

/// Something that a value contains as PostgreSQL means it.
fn part_of(dice: &mut Dice, value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|_| dice.is())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(fields), Value::Object(parts)) => parts
            .iter()
            .all(|(name, part)| fields.get(name).is_some_and(|value| contains(value, part))),
        (Value::Array(values), Value::Array(parts)) => {
            parts.iter().all(|part| values.iter().any(|value| contains(value, part)))
        }
        (value, part) => value == part,
    }
}
