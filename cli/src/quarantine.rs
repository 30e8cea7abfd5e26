//! `tenantry projections quarantine`: streams that a read model cannot take.

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use domain::kernel::Registry;
use event_store::{TenantId, history::History};
use projector::{Discard, Discarded, Quarantine, Quarantined};
use serde_json::{Value, json};
use service::database::Database;
use ulid::Ulid;

use crate::{erase, print, replay::Format, say};

#[derive(Subcommand, Debug)]
pub(crate) enum QuarantineAction {
    /// List the streams that are quarantined, longest first.
    List {
        #[command(flatten)]
        which: Which,
        /// List the events that were discarded instead.
        #[arg(long)]
        discarded: bool,
        /// How to show them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show a quarantined stream: which event cannot be folded, and why.
    Show {
        /// For which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
        /// The stream, by the id of its aggregate, for example `inv_01J…`.
        #[arg(value_name = "ID")]
        stream: String,
        /// Whose stream.
        #[arg(long, value_name = "TENANT")]
        tenant: TenantId,
        /// How to show it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Try streams again now, rather than when their time comes.
    Retry {
        #[command(flatten)]
        which: Which,
    },
    /// Leave the event that cannot be folded out of the read model, for ever.
    Discard {
        /// Of which read model, in all its versions.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
        /// The stream, by the id of its aggregate, for example `inv_01J…`.
        #[arg(value_name = "ID")]
        stream: String,
        /// Whose stream.
        #[arg(long, value_name = "TENANT")]
        tenant: TenantId,
        /// The position of the event, as `show` tells it.
        #[arg(long, value_name = "N")]
        position: u64,
        /// Leave out the events as well that are held back because of it.
        #[arg(long)]
        held: bool,
        /// Why. It is kept for ever: say nothing about people.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who decides so, for the record.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
}

/// Which quarantined streams: all but for what is named.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// Those of a read model.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: Option<String>,
    /// Those of a tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// One stream, by the id of its aggregate.
    #[arg(long, value_name = "ID")]
    pub(crate) stream: Option<String>,
}

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
