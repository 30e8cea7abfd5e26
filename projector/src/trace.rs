//! Spans of steps, linked to the commands whose events are folded.

use std::collections::BTreeSet;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{batch::Taken, fold::Job, model::Model};

/// Commands that one span is linked to at most.
const LINKS: usize = 64;

/// One span per read model, for as long as its step takes.
pub(crate) fn spans(jobs: &[Job]) -> Vec<Span> {
    let mut places: Vec<usize> = jobs.iter().map(|job| job.model.place).collect();
    places.sort_unstable();
    places.dedup();
    places
        .into_iter()
        .filter_map(|place| {
            let jobs = || jobs.iter().filter(|job| job.model.place == place);
            Some(span(&jobs().next()?.model, jobs()))
        })
        .collect()
}

fn span<'a>(model: &Model, jobs: impl Iterator<Item = &'a Job>) -> Span {
    let span = tracing::debug_span!(
        "read",
        otel.name = format!("read.{}.step", model.entry().name),
        read_model = model.entry().name,
    );
    if span.is_disabled() {
        return span;
    }
    let events = jobs.flat_map(Job::events).filter_map(|event| match event {
        Taken::Known(event) => event.envelope().trace_parent.as_deref(),
        Taken::Broken { .. } => None,
    });
    let parents: BTreeSet<&str> = events.collect();
    for command in parents.into_iter().filter_map(context).take(LINKS) {
        span.add_link(command);
    }
    span
}

/// Reads a W3C trace context: version, trace, span and flags.
fn context(trace_parent: &str) -> Option<SpanContext> {
    let mut parts = trace_parent.split('-').skip(1);
    let (trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_parent_names_its_span() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = context(text).unwrap();
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        assert!(context.is_sampled());
    }

    #[test]
    fn nonsense_is_no_link() {
        assert!(context("").is_none());
        assert!(context("00-0-0-00").is_none());
        assert!(context("00-xyz-00f067aa0ba902b7-01").is_none());
    }
}
