//! Bringing an archive into a database.
//!
//! The archive is checked whole before anything is written. Then its events go
//! in, a segment at a time; `log.imports` keeps the place. Until the last step
//! the tenant has no row in `log.heads`: nobody can append to it, no consumer
//! finds it, and what is half done cannot be taken for a log. The last step
//! writes everything else in one transaction.

mod finish;
mod place;
mod write;

use std::sync::Arc;

use domain::kernel::Registry;
use tokio_postgres::Client;
use ulid::Ulid;

pub use place::abandon;

use super::{
    ArchiveError, ArchiveStore, KeySource, Progress, Trust, Until,
    check::{Checked, check_at},
    claims::{ClaimFold, Held},
    format::EventSegment,
    segment::SegmentFile,
};
use crate::{decode, keys::KeyRing, pg::ulid};
use place::Place;

/// What to import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Under which tenant.
    pub to: Target,
    /// Up to where; everything by default.
    pub until: Option<Until>,
    /// Where the keys of personal data come from.
    pub keys: KeySource,
    /// By whose keys it is verified.
    pub trust: Trust,
}

/// The tenant an archive is brought in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The one it was made from.
    Same,
    /// Another one with this id.
    Id(Ulid),
    /// A new one of this name, or the one of this name whose import did not
    /// end.
    Name(String),
}

/// What was imported.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The tenant that has the log now.
    pub tenant: Ulid,
    /// Its name.
    pub name: String,
    /// Where its log ends.
    pub position: u64,
    /// How many of its events an import that did not end had written before.
    pub found: u64,
    /// How many people it has personal data of whose keys did not come along.
    pub unreadable: u64,
    /// The archive.
    pub checked: Checked,
}

/// Brings an archive in under a tenant whose log is empty, or that does not
/// exist. One that did not end is gone on with.
///
/// The session must be allowed to act as `tenantry_owner` and `tenantry_log`.
///
/// # Errors
/// When the archive is damaged or the tenant has a log; nothing is changed
/// then. When the database goes away; the same call goes on, [`abandon`] gives
/// up.
pub async fn import(
    client: &mut Client,
    registry: &Arc<Registry>,
    store: &ArchiveStore,
    order: &Import,
    ring: &KeyRing,
    progress: impl Fn(&'static str, Progress),
) -> Result<Imported, ArchiveError> {
    let time = match order.until {
        Some(Until::Time(time)) => Some(time),
        _ => None,
    };
    let checked =
        check_at(store, registry, &order.trust, time, |at| progress("checking", at)).await?;
    let until = match order.until {
        None => checked.manifest.position,
        Some(Until::Time(_)) => checked.at_time,
        Some(Until::Position(position)) if position <= checked.manifest.position => position,
        Some(Until::Position(position)) => {
            return Err(ArchiveError::refused(format!(
                "the archive ends at position {}, before {position}",
                checked.manifest.position
            )));
        }
    };
    let mut place = Place::take(client, store, &checked, &order.to, until).await?;
    let found = place.position;
    if found == 0 {
        place.bring_keys(client, ring, &order.keys).await?;
    }
    write::events(client, store, &checked.manifest, &mut place, |at| progress("writing", at))
        .await?;
    let held = if until < checked.manifest.position {
        Some(held(store, registry, ring, &checked, &place).await?)
    } else {
        None
    };
    let unreadable =
        finish::finish(client, registry, store, &checked.manifest, &place, held.as_ref()).await?;
    let (tenant, name) = (place.tenant, place.name);
    Ok(Imported { tenant, name, position: until, found, unreadable, checked })
}

/// What is held at an earlier position than the archive's own.
async fn held(
    store: &ArchiveStore,
    registry: &Arc<Registry>,
    ring: &KeyRing,
    checked: &Checked,
    place: &Place,
) -> Result<Held, ArchiveError> {
    let manifest = &checked.manifest;
    let mut fold = ClaimFold::at(place.until, ring.matcher(place.tenant).await?);
    for EventSegment { file, first, bytes, sha256, .. } in &manifest.events {
        let found = SegmentFile::fetch(store, file, *bytes, sha256).await?;
        let mut events = vec![];
        found.events(place.source, *first, |event| {
            events.push(event.stored().map_err(|error| found.damaged(error.to_string()))?);
            Ok(())
        })?;
        ring.open_what_can_be(place.tenant, &mut events).await?;
        for event in events {
            let event =
                decode(registry, event).map_err(|error| found.damaged(error.to_string()))?;
            fold.take(registry, &event);
        }
    }
    let present = finish::claims(store, manifest).await?;
    Ok(fold.held(present.into_iter().map(|(value, stream)| (value, ulid(stream)))))
}
