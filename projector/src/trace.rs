//! Spans of steps, linked to the commands whose events are folded.

use std::collections::BTreeSet;

use service::telemetry;
use tracing::Span;

use crate::{batch::Taken, fold::Job, model::Model};

/// Commands that one span is linked to at most.
const LINKS: usize = 64;

/// One span per read model, for as long as its step takes.
pub(crate) fn spans(jobs: &[Job]) -> Vec<Span> {
    let places: BTreeSet<usize> = jobs.iter().map(|job| job.model.place).collect();
    let of = |place| jobs.iter().filter(move |job| job.model.place == place);
    places.into_iter().filter_map(|place| Some(span(&of(place).next()?.model, of(place)))).collect()
}

fn span<'a>(model: &Model, jobs: impl Iterator<Item = &'a Job>) -> Span {
    let span = tracing::info_span!(
        "read",
        otel.name = format!("read.{}.step", model.entry().name),
        read_model = model.entry().name,
    );
    if !span.is_disabled() {
        let commands: BTreeSet<&str> = jobs.flat_map(Job::events).filter_map(command).collect();
        for command in commands.into_iter().take(LINKS) {
            telemetry::link(&span, command);
        }
    }
    span
}

/// Where in its trace the command was that brought an event about.
fn command(event: &Taken) -> Option<&str> {
    match event {
        Taken::Known(event) => event.envelope().trace_parent.as_deref(),
        Taken::Broken { .. } => None,
    }
}
