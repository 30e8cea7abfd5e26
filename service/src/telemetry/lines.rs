//! Log lines: one JSON object each, or text for people.
//!
//! A line shows its own fields and those of all spans around it; where two
//! have a name in common, the inner one is shown. Dots in names become
//! underscores (`tenant.id` is written `tenant_id`), and `otel.` names are
//! instructions to the tracer that nobody wants to read.

use std::{fmt, io::Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::{causes::told, time::now};

/// How a line looks.
#[derive(Debug)]
pub(super) enum Form {
    Json { service: String },
    Text { colours: bool },
}

/// Writes a line per event to where `writer` says.
pub(super) struct Lines<F> {
    form: Form,
    writer: F,
}

/// Names and values of a span or an event.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl<F> Lines<F> {
    pub(super) fn new(form: Form, writer: F) -> Self {
        Self { form, writer }
    }
}

impl<S, W, F> Layer<S> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write,
    F: Fn() -> W + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let spans: Vec<_> = context.event_scope(event).into_iter().flatten().collect();
        let extensions: Vec<_> = spans.iter().map(|span| span.extensions()).collect();
        let around = extensions.iter().filter_map(|extensions| extensions.get::<Fields>());
        // From the inside out: the first of a name is the one to show.
        let mut shown: Vec<(&'static str, &Value)> = Vec::with_capacity(16);
        for (name, value) in std::iter::once(&own).chain(around).flat_map(|fields| &fields.0) {
            if !shown.iter().any(|(other, _)| other == name) {
                shown.push((name, value));
            }
        }
        // The message is always first in a line, wherever a macro puts it.
        shown.sort_by_key(|(name, _)| *name != "message");
        let line = match &self.form {
            Form::Json { service } => json(service, event, &shown),
            Form::Text { colours } => text(*colours, event, &shown),
        };
        // There is nowhere left to tell, and no reason to stop.
        let _lost = (self.writer)().write_all(&line);
    }
}

fn json(service: &str, event: &Event, fields: &[(&'static str, &Value)]) -> Vec<u8> {
    let time = DateTime::<Utc>::from(now()).to_rfc3339_opts(SecondsFormat::Micros, true);
    let metadata = event.metadata();
    let mut line = Vec::with_capacity(384);
    line.extend_from_slice(b"{\"timestamp\":\"");
    line.extend_from_slice(time.as_bytes());
    line.extend_from_slice(b"\",\"level\":\"");
    line.extend_from_slice(metadata.level().as_str().as_bytes());
    line.push(b'"');
    let mut member = |name: &str, value: &Value| {
        line.extend_from_slice(b",\"");
        line.extend(name.bytes().map(|byte| if byte == b'.' { b'_' } else { byte }));
        line.extend_from_slice(b"\":");
        // Writing to memory cannot fail.
        let _always = serde_json::to_writer(&mut line, value);
    };
    member("service", &service.into());
    member("target", &metadata.target().into());
    for (name, value) in fields {
        member(name, value);
    }
    line.extend_from_slice(b"}\n");
    line
}

fn text(colours: bool, event: &Event, fields: &[(&'static str, &Value)]) -> Vec<u8> {
    let time = DateTime::<Utc>::from(now()).format("%H:%M:%S%.3f");
    let level = *event.metadata().level();
    let (colour, dim, plain) = match (colours, level) {
        (false, _) => ("", "", ""),
        (true, Level::ERROR) => ("\x1b[31m", "\x1b[2m", "\x1b[0m"),
        (true, Level::WARN) => ("\x1b[33m", "\x1b[2m", "\x1b[0m"),
        (true, Level::INFO) => ("\x1b[32m", "\x1b[2m", "\x1b[0m"),
        (true, _) => ("\x1b[34m", "\x1b[2m", "\x1b[0m"),
    };
    let shown = |value: &Value| match value {
        Value::String(text) if !text.contains([' ', '"', '\n']) => text.clone(),
        other => other.to_string(),
    };
    let mut line = format!("{dim}{time}{plain} {colour}{level:5}{plain}");
    for (name, value) in fields {
        let name = name.replace('.', "_");
        match (&*name, value) {
            ("message", Value::String(text)) => line.extend([" ", text]),
            _ => line.extend([" ", dim, &name, "=", plain, &shown(value)]),
        }
    }
    line.push('\n');
    line.into_bytes()
}

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if name.starts_with("otel.") {
            return;
        }
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }
    fn record_error(&mut self, field: &Field, error: &(dyn std::error::Error + 'static)) {
        self.set(field, told(error).into());
    }
}
