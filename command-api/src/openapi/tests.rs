use domain::kernel::{Registry, pascal_case};
use serde_json::{Value, json};

use super::*;
use crate::{fields::Fields, parcel::Town};

fn document() -> Value {
    openapi(&Registry::of::<Town>().unwrap())
}

#[test]
fn every_command_is_an_operation() {
    let document = document();
    let paths: Vec<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "/v1/library/book/acquire",
            "/v1/library/book/{id}/withdraw",
            "/v1/library/loan/lend",
            "/v1/library/loan/{id}/renew",
            "/v1/library/loan/{id}/remind",
            "/v1/library/loan/{id}/return",
            "/v1/post-office/parcel/pack",
            "/v1/post-office/parcel/{id}/look",
            "/v1/batch",
        ]
    );
    let pack = &document["paths"]["/v1/post-office/parcel/pack"]["post"];
    assert_eq!(pack["operationId"], "parcel_pack");
    assert_eq!(pack["summary"], "Packs a parcel");
    assert_eq!(pack["description"], "Packs a parcel. It is not sent yet.");
    assert_eq!(pack["tags"], json!(["post-office/parcel"]));
    assert_eq!(
        pack["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/ParcelPack"
    );
    let tags: Vec<&str> =
        document["tags"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(
        tags,
        ["library", "library/book", "library/loan", "post-office", "post-office/parcel", "batch"]
    );
}

#[test]
fn refusals_are_listed_with_their_meaning() {
    let document = document();
    let refused = &document["components"]["responses"]["ParcelRefused"];
    let description = refused["description"].as_str().unwrap();
    assert!(description.contains("| `PARCEL_TOO_HEAVY` | It is too heavy to be carried. |"));
    assert!(description.contains("| `IDEMPOTENCY_KEY_REUSED` | "));
}

#[test]
fn what_may_be_left_out_is_not_required() {
    let document = document();
    let required = document["components"]["schemas"]["ParcelPack"]["required"].to_string();
    assert!(required.contains("\"day\""));
    assert!(!required.contains("\"moment\"") && !required.contains("\"arrival\""), "{required}");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    assert!(!text.contains("$defs"));
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some_and(|found| !found.is_null()), "{pointer}");
    }
}

#[test]
fn examples_fit_their_schemas() {
    let registry = Registry::of::<Town>().unwrap();
    let document = openapi(&registry);
    for aggregate in registry.aggregates() {
        for command in &aggregate.commands {
            let name = format!("{}{}", pascal_case(aggregate.name), pascal_case(&command.name));
            let example = &document["components"]["schemas"][&name]["examples"][0];
            assert!(example.is_object(), "{name} has no example");
            let fields = Fields::compile(&command.schema).unwrap();
            assert_eq!(fields.errors(&command.schema, example), [], "{name}: {example}");
        }
    }
}

#[test]
fn the_document_is_the_same_every_time() {
    assert_eq!(document().to_string(), document().to_string());
}

#[test]
fn the_example_of_a_batch_fits_its_schema() {
    let document = document();
    let batch = &document["components"]["schemas"]["Batch"];
    let fields = Fields::compile(batch).unwrap();
    assert_eq!(fields.errors(batch, &batch["examples"][0]), []);
}
