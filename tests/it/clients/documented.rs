//! The examples of docs/queries.md, run as they are written.

use serde_json::Value;
use tests::{Client, Up};

use super::PROGRAM;

/// The names of lists in an answer in which there is nothing.
fn empty_lists(answer: &Value, path: &str, to: &mut Vec<String>) {
    match answer {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            empty_lists(value, &format!("{path}.{name}"), to);
        }),
        Value::Array(values) if values.is_empty() => to.push(path.to_owned()),
        // The first of several shows what there is.
        Value::Array(values) => values.iter().take(1).for_each(|it| empty_lists(it, path, to)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_for_dashboards_work_as_written() {
    let up = tokio::task::block_in_place(|| Up::start(PROGRAM, &["--demo"]).unwrap());
    let client = Client::of(&up.endpoints, 0);
    let page = include_str!("../../../docs/queries.md");
    let examples: Vec<&str> = page
        .split("```graphql\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(examples.len() >= 7, "{} examples", examples.len());
    for example in examples {
        let answer = client.query(example, None).await.unwrap().body;
        assert!(answer.get("errors").is_none(), "{example}\n{answer:#}");
        let mut empty = vec![];
        empty_lists(&answer["data"], "data", &mut empty);
        assert!(empty.is_empty(), "{empty:?} show nothing in the demo\n{example}\n{answer:#}");
    }
}
