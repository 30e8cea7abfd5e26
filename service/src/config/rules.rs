//! What a value must fulfil beyond its kind.

use secrecy::ExposeSecret;

use super::Config;

/// The keys whose values make no sense, each with what would.
pub(super) fn broken_by(config: &Config) -> impl Iterator<Item = (&'static str, &'static str)> {
    let at_least_one = "expected at least 1";
    let checks = [
        ("database.url", is_database(config.database.url.expose_secret()), A_DATABASE),
        (
            "database.direct_url",
            is_database(config.database.direct_url.expose_secret()),
            A_DATABASE,
        ),
        (
            "database.prepared_statements",
            config.database.prepared_statements || config.database.pooled,
            "expected true, unless database.pooled is",
        ),
        ("database.command_connections", config.database.command_connections > 0, at_least_one),
        ("database.query_connections", config.database.query_connections > 0, at_least_one),
        ("database.projector_connections", config.database.projector_connections > 0, at_least_one),
        ("database.worker_connections", config.database.worker_connections > 0, at_least_one),
        ("log.flushers", config.log.flushers > 0, at_least_one),
        ("log.max_batch", config.log.max_batch > 0, at_least_one),
        ("log.max_tenant_batch", config.log.max_tenant_batch > 0, at_least_one),
        ("log.max_batch_bytes", config.log.max_batch_bytes > 0, at_least_one),
        ("log.queue_limit", config.log.queue_limit > 0, at_least_one),
        ("log.tenant_queue_limit", config.log.tenant_queue_limit > 0, at_least_one),
        ("log.max_queue_bytes", config.log.max_queue_bytes > 0, at_least_one),
        ("log.append_timeout_ms", !config.log.append_timeout.is_zero(), at_least_one),
        ("log.max_events_per_append", config.log.max_events_per_append > 0, at_least_one),
        ("log.max_event_bytes", config.log.max_event_bytes > 0, at_least_one),
        ("log.max_append_bytes", config.log.max_append_bytes > 0, at_least_one),
        ("log.max_group", config.log.max_group > 0, at_least_one),
        ("log.poll_interval_ms", !config.log.poll_interval.is_zero(), at_least_one),
        ("log.snapshot_gain", config.log.snapshot_gain >= 0.0, "expected 0.0 or more"),
        ("command_api.listen", is_address(&config.command_api.listen), AN_ADDRESS),
        (
            "command_api.max_batch",
            (1..1_000).contains(&config.command_api.max_batch),
            "expected 1 to 999",
        ),
        ("query_api.listen", is_address(&config.query_api.listen), AN_ADDRESS),
        ("query_api.max_depth", config.query_api.max_depth > 0, at_least_one),
        ("query_api.max_page", config.query_api.max_page > 0, at_least_one),
        ("query_api.max_tenant_requests", config.query_api.max_tenant_requests > 0, at_least_one),
        ("query_api.max_resumed_events", config.query_api.max_resumed_events > 0, at_least_one),
        ("query_api.client_timeout_ms", !config.query_api.client_timeout.is_zero(), at_least_one),
        ("projector.batch", config.projector.batch > 0, at_least_one),
        ("projector.poll_interval_ms", !config.projector.poll_interval.is_zero(), at_least_one),
        ("projector.lease_ms", config.projector.lease.as_millis() >= 100, "expected 100 or more"),
        ("worker.lease_ms", config.worker.lease.as_millis() >= 100, "expected 100 or more"),
        ("worker.batch", config.worker.batch > 0, at_least_one),
        (
            "worker.command_retention_days",
            (1..=36_500).contains(&config.worker.command_retention_days),
            "expected 1 to 36500",
        ),
        ("worker.poll_interval_ms", !config.worker.poll_interval.is_zero(), at_least_one),
        ("integrity.installation", is_origin(&config.integrity.installation), AN_ORIGIN),
        ("integrity.retired_keys", are_keys(&config.integrity.retired_keys), KEYS),
        ("integrity.seal_interval_ms", !config.integrity.seal_interval.is_zero(), at_least_one),
        ("cold.cache_bytes", config.cold.cache_bytes > 0, at_least_one),
        ("cold.after_days", config.cold.after_days <= 36_500, "expected 0 to 36500"),
        ("cold.least_events", config.cold.least_events > 0, at_least_one),
        ("auth.issuer", !config.auth.issuer.is_empty(), "expected a name"),
        ("auth.audience", !config.auth.audience.is_empty(), "expected a name"),
        ("auth.token_lifetime_seconds", !config.auth.token_lifetime.is_zero(), at_least_one),
        ("telemetry.filter", is_filter(&config.telemetry.filter), A_FILTER),
        ("telemetry.otlp_endpoint", is_collector(&config.telemetry.otlp_endpoint), A_COLLECTOR),
        ("telemetry.otlp_sample_ratio", is_ratio(config.telemetry.otlp_sample_ratio), A_RATIO),
        (
            "telemetry.metrics_listen",
            config.telemetry.metrics_listen.is_empty()
                || is_address(&config.telemetry.metrics_listen),
            AN_ADDRESS,
        ),
    ];
    checks.into_iter().filter(|(_, holds, _)| !holds).map(|(key, _, fix)| (key, fix))
}

const A_DATABASE: &str =
    "expected a URL like postgresql://user:password@host:5432/name, or key=value pairs";
const AN_ADDRESS: &str = "expected host:port, like 127.0.0.1:8080 or 0.0.0.0:8080";
const AN_ORIGIN: &str =
    "expected a name without spaces and plus signs, like logs.example.com/tenantry";
const KEYS: &str = "expected Ed25519 public keys in base64, with spaces between them";
const A_FILTER: &str = "expected a level or target=level pairs, like \"info,event_store=debug\"";
const A_COLLECTOR: &str = "expected an address without TLS, like http://localhost:4318";
const A_RATIO: &str = "expected 0.0 to 1.0";

fn is_database(url: &str) -> bool {
    url.is_empty() || url.parse::<tokio_postgres::Config>().is_ok()
}

fn is_address(listen: &str) -> bool {
    listen
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

fn is_origin(name: &str) -> bool {
    !name.is_empty()
        && !name
            .contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '+')
}

fn are_keys(keys: &str) -> bool {
    crate::integrity::public_keys(keys).is_some()
}

fn is_filter(filter: &str) -> bool {
    tracing_subscriber::EnvFilter::try_new(filter).is_ok()
}

fn is_collector(endpoint: &str) -> bool {
    endpoint.is_empty()
        || endpoint.strip_prefix("http://").is_some_and(|host| !host.trim_matches('/').is_empty())
}

fn is_ratio(ratio: f64) -> bool {
    (0.0..=1.0).contains(&ratio)
}
