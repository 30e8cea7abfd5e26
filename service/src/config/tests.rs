//! Defaults, layers, and the words in which a mistake is told.

use std::fs;

use figment::{
    Provider,
    providers::{Format, Toml},
};
use secrecy::ExposeSecret;

use super::{Config, ConfigError, DEFAULTS, LogFormat, find};
use crate::scratch::Scratch;

fn environment<'a>(
    variables: &'a [(&'a str, &'a str)],
) -> impl Iterator<Item = (String, String)> + 'a {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

fn refusal(file: &str, variables: &[(&str, &str)]) -> String {
    let folder = Scratch::new("config");
    let path = folder.join("tenantry.toml");
    fs::write(&path, file).unwrap();
    let error = Config::load_from(Some(&path), environment(variables)).unwrap_err();
    error.to_string().replace(&folder.display().to_string(), "/etc")
}

#[test]
fn the_reference_and_the_struct_name_the_same_keys() {
    let config = Config::default();
    let values = serde_json::to_value(&config).unwrap();
    let reference = Toml::string(DEFAULTS).data().unwrap().into_values().next().unwrap();
    let reference = serde_json::to_value(reference).unwrap();
    assert_eq!(values, reference);
}

#[test]
fn every_key_is_explained_in_whole_sentences() {
    let lines: Vec<_> = DEFAULTS.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        if line.is_empty() || line.starts_with(['#', '[']) {
            continue;
        }
        let comment: Vec<_> =
            lines[..number].iter().rev().take_while(|above| above.starts_with("# ")).collect();
        let last = comment.first().unwrap_or_else(|| panic!("{line} has no comment"));
        assert!(last.ends_with('.'), "{line}: the comment is no sentence: {last}");
        let words = comment.iter().rev().map(|line| &line[2..]).collect::<Vec<_>>().join(" ");
        let of_unit = |suffix: &str, unit: &str| {
            !line.split(' ').next().unwrap().ends_with(suffix) || words.contains(unit)
        };
        assert!(of_unit("_ms", "milliseconds") && of_unit("_seconds", "seconds"), "{line}: unit");
        assert!(of_unit("_bytes", "bytes"), "{line}: unit");
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let folder = Scratch::new("config");
    let path = folder.join("tenantry.toml");
    fs::write(&path, "[query_api]\nmax_depth = 7\nmax_page = 50\n[telemetry]\nformat = 'text'\n")
        .unwrap();
    let variables = [
        ("TENANTRY__QUERY_API__MAX_DEPTH", "9"),
        ("TENANTRY__AUTH__ISSUER", "2024"),
        ("TENANTRY__QUERY_API__DEVELOPMENT", "true"),
        ("TENANTRY__TELEMETRY__OTLP_SAMPLE_RATIO", "1"),
        ("TENANTRY_POSTGRES_BIN", "/not/ours"),
    ];
    let config = Config::load_from(Some(&path), environment(&variables)).unwrap();
    assert_eq!(config.query_api.max_depth, 9);
    assert_eq!(config.query_api.max_page, 50);
    assert_eq!(config.query_api.max_aliases, 30);
    assert_eq!(config.auth.issuer, "2024");
    assert_eq!(config.telemetry.format, LogFormat::Text);
    assert!(config.query_api.development);
}

#[test]
fn unknown_keys_are_refused_by_name_and_source() {
    let file = "[query_api]\nmax_dept = 3\n[databas]\nurl = 'x'\n";
    let variables = [("TENANTRY__COMMAND_API__LISTENS", ":1"), ("TENANTRY__NONSENSE", "1")];
    assert_eq!(
        refusal(file, &variables),
        "the configuration is refused:\n  \
         command_api.listens = \":1\" (environment variable TENANTRY__COMMAND_API__LISTENS): there is no such key; did you mean command_api.listen?\n  \
         databas.url = \"x\" (file /etc/tenantry.toml): there is no such key; did you mean database.url?\n  \
         nonsense = \"1\" (environment variable TENANTRY__NONSENSE): there is no such key; `tenantry config` lists all\n  \
         query_api.max_dept = 3 (file /etc/tenantry.toml): there is no such key; did you mean query_api.max_depth?"
    );
}

#[test]
fn values_of_another_kind_are_refused_with_an_example() {
    let file = "[query_api]\nlisten = 8081\ndevelopment = 'yes'\n";
    assert_eq!(
        refusal(file, &[("TENANTRY__COMMAND_API__MAX_BODY_BYTES", "256k")]),
        "the configuration is refused:\n  \
         command_api.max_body_bytes = \"256k\" (environment variable TENANTRY__COMMAND_API__MAX_BODY_BYTES): expected a whole number, like 262144\n  \
         query_api.development = \"yes\" (file /etc/tenantry.toml): expected true or false, like false\n  \
         query_api.listen = 8081 (file /etc/tenantry.toml): expected a text, like \"127.0.0.1:8081\""
    );
}

#[test]
fn a_section_that_is_a_value_is_refused() {
    let text = refusal("database = 'postgresql://localhost'\n", &[]);
    assert!(
        text.contains(
            "database = \"postgresql://localhost\" (file /etc/tenantry.toml): there is no such key"
        ),
        "{text}"
    );
}

#[test]
fn values_out_of_range_are_refused_with_the_range() {
    let file = "[telemetry]\nformat = 'yaml'\n";
    assert_eq!(
        refusal(file, &[]),
        "the configuration is refused:\n  \
         telemetry.format = \"yaml\" (file /etc/tenantry.toml): expected json or text"
    );
    let file = "[projector]\nbatch = -1\n";
    assert_eq!(
        refusal(file, &[]),
        "the configuration is refused:\n  \
         projector.batch = -1 (file /etc/tenantry.toml): expected a whole number in range, and not below 0"
    );
    let file = "[log]\nflushers = 0\n[telemetry]\notlp_sample_ratio = 1.5\n[command_api]\nlisten = '8080'\n";
    assert_eq!(
        refusal(file, &[("TENANTRY__TELEMETRY__FILTER", "verbose=yes")]),
        "the configuration is refused:\n  \
         log.flushers = 0 (file /etc/tenantry.toml): expected at least 1\n  \
         command_api.listen = \"8080\" (file /etc/tenantry.toml): expected host:port, like 127.0.0.1:8080 or 0.0.0.0:8080\n  \
         telemetry.filter = \"verbose=yes\" (environment variable TENANTRY__TELEMETRY__FILTER): expected a level or target=level pairs, like \"info,event_store=debug\"\n  \
         telemetry.otlp_sample_ratio = 1.5 (file /etc/tenantry.toml): expected 0.0 to 1.0"
    );
}

#[test]
fn a_missing_or_broken_file_is_named() {
    let missing = Config::load_from(Some("/nowhere/tenantry.toml".as_ref()), []).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "cannot read configuration file /nowhere/tenantry.toml: No such file or directory (os error 2)"
    );
    let broken = refusal("[database\nurl = 1\n", &[]);
    assert!(broken.starts_with("configuration file /etc/tenantry.toml is not TOML: "), "{broken}");
    assert!(broken.contains("line 1, column 10"), "{broken}");
}

#[test]
fn the_effective_configuration_of_nothing_is_the_reference() {
    assert_eq!(Config::default().effective(), DEFAULTS);
}

#[test]
fn the_effective_configuration_tells_who_set_what_and_keeps_secrets() {
    let url = "postgresql://joe:hunter2@db/tenantry";
    let variables = [("TENANTRY__DATABASE__URL", url), ("TENANTRY__LOG__FLUSHERS", "3")];
    let mut config = Config::load_from(None, environment(&variables)).unwrap();
    config.command_api.listen = "127.0.0.1:0".to_owned();
    assert_eq!(config.database.url.expose_secret(), url);
    let effective = config.effective();
    for line in [
        "url = \"[redacted]\"  # from environment variable TENANTRY__DATABASE__URL",
        "flushers = 3  # from environment variable TENANTRY__LOG__FLUSHERS",
        "listen = \"127.0.0.1:0\"  # from the command line",
    ] {
        assert!(effective.lines().any(|other| other == line), "{line} is not in\n{effective}");
    }
    assert!(!effective.contains("hunter2") && !format!("{config:?}").contains("hunter2"));
    assert_eq!(effective.lines().count(), DEFAULTS.lines().count());
}

#[test]
fn a_malformed_secret_is_refused_unseen() {
    let text = refusal("[database]\nurl = 'postgresql://joe:hunter2@db:port'\n", &[]);
    assert!(
        text.contains("database.url = (hidden) (file /etc/tenantry.toml): expected a URL"),
        "{text}"
    );
    assert!(!text.contains("hunter2"));
}

#[test]
fn keys_are_found_by_their_full_name() {
    let values = serde_json::json!({ "a": { "b": 1 } });
    assert_eq!(find(&values, "a.b"), Some(&1.into()));
    assert_eq!(find(&values, "a.c"), None);
    assert!(matches!(
        Config::load_from(None, environment(&[("TENANTRY__A__B__C", "1")])),
        Err(ConfigError::Refused(_))
    ));
}
