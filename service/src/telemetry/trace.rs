//! Traces: where they are sent, and how they are followed from one process to
//! the next as the text that W3C calls `traceparent`.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::TelemetryError;

/// Sends spans to a collector, in batches, from a thread of its own.
pub(super) fn provider(
    endpoint: &str,
    ratio: f64,
    service: &str,
) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(traces_of(endpoint))
        .build()
        .map_err(|error| TelemetryError::Collector {
            endpoint: endpoint.to_owned(),
            reason: error.to_string(),
        })?;
    // Whoever began a trace has decided whether it is kept.
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(resource)
        .build())
}

/// The path of traces at a collector, unless one is given.
fn traces_of(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    if host.contains('/') { endpoint.to_owned() } else { format!("{endpoint}/v1/traces") }
}

/// The place of a span in its trace, to be followed from elsewhere; nothing
/// when no traces are sent.
#[must_use]
pub fn trace_parent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let at = span.span_context();
    at.is_valid().then(|| {
        let flags = at.trace_flags() & TraceFlags::SAMPLED;
        format!("00-{}-{}-{:02x}", at.trace_id(), at.span_id(), flags.to_u8())
    })
}

/// Gives a span that has begun another name: the field `otel.name` is only
/// looked at before.
pub(crate) fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The trace a span is part of; nothing when no traces are sent.
pub(crate) fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let at = span.span_context();
    at.is_valid().then(|| at.trace_id().to_string())
}

/// Whether a text is a place in a trace.
pub(crate) fn is_trace_parent(text: &str) -> bool {
    parse(text).is_some()
}

/// Makes a span a part of the trace it is called from: for the answer to a
/// request. Has to come before the span is entered.
pub fn follow(span: &Span, trace_parent: &str) {
    if let Some(parent) = parse(trace_parent) {
        // It fails only when no traces are sent.
        let _untraced = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// Ties a span to the one that is the reason for its work: for what is done
/// later, for many reasons at once, or more than once.
pub fn link(span: &Span, trace_parent: &str) {
    if let Some(cause) = parse(trace_parent) {
        span.add_link(cause);
    }
}

/// Reads a `traceparent` of version 00, or what is known of a later one.
fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let (span, flags) = (parts.next()?, parts.next()?);
    let known = match version {
        "00" => parts.next().is_none(),
        later => later.len() == 2 && later != "ff" && is_hex(later),
    };
    let sized = trace.len() == 32 && span.len() == 16 && flags.len() == 2;
    if !(known && sized && [trace, span, flags].into_iter().all(is_hex)) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        flags,
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_traces_is_added_to_a_bare_address() {
        assert_eq!(traces_of("http://c:4318"), "http://c:4318/v1/traces");
        assert_eq!(traces_of("http://c:4318/"), "http://c:4318/v1/traces");
        assert_eq!(traces_of("http://c/otlp/v1/traces"), "http://c/otlp/v1/traces");
    }

    #[test]
    fn only_a_trace_parent_is_taken_for_one() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = parse(good).unwrap();
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        assert!(context.is_sampled() && context.is_remote());
        assert!(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-new").is_some());
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
            "00-ééééééééééééééé4bf92f3577b34da6-00f067aa0ba902b7-01",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
