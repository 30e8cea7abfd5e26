//! Looking at everything before anything is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use domain::kernel::Registry;
use tokio_postgres::Client;
use ulid::Ulid;
use uuid::Uuid;

use super::{
    Import, ImportError, Landing, OrderRule, Progress,
    claims::Claims,
    ids,
    manifest::{Manifest, Versions},
    prepare::Preparer,
    seal::Matchers,
    source::{Behind, Source, SourceStream},
    tenants,
};
use crate::{keys::KeyRing, pg::uuid};

/// How many examples of a fault are told.
const EXAMPLES: usize = 5;

/// What an import found, and did.
#[derive(Clone, Debug)]
pub struct Report {
    /// By what the events were put in order.
    pub order: OrderRule,
    /// What the source holds.
    pub found: Found,
    /// Whose it is.
    pub tenants: Vec<Landing>,
    /// What its events are called here.
    pub mapped: Vec<Mapped>,
    /// Events that are declared to hold personal data.
    pub personal: Vec<String>,
    /// Whether their personal values are sealed.
    pub sealed: bool,
    /// Why it cannot be imported; nothing when it can.
    pub faults: Vec<String>,
    /// Events that were written.
    pub imported: u64,
}

/// What a source holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Events.
    pub events: u64,
    /// Streams.
    pub streams: u64,
    /// Streams whose ids are ULIDs or UUIDs and stay as they are.
    pub kept_ids: u64,
    /// Events that have been imported before.
    pub present: u64,
    /// Events that are new.
    pub new: u64,
}

/// What becomes of one kind of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Type, event and version in the source.
    pub source: (String, String, String),
    /// Its name in the log.
    pub name: String,
    /// The version of its shape.
    pub schema_version: u16,
    /// How many are new.
    pub events: u64,
    /// Whether this program can read it; it is stored in any case.
    pub declared: bool,
}

/// What is to be written.
pub(super) struct Plan {
    pub(super) tenants: Vec<Landing>,
    pub(super) behind: Behind,
    /// The last version of every stream.
    pub(super) streams: Versions,
    pub(super) new: u64,
}

/// Looks at the streams, then at every event that is new.
pub(super) async fn check(
    source: &mut Source<'_>,
    (target, keys): (&Client, Option<&KeyRing>),
    manifest: &Manifest,
    registry: &Registry,
    import: &Import,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(Report, Plan), ImportError> {
    let streams = source.streams().await?;
    let mut faults = vec![];
    let ownerless: i64 = streams.iter().map(|stream| stream.count - stream.owned).sum();
    if ownerless > 0 {
        let examples = source.ownerless(EXAMPLES).await?;
        faults.push(format!(
            "{ownerless} events have no tenant by the rule: {}",
            examples.join(", ")
        ));
    }
    let mut found = judge(&streams, import, &mut faults);
    let owners = owners(&streams);
    let tenants = tenants::land(target, &owners, import.create_tenants, &mut faults).await?;
    for landing in &tenants {
        faults.extend(manifest.faults(landing.tenant, &source.rules, &source.order));
    }
    let behind = behind(&streams, manifest, &tenants, &mut found, &mut faults);
    let matchers = match keys {
        Some(keys) => {
            let there = tenants.iter().filter(|landing| !landing.new);
            Some(Matchers::existing(keys, there.map(|landing| landing.tenant)).await?)
        }
        None => None,
    };
    let preparer = Preparer {
        registry,
        matchers,
        rules: &import.rules,
        tenants: tenants.iter().map(|each| (each.named.clone(), each.tenant)).collect(),
    };
    let ids: Vec<Uuid> = tenants.iter().map(|landing| uuid(landing.tenant)).collect();
    let claims = Claims::of(target, &ids).await?;
    let mut events =
        Events { preparer, claims, found, mapped: BTreeMap::new(), wrong: vec![], timeless: 0 };
    events.look(source, &behind, progress).await?;
    let personal = events.personal();
    if !personal.is_empty()
        && let (Some(keys), Some(landing)) = (keys, tenants.first())
        && let Err(error) = keys.can_make(landing.tenant).await
    {
        faults.push(format!(
            "{} are declared to hold personal data, which cannot be sealed here: {error}; \
             --open-personal-data stores it in the open, where it cannot be erased",
            personal.join(", ")
        ));
    }
    events.faults(&source.order, &mut faults);
    let plan = Plan {
        behind,
        new: found.new,
        streams: streams
            .into_iter()
            .filter_map(|each| Some(((tenant_of(&each, &tenants)?, each.kind, each.id), each.last)))
            .collect(),
        tenants: tenants.clone(),
    };
    let report = Report {
        order: source.order.clone(),
        found,
        tenants,
        mapped: events.mapped.into_values().collect(),
        personal,
        sealed: keys.is_some(),
        faults,
        imported: 0,
    };
    Ok((report, plan))
}

/// What no import can make good.
fn judge(streams: &[SourceStream], import: &Import, faults: &mut Vec<String>) -> Found {
    let mut found = Found { streams: streams.len() as u64, ..Found::default() };
    let (mut torn, mut shared, mut twice) = (vec![], vec![], vec![]);
    let mut seen: BTreeMap<(Ulid, &str), &str> = BTreeMap::new();
    for stream in streams {
        let name = format!("{} {}", stream.kind, stream.id);
        found.events += u64::try_from(stream.count).unwrap_or(0);
        if stream.first != 1 || stream.last != stream.count {
            torn.push(format!("{name} ({} to {}, {})", stream.first, stream.last, stream.count));
        }
        let tenant = match &stream.tenants {
            Some((one, other)) if one != other => {
                shared.push(format!("{name} ({one}, {other})"));
                one
            }
            Some((one, _)) => one,
            None => continue,
        };
        let (id, kept) = ids::of_stream(&stream.kind, &stream.id, import.rules.ids(&stream.kind));
        found.kept_ids += u64::from(kept);
        if let Some(other) = seen.insert((id, tenant), &stream.kind) {
            twice.push(format!("{} ({other}, {})", stream.id, stream.kind));
        }
    }
    tell(faults, "streams are not numbered 1, 2, 3 …", &torn);
    tell(faults, "streams belong to several tenants", &shared);
    tell(faults, "ids are used by several types; let one of these derive its ids", &twice);
    found
}

fn tell(faults: &mut Vec<String>, what: &str, which: &[String]) {
    if which.is_empty() {
        return;
    }
    let examples: Vec<&str> = which.iter().take(EXAMPLES).map(String::as_str).collect();
    let more = if which.len() > EXAMPLES { ", …" } else { "" };
    faults.push(format!("{} {what}: {}{more}", which.len(), examples.join(", ")));
}

/// The tenants, with how many events each has.
fn owners(streams: &[SourceStream]) -> BTreeMap<String, u64> {
    let mut owners = BTreeMap::new();
    for stream in streams {
        if let Some((tenant, _)) = &stream.tenants {
            let events = owners.entry(tenant.clone()).or_insert(0);
            *events += u64::try_from(stream.count).unwrap_or(0);
        }
    }
    owners
}

/// The streams that have not been imported to their end.
fn behind(
    streams: &[SourceStream],
    manifest: &Manifest,
    tenants: &[Landing],
    found: &mut Found,
    faults: &mut Vec<String>,
) -> Behind {
    let mut behind = Behind::default();
    let mut rewound = vec![];
    for stream in streams {
        let tenant = tenant_of(stream, tenants);
        let after = tenant.map_or(0, |to| manifest.version(to, &stream.kind, &stream.id));
        found.present += u64::try_from(after).unwrap_or(0);
        match stream.last - after {
            0 => {}
            new if new > 0 => {
                found.new += u64::try_from(new).unwrap_or(0);
                behind.kinds.push(stream.kind.clone());
                behind.ids.push(stream.id.clone());
                behind.after.push(after);
            }
            _ => rewound.push(format!(
                "{} {} ({after} imported, {} there)",
                stream.kind, stream.id, stream.last
            )),
        }
    }
    tell(faults, "streams are shorter than when they were imported", &rewound);
    behind
}

/// Whose log a stream goes into.
fn tenant_of(stream: &SourceStream, tenants: &[Landing]) -> Option<Ulid> {
    let (named, _) = stream.tenants.as_ref()?;
    tenants.iter().find(|landing| landing.named == *named).map(|landing| landing.tenant)
}

/// What is found out about events, one by one.
struct Events<'a> {
    preparer: Preparer<'a>,
    claims: Claims,
    found: Found,
    mapped: BTreeMap<(String, String, String), Mapped>,
    wrong: Vec<String>,
    timeless: u64,
}

impl Events<'_> {
    async fn look(
        &mut self,
        source: &Source<'_>,
        behind: &Behind,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), ImportError> {
        let mut rows = source.events(behind).await?;
        let mut done = 0;
        while let Some(page) = rows.next().await? {
            done += page.len() as u64;
            for row in page {
                let name = format!("{} {} #{}", row.kind, row.id, row.sequence);
                self.timeless += u64::from(row.time.is_none());
                let key = (row.kind.clone(), row.event.clone(), row.version.clone());
                self.count(key);
                let fit = self.preparer.prepare(row);
                if let Err(why) = fit.and_then(|event| self.claims.apply(&event)) {
                    self.wrong.push(format!("{name}: {why}"));
                }
            }
            progress(Progress { doing: "checking", done, of: self.found.new });
        }
        Ok(())
    }

    fn count(&mut self, source: (String, String, String)) {
        let preparer = &self.preparer;
        let entry = self.mapped.entry(source.clone()).or_insert_with(|| {
            let target = preparer.rules.target(&source.0, &source.1, &source.2);
            Mapped {
                name: format!("{}.{}", target.stream_type, target.event),
                schema_version: target.schema_version,
                events: 0,
                declared: preparer.declared(&target),
                source,
            }
        });
        entry.events += 1;
    }

    fn personal(&self) -> Vec<String> {
        let rules = self.preparer.rules;
        let targets = self.mapped.values().filter_map(|mapped| {
            let (kind, event, version) = &mapped.source;
            let personal = self.preparer.personal(&rules.target(kind, event, version));
            personal.then(|| mapped.name.clone())
        });
        targets.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn faults(&self, order: &OrderRule, faults: &mut Vec<String>) {
        if order.has_time() && self.timeless > 0 {
            faults.push(format!(
                "{} events have no time by the order {order}; choose another",
                self.timeless
            ));
        }
        if self.wrong.is_empty() {
            return;
        }
        let mut text =
            format!("{} events are not what is declared under their names:", self.wrong.len());
        for wrong in self.wrong.iter().take(EXAMPLES) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n    {wrong}");
        }
        faults.push(text);
    }
}
