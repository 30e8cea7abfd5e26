//! `tenantry replay`: what happened, event by event.

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use domain::kernel::{AggregateEntry, AnyRecorded, Registry, State, Timestamp};
use event_store::{Log, StoredEvent, TenantId, decode};
use serde_json::{Value, json};
use ulid::Ulid;

#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Whose log.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// One stream, by the id of its aggregate, for example `inv_01J…`.
    #[arg(value_name = "ID")]
    pub(crate) stream: Option<String>,
    /// Up to this version of the stream.
    #[arg(long, value_name = "N", requires = "stream")]
    pub(crate) to_version: Option<u64>,
    /// Up to this position in the tenant's log.
    #[arg(long, value_name = "N")]
    pub(crate) to_position: Option<u64>,
    /// Up to this moment, for example 2026-11-20T09:30:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) to_time: Option<Timestamp>,
    /// Show the state of the aggregate after the last event.
    #[arg(long, requires = "stream")]
    pub(crate) state: bool,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// Events read at once.
const PAGE: usize = 1_000;

/// Prints the events that were asked for, and the state they lead to.
pub(crate) async fn run(
    log: &dyn Log,
    registry: &Registry,
    options: &Replay,
    out: &mut impl Write,
) -> Result<()> {
    match &options.stream {
        Some(id) => {
            let (aggregate, id) = find(registry, id)?;
            stream(log, registry, options, (aggregate, id), out).await
        }
        None => tenant(log, registry, options, out).await,
    }
}

fn find<'a>(registry: &'a Registry, id: &str) -> Result<(&'a AggregateEntry, Ulid)> {
    let known = registry.aggregates();
    known.iter().find_map(|entry| Some((entry, entry.parse_id(id)?))).with_context(|| {
        let prefixes: Vec<_> = known.iter().map(|entry| format!("{}_…", entry.prefix)).collect();
        format!("{id:?} is not the id of an aggregate; ids look like {}", prefixes.join(", "))
    })
}

async fn stream(
    log: &dyn Log,
    registry: &Registry,
    options: &Replay,
    (aggregate, id): (&AggregateEntry, Ulid),
    out: &mut impl Write,
) -> Result<()> {
    let mut state = aggregate.initial_state();
    let mut version = 0;
    'pages: loop {
        let page = log.read_stream(options.tenant.0, id, version, PAGE).await?;
        let full = page.len() == PAGE;
        for stored in page {
            if past(options, &stored) || &*stored.envelope.stream_type != aggregate.name {
                break 'pages;
            }
            version = stored.envelope.version;
            let event = decode(registry, stored)?;
            state.evolve(&event);
            show(registry, &event, options.format, out)?;
        }
        if !full {
            break;
        }
    }
    if version == 0 {
        bail!("{} has no event of {} up to there", options.tenant, aggregate.id_text(id));
    }
    if options.state {
        show_state(&*state, version, options.format, out)?;
    }
    Ok(())
}

async fn tenant(
    log: &dyn Log,
    registry: &Registry,
    options: &Replay,
    out: &mut impl Write,
) -> Result<()> {
    let mut position = 0;
    loop {
        let page = log.read_tenant(options.tenant.0, position, PAGE).await?;
        let full = page.len() == PAGE;
        for stored in page {
            if past(options, &stored) {
                return Ok(());
            }
            position = stored.envelope.position;
            show(registry, &decode(registry, stored)?, options.format, out)?;
        }
        if !full {
            return Ok(());
        }
    }
}

fn past(options: &Replay, event: &StoredEvent) -> bool {
    let envelope = &event.envelope;
    options.to_version.is_some_and(|last| envelope.version > last)
        || options.to_position.is_some_and(|last| envelope.position > last)
        || options.to_time.is_some_and(|last| envelope.recorded_at > last)
}

fn show(
    registry: &Registry,
    event: &AnyRecorded,
    format: Format,
    out: &mut impl Write,
) -> Result<()> {
    let envelope = event.envelope();
    let name = format!("{}.{}", envelope.stream_type, event.name());
    let id = registry
        .aggregate(&envelope.stream_type)
        .map_or_else(String::new, |aggregate| aggregate.id_text(envelope.stream_id));
    match format {
        Format::Text => {
            writeln!(
                out,
                "{:>8}  {}  {name}  {id} v{}  by {}",
                envelope.position, envelope.occurred_at, envelope.version, envelope.actor
            )?;
            if let Some(reason) = &envelope.reason {
                writeln!(out, "{:10}reason: {reason}", "")?;
            }
            show_fields(&event.fields(), 10, out)?;
        }
        Format::Json => {
            let line = json!({
                "position": envelope.position,
                "event_id": envelope.event_id.to_string(),
                "type": name,
                "id": id,
                "version": envelope.version,
                "occurred_at": envelope.occurred_at,
                "recorded_at": envelope.recorded_at,
                "actor": envelope.actor.to_string(),
                "command_id": envelope.command_id.to_string(),
                "correlation_id": envelope.correlation_id.to_string(),
                "causation_id": envelope.causation_id.map(|id| id.to_string()),
                "reason": envelope.reason,
                "trace_parent": envelope.trace_parent,
                "data": event.fields(),
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

fn show_state(state: &dyn State, version: u64, format: Format, out: &mut impl Write) -> Result<()> {
    match format {
        Format::Text => {
            writeln!(out, "\nstate at version {version}")?;
            show_fields(&state.to_json(), 10, out)?;
        }
        Format::Json => {
            writeln!(out, "{}", json!({ "version": version, "state": state.to_json() }))?;
        }
    }
    Ok(())
}

/// Shows a value with one field per line, nested ones further in.
fn show_fields(value: &Value, indent: usize, out: &mut impl Write) -> Result<()> {
    let Value::Object(fields) = value else {
        return Ok(writeln!(out, "{:indent$}{value}", "")?);
    };
    for (name, value) in fields {
        match value {
            Value::Object(inner) if !inner.is_empty() && !short(value) => {
                writeln!(out, "{:indent$}{name}:", "")?;
                show_fields(value, indent + 2, out)?;
            }
            Value::String(text) => writeln!(out, "{:indent$}{name}: {text}", "")?,
            _ => writeln!(out, "{:indent$}{name}: {value}", "")?,
        }
    }
    Ok(())
}

/// Whether a nested value reads well on one line.
fn short(value: &Value) -> bool {
    value.to_string().len() <= 48
}
