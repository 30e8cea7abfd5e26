//! Other people's rules about schemas, held against the one that is served.

use tests::said;

use super::{Site, programs};

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_rules_find_nothing_in_the_schema() {
    let programs = programs();
    let site = Site::start(|it| it.set("TENANTRY__QUERY_API__DEVELOPMENT", "true")).await;
    let folder = tempfile::tempdir_in(programs.folder().join("dist")).unwrap();
    let file = folder.path().join("schema.graphql");
    let client = site.client();
    let mut introspect = programs.script("dist/introspect.js");
    said(introspect.arg(&file).envs(client.graphql_environment())).unwrap();
    let lint = || {
        let mut lint = programs.script("node_modules/eslint/bin/eslint.js");
        lint.args(["--no-ignore", "--max-warnings", "0"]).arg(&file).env("SCHEMA", &file);
        said(&mut lint)
    };
    lint().unwrap();

    // They would find something.
    let schema = std::fs::read_to_string(&file).unwrap();
    let undocumented = "enum Colour { red }\nextend type PageInfo { total_rows: Colour }\n";
    std::fs::write(&file, schema + undocumented).unwrap();
    let found = lint().unwrap_err().to_string();
    for rule in ["naming-convention", "require-description"] {
        assert!(found.contains(rule), "{rule}: {found}");
    }
}
