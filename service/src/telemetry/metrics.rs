//! Metrics: OpenTelemetry instruments, read by Prometheus.

use std::{io::Error, sync::LazyLock};

use opentelemetry::{
    global,
    metrics::{Meter, MeterProvider},
};
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream,
};
use prometheus::{Encoder, Registry, TextEncoder};

/// From half a millisecond to half a minute.
const SECONDS: [f64; 16] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0,
    30.0,
];

/// How many series one metric may have before the rest is counted together.
const SERIES: usize = 20_000;

struct Metrics {
    registry: Registry,
    meter: Meter,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
    let registry = Registry::new();
    // Names are written as they are: units and suffixes are part of them.
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .without_units()
        .without_counter_suffixes()
        .without_target_info()
        .scope_info_enabled(false)
        .build();
    let provider = SdkMeterProvider::builder().with_view(stream_of);
    // A new registry has no names that could clash.
    let provider = match exporter {
        Ok(exporter) => provider.with_reader(exporter).build(),
        Err(_) => provider.build(),
    };
    global::set_meter_provider(provider.clone());
    Metrics { registry, meter: provider.meter("tenantry") }
});

fn stream_of(instrument: &Instrument) -> Option<Stream> {
    let stream = Stream::builder().with_cardinality_limit(SERIES);
    if instrument.kind() != InstrumentKind::Histogram || !instrument.name().ends_with("_seconds") {
        return stream.build().ok();
    }
    let buckets = Aggregation::ExplicitBucketHistogram {
        boundaries: SECONDS.to_vec(),
        record_min_max: false,
    };
    stream.with_aggregation(buckets).build().ok()
}

/// Where instruments come from. Names are those of Prometheus, units included;
/// a histogram whose name ends in `_seconds` has buckets that fit requests.
///
/// `opentelemetry::global::meter` gives the same to crates below this one,
/// once [`install`](super::install) has run.
#[must_use]
pub fn meter() -> &'static Meter {
    &METRICS.meter
}

/// All metrics in Prometheus's text form.
///
/// # Errors
/// When they cannot be written down.
pub fn metrics_text() -> Result<String, Error> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&METRICS.registry.gather(), &mut text).map_err(Error::other)?;
    String::from_utf8(text).map_err(Error::other)
}
