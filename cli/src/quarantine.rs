//! `tenantry projections quarantine`: streams that a read model cannot take.

use std::sync::Arc;

use anyhow::{Result, bail};
use domain::kernel::Registry;
use event_store::{TenantId, history::History};
use projector::{Discard, Discarded, Quarantine, Quarantined};
use serde_json::{Value, json};
use service::database::Database;
use ulid::Ulid;

use crate::{
    erase,
    options::{Format, QuarantineAction, Which},
    print, say,
};

/// Shows what is quarantined, or sees to it.
pub(crate) async fn run(
    database: &Database,
    history: History,
    registry: &Arc<Registry>,
    action: &QuarantineAction,
) -> Result<()> {
    let quarantine =
        Quarantine::new(database.raw().clone(), registry.clone()).with_history(history);
    match action {
        QuarantineAction::List { which, discarded: false, format } => {
            let stream = stream_of(registry, which)?;
            let found = quarantine.list(meant(which, stream)).await?;
            for one in &found {
                show(one, *format, Form::Line);
            }
            say(&told(found.len(), "stream is quarantined", "streams are quarantined"));
        }
        QuarantineAction::List { which, discarded: true, format } => {
            let stream = stream_of(registry, which)?;
            let found = quarantine.discarded(meant(which, stream)).await?;
            for one in &found {
                show_discarded(one, *format);
            }
            say(&told(found.len(), "event was discarded", "events were discarded"));
        }
        QuarantineAction::Show { read_model, stream, tenant, format } => {
            let which = projector::Which {
                read_model: Some(read_model),
                tenant: Some(tenant.0),
                stream: Some(erase::subject(registry, stream)?),
            };
            match quarantine.list(which).await?.first() {
                Some(one) => show(one, *format, Form::Whole),
                None => bail!("{stream} of {tenant} is not quarantined for {read_model}"),
            }
        }
        QuarantineAction::Retry { which } => {
            let stream = stream_of(registry, which)?;
            let asked = quarantine.retry(meant(which, stream)).await?;
            if asked == 0 {
                bail!("no such stream is quarantined");
            }
            say(&format!(
                "{}; what cannot be folded then stays in the list",
                told(
                    usize::try_from(asked).unwrap_or(usize::MAX),
                    "stream will be tried by a projector",
                    "streams will be tried by projectors"
                )
            ));
        }
        QuarantineAction::Discard { read_model, stream, tenant, position, held, reason, by } => {
            let discarded = quarantine
                .discard(&Discard {
                    read_model: read_model.clone(),
                    tenant: tenant.0,
                    stream: erase::subject(registry, stream)?,
                    position: *position,
                    held: *held,
                    reason: reason.clone(),
                    actor: format!("operator:{by}"),
                })
                .await?;
            say(&format!(
                "discarded {discarded} events of {stream}; a projector tries what is left of it"
            ));
        }
    }
    Ok(())
}

fn stream_of(registry: &Registry, which: &Which) -> Result<Option<Ulid>> {
    which.stream.as_deref().map(|stream| erase::subject(registry, stream)).transpose()
}

fn meant(which: &Which, stream: Option<Ulid>) -> projector::Which<'_> {
    projector::Which {
        read_model: which.read_model.as_deref(),
        tenant: which.tenant.map(|tenant| tenant.0),
        stream,
    }
}

fn told(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// How much of a stream is shown.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Line,
    Whole,
}

fn show(one: &Quarantined, format: Format, form: Form) {
    if format == Format::Json {
        print(&as_json(one).to_string());
        return;
    }
    let tenant = TenantId(one.tenant);
    let event = one.event.as_deref().unwrap_or("an event that is not in the log");
    if form == Form::Line {
        let Quarantined { read_model, stream, position, held, attempts, error, .. } = one;
        print(&format!(
            "{read_model}  {tenant}  {stream}  at {position}  {held} held  {attempts} tries  {error}"
        ));
        return;
    }
    let recorded = one.recorded_at.map_or_else(String::new, |at| format!(", recorded {at}"));
    for (name, value) in [
        ("read model", one.read_model.clone()),
        ("tenant", tenant.to_string()),
        ("stream", one.stream.clone()),
        ("event", format!("{event}, version {}, position {}{recorded}", one.version, one.position)),
        ("error", one.error.clone()),
        ("held back", format!("{} later events", one.held)),
        ("quarantined", one.since.to_string()),
        ("last tried", format!("{}, {} times in all", one.tried_at, one.attempts)),
        ("asked for", if one.asked { "yes, still to come" } else { "no" }.to_owned()),
    ] {
        print(&format!("{name:<12} {value}"));
    }
}

fn as_json(one: &Quarantined) -> Value {
    json!({
        "read_model": one.read_model,
        "tenant": TenantId(one.tenant).to_string(),
        "stream": one.stream,
        "position": one.position,
        "version": one.version,
        "event": one.event,
        "recorded_at": one.recorded_at,
        "error": one.error,
        "held": one.held,
        "attempts": one.attempts,
        "quarantined_at": one.since,
        "tried_at": one.tried_at,
        "asked": one.asked,
    })
}

fn show_discarded(one: &Discarded, format: Format) {
    let tenant = TenantId(one.tenant);
    let Discarded { read_model, stream, position, error, reason, actor, discarded_at, .. } = one;
    print(&match format {
        Format::Text => format!(
            "{read_model}  {tenant}  {stream}  at {position}  {discarded_at}  {actor}: {reason}"
        ),
        Format::Json => json!({
            "read_model": read_model,
            "tenant": tenant.to_string(),
            "stream": stream,
            "position": position,
            "error": error,
            "reason": reason,
            "actor": actor,
            "discarded_at": discarded_at,
        })
        .to_string(),
    });
}
