//! Integers: mostly small, sometimes round, at times at the bounds.

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Strategy, Union},
};
use serde_json::Value;

use super::Manner;

const ROUND: [i128; 8] = [10, 25, 50, 100, 1_000, 1_500, 10_000, 250_000];

/// Integers within the bounds of a schema.
pub(super) fn values(schema: &Value, manner: Manner) -> BoxedStrategy<Value> {
    let (min, max) = bounds(schema);
    let within = |number: &i128| (min..=max).contains(number);
    let nearest_zero = 0.clamp(min, max);
    let small: Vec<i128> = (nearest_zero..=nearest_zero.saturating_add(5)).filter(within).collect();
    let round: Vec<i128> = ROUND.into_iter().filter(within).collect();
    let negative: Vec<i128> = [-1, -2, -100].into_iter().filter(within).collect();
    let far: Vec<i128> = [min, max].into();
    let (often, seldom) = if manner == Manner::Wild { (4, 3) } else { (12, 1) };
    let pools = [(often, small), (often / 2, round), (seldom, negative), (seldom, far)];
    Union::new_weighted(
        pools
            .into_iter()
            .filter(|(_, pool)| !pool.is_empty())
            .map(|(w, pool)| (w, select(pool)))
            .collect(),
    )
    .prop_map(number)
    .boxed()
}

/// The bounds that the schema states, within those of its format.
fn bounds(schema: &Value) -> (i128, i128) {
    let (least, most) = match schema.get("format").and_then(Value::as_str) {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint" | "uint64") => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    let stated = |keyword: &str| {
        let bound = schema.get(keyword)?;
        bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from))
    };
    let min = stated("minimum").or_else(|| Some(stated("exclusiveMinimum")? + 1)).unwrap_or(least);
    let max = stated("maximum").or_else(|| Some(stated("exclusiveMaximum")? - 1)).unwrap_or(most);
    (min.max(least), max.min(most).max(min.max(least)))
}

fn number(number: i128) -> Value {
    i64::try_from(number)
        .map(Value::from)
        .or_else(|_| u64::try_from(number).map(Value::from))
        .unwrap_or_default()
}
