//! The arrows of ARCHITECTURE.md, held to the manifests and the sources.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::{Platform, kernel::Registry};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names under `[dependencies]` of a crate.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

const CRATES: [&str; 10] = [
    "bench",
    "cli",
    "command-api",
    "domain",
    "event-store",
    "projector",
    "query-api",
    "service",
    "tests",
    "worker",
];
const RUNTIMES: [&str; 4] = ["command-api", "projector", "query-api", "worker"];

/// Rust files below a folder of a crate.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    files(folder, &["rs"])
}

/// Files of some kinds below a folder.
fn files(folder: &Path, kinds: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            found.extend(files(&path, kinds));
        } else if kind.is_some_and(|kind| kinds.contains(&kind)) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn dependencies_point_one_way() {
    let allowed = |name: &str| -> Vec<&str> {
        match name {
            "domain" => vec![],
            "event-store" => vec!["domain"],
            "service" => vec!["domain", "event-store"],
            "command-api" | "projector" | "query-api" | "worker" => {
                vec!["domain", "event-store", "service"]
            }
            "cli" => [&["domain", "event-store", "service"], &RUNTIMES[..]].concat(),
            _ => CRATES.to_vec(),
        }
    };
    for name in CRATES {
        let own: Vec<String> =
            dependencies(name).into_iter().filter(|other| CRATES.contains(&&**other)).collect();
        for other in own {
            assert!(allowed(name).contains(&&*other), "{name} must not depend on {other}");
        }
    }
}

#[test]
fn the_domain_knows_no_machinery() {
    let pure = [
        "chrono",
        "indexmap",
        "proptest",
        "rmp-serde",
        "schemars",
        "serde",
        "serde_json",
        "sha2",
        "thiserror",
        "ulid",
    ];
    for dependency in dependencies("domain") {
        assert!(pure.contains(&&*dependency), "domain must stay pure, but depends on {dependency}");
    }
}

#[test]
fn one_file_names_cqrs_es_and_one_crate_postgres_es() {
    for name in CRATES {
        let depends = dependencies(name);
        assert_eq!(depends.contains("postgres-es"), name == "bench", "{name}");
        assert_eq!(depends.contains("cqrs-es"), matches!(name, "bench" | "event-store"), "{name}");
    }
    for (path, text) in sources(&root().join("event-store/src")) {
        if text.contains("cqrs_es") {
            assert!(path.ends_with("cqrs.rs"), "{} names cqrs_es", path.display());
        }
    }
}

#[test]
fn no_business_word_outside_the_domain() {
    let registry = Registry::of::<Platform>().unwrap();
    let declared = registry.aggregates().iter().map(|aggregate| aggregate.name);
    // What a command comes to is called a receipt as well.
    let business: Vec<&str> = declared.filter(|name| *name != "receipt").collect();
    assert!(business.contains(&"invoice"), "{business:?}");
    let mut read = 0;
    for name in ["command-api", "event-store", "projector", "query-api", "service", "worker"] {
        for (path, text) in sources(&root().join(name).join("src")) {
            // Examples in prose and tests may speak of them; code may not.
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            if path.components().any(|part| part.as_os_str() == "tests")
                || path.ends_with("tests.rs")
                || path.ends_with("contract.rs")
            {
                continue;
            }
            read += 1;
            for line in code.take_while(|line| !line.contains("#[cfg(test)]")) {
                let lower = line.to_lowercase();
                for word in &business {
                    assert!(
                        !lower.contains(*word),
                        "{} speaks of the business: {line}",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(read > 100, "only {read} files were read");
}

/// Events may lie elsewhere than in their table: whoever reads them asks the
/// history for them.
#[test]
fn only_the_store_reads_the_table_of_events() {
    let mut read = 0;
    for name in ["cli", "command-api", "projector", "query-api", "service", "worker"] {
        for (path, text) in files(&root().join(name).join("src"), &["rs", "sql"]) {
            if path.components().any(|part| part.as_os_str() == "tests") {
                continue;
            }
            read += 1;
            assert!(!text.contains("log.events"), "{} reads log.events", path.display());
        }
    }
    assert!(read > 100, "only {read} files were read");
}

/// Whoever reads events reads their columns by place, and so does the tree.
#[test]
fn the_query_for_events_names_the_columns_in_the_order_they_are_read() {
    let sql = root().join("event-store/src/history/sql/events.sql");
    let sql = fs::read_to_string(sql).unwrap();
    let list = sql.split("SELECT").nth(1).unwrap().split("FROM").next().unwrap();
    let columns: Vec<&str> = list.split(',').map(str::trim).collect();
    assert_eq!(columns.join(", "), event_store::history::EVENT_COLUMNS);
    assert_eq!(columns[0], "tenant_id");
    assert_eq!(columns[1..], event_store::integrity::COLUMNS);
}
