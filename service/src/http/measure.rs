//! Metrics of HTTP servers.

use std::sync::LazyLock;

use actix_web::http::{Method, StatusCode};
use opentelemetry::{
    KeyValue, StringValue,
    metrics::{Counter, Histogram, UpDownCounter},
};

use crate::telemetry::meter;

pub(super) struct Measures {
    requests: Counter<u64>,
    seconds: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
}

pub(super) static MEASURES: LazyLock<Measures> = LazyLock::new(|| Measures {
    requests: meter()
        .u64_counter("http_requests_total")
        .with_description("Requests that were answered.")
        .build(),
    seconds: meter()
        .f64_histogram("http_request_duration_seconds")
        .with_description("Time from a request's arrival to the head of its answer.")
        .build(),
    in_flight: meter()
        .i64_up_down_counter("http_requests_in_flight")
        .with_description("Requests that are being answered.")
        .build(),
});

impl Measures {
    pub(super) fn begun(&self) {
        self.in_flight.add(1, &[]);
    }

    pub(super) fn ended(&self) {
        self.in_flight.add(-1, &[]);
    }

    pub(super) fn answered(
        &self,
        method: &Method,
        path: &str,
        status: StatusCode,
        tenant: StringValue,
        seconds: f64,
    ) {
        let labels = [
            KeyValue::new("method", name(method)),
            KeyValue::new("path", path.to_owned()),
            KeyValue::new("status", i64::from(status.as_u16())),
            KeyValue::new("tenant_id", tenant),
        ];
        self.requests.add(1, &labels);
        // Per tenant there would be too many buckets.
        let (of_route, _) = labels.split_at(3);
        self.seconds.record(seconds, of_route);
    }
}

/// A method's name. Clients may invent methods, but not series.
fn name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
