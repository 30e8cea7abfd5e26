//! What is generated from the declarations is committed, so that a change of
//! it is seen in review. `make generate` writes it anew.

use std::{fs, path::Path, sync::Arc};

use domain::{Platform, kernel::Registry};

fn compare(name: &str, generated: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference").join(name);
    let generated = format!("{}\n", generated.trim_end());
    if std::env::var_os("TENANTRY_GENERATE").is_some() {
        fs::write(&file, generated).unwrap();
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == generated,
        "docs/reference/{name} is not what the declarations say; run `make generate` and look at \
         the difference"
    );
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::of::<Platform>().unwrap())
}

#[test]
fn the_openapi_document_is_current() {
    let document = command_api::openapi(&registry());
    compare("openapi.json", &serde_json::to_string_pretty(&document).unwrap());
}

#[test]
fn the_asyncapi_document_is_current() {
    let document = event_store::catalogue::asyncapi(&registry());
    compare("asyncapi.json", &serde_json::to_string_pretty(&document).unwrap());
}

#[test]
fn the_graphql_schema_is_current() {
    compare("schema.graphql", &query_api::sdl(&registry()).unwrap());
}

#[test]
fn the_read_tables_are_current() {
    let tables: Vec<String> = registry().read_models().iter().map(projector::ddl).collect();
    compare("tables.sql", &tables.join("\n"));
}

#[test]
fn the_default_configuration_is_current() {
    compare("tenantry.toml", service::config::DEFAULTS);
}
