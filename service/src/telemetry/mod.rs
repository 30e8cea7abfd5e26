//! What a process tells about itself: log lines, traces, metrics.
//!
//! [`install`] once at the start, and keep what it gives until the end. Spans
//! carry `request.id`, `tenant.id` and their like; every log line inside them
//! shows these as `request_id`, `tenant_id`. A command's trace travels with its
//! events as the text that [`trace_parent`] gives; whoever works on an event
//! later [`link`]s its own span to that.

mod lines;
mod metrics;
mod tenants;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod trace;

use std::io::{IsTerminal, stderr};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

use self::lines::{Form, Lines};
use crate::config::{self, LogFormat};

pub use metrics::{meter, metrics_text};
pub use tenants::tenant_label;
pub use trace::{follow, link, trace_parent};
pub(crate) use trace::{is_trace_parent, rename, trace_id};

/// Why a process cannot tell about itself.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not understood.
    #[error("telemetry.filter is {filter:?}: {reason}")]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Traces cannot be sent.
    #[error("telemetry.otlp_endpoint is {endpoint:?}: {reason}")]
    Collector {
        /// The collector.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Sends what is still to be sent when it is dropped.
#[derive(Debug, Default)]
#[must_use = "traces that are still to be sent are lost with it"]
pub struct Guard {
    traces: Option<SdkTracerProvider>,
}

/// Starts logging, tracing and measuring as `service`. Logs go to standard
/// error: standard output belongs to what a command has to say. Doing it again
/// in the same process, as tests do, changes nothing.
///
/// # Errors
/// When the filter or the collector's address is not understood.
pub fn install(config: &config::Telemetry, service: &str) -> Result<Guard, TelemetryError> {
    // The instruments of other crates are only good once this is there.
    let _ready = meter();
    tenants::limit(config.tenant_labels);
    let traces = match &*config.otlp_endpoint {
        "" => None,
        endpoint => Some(trace::provider(endpoint, config.otlp_sample_ratio, service)?),
    };
    let form = match config.format {
        LogFormat::Json => Form::Json { service: service.to_owned() },
        LogFormat::Text => Form::Text { colours: stderr().is_terminal() },
    };
    let lines = Lines::new(form, stderr).with_filter(log_filter(&config.filter)?);
    let spans = traces.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("tenantry"))
            .with_location(false)
            .with_threads(false)
            .with_filter(traced_spans())
    });
    match Registry::default().with(lines).with(spans).try_init() {
        Ok(()) => Ok(Guard { traces }),
        // Somebody was here first, and tells for all.
        Err(_) => Ok(Guard::default()),
    }
}

/// What is logged: as told, but what others have to say about themselves only
/// when they were asked for by name.
fn log_filter(filter: &str) -> Result<EnvFilter, TelemetryError> {
    let quiet = "actix_server=warn,hyper=warn,h2=warn,reqwest=warn,opentelemetry=warn";
    EnvFilter::try_new(format!("{quiet},{filter}")).map_err(|error| TelemetryError::Filter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })
}

/// The spans that are sent: ours, and not those of the sending itself.
fn traced_spans() -> Targets {
    ["hyper", "h2", "reqwest", "opentelemetry", "opentelemetry_sdk", "opentelemetry-otlp"]
        .into_iter()
        .fold(Targets::new().with_default(LevelFilter::INFO), |targets, name| {
            targets.with_target(name, LevelFilter::OFF)
        })
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces
            && let Err(error) = traces.shutdown()
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}
