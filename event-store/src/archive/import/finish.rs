//! The last step of an import: everything beside the events, at once.

use std::sync::Arc;

use domain::kernel::{ReactionEntry, Registry};
use serde::Deserialize;
use tokio_postgres::{Client, IsolationLevel, Transaction, types::ToSql};
use uuid::Uuid;

use super::place::Place;
use crate::{
    archive::{
        ArchiveError, ArchiveStore,
        claims::{Held, Value},
        format::{Manifest, StateSegment},
        keys,
        segment::SegmentFile,
        session::{OWNER, WRITER, act_as, begin},
        state::{self, Past, StateTable, TABLES},
    },
    pg::{number, ulid, uuid},
};

/// Rows written by one statement.
const ROWS: usize = 5_000;

/// Writes what is held, the commands, and where reactions stand, and opens the
/// log. `held` is given when the import ends before the archive does.
pub(super) async fn finish(
    client: &mut Client,
    registry: &Arc<Registry>,
    store: &ArchiveStore,
    manifest: &Manifest,
    place: &Place,
    held: Option<&Held>,
) -> Result<u64, ArchiveError> {
    let transaction = begin(client, place.tenant, IsolationLevel::ReadCommitted).await?;
    place.advance(&transaction, place.until).await?;
    let into = Into { transaction: &transaction, place };
    let consumers: Vec<String> = registry.reactions().iter().map(ReactionEntry::consumer).collect();
    let params: [&(dyn ToSql + Sync); 3] = [&uuid(place.tenant), &consumers, &number(place.until)];
    transaction.execute(include_str!("../sql/import_reactions.sql"), &params).await?;
    let takes = |table: &StateTable| match held {
        Some(_) => table.of_past == Past::Filtered,
        None => place.same || !table.acts,
    };
    for segment in &manifest.state {
        for (table, rows) in load(store, segment).await? {
            if takes(table) {
                into.write(table, &rows).await?;
            }
        }
    }
    if let Some(held) = held {
        for (name, rows) in [("claims", held.claim_rows()), ("series", held.series_rows())] {
            for table in TABLES.iter().filter(|table| table.name == name) {
                into.write(table, &rows).await?;
            }
        }
    }
    act_as(&transaction, OWNER).await?;
    let unreadable = forget(&transaction, place).await?;
    let created_at: chrono::DateTime<chrono::Utc> = manifest.tenant.created_at.into();
    transaction
        .execute(include_str!("../sql/finish_import.sql"), &[&uuid(place.tenant), &created_at])
        .await?;
    transaction.commit().await?;
    Ok(unreadable)
}

/// Sees that whoever was erased stays so, in the archive's tenant since as well.
/// Answers how many people have no key here although they were not erased.
async fn forget(transaction: &Transaction<'_>, place: &Place) -> Result<u64, ArchiveError> {
    let (target, until) = (uuid(place.tenant), number(place.until));
    let live = include_str!("../sql/import_live_erasures.sql");
    transaction.execute(live, &[&target, &place.source, &until]).await?;
    keys::forget(transaction, ulid(place.source), place.tenant).await?;
    let release = include_str!("../sql/release_erased.sql");
    transaction.execute(release, &[&target, &place.source]).await?;
    Ok(transaction.execute(include_str!("../sql/missing_keys.sql"), &[&target]).await?)
}

struct Into<'a> {
    transaction: &'a Transaction<'a>,
    place: &'a Place,
}

impl Into<'_> {
    async fn write(&self, table: &StateTable, rows: &[String]) -> Result<(), ArchiveError> {
        act_as(self.transaction, if table.of_log { WRITER } else { OWNER }).await?;
        for rows in rows.chunks(ROWS) {
            let params: [&(dyn ToSql + Sync); 3] =
                [&uuid(self.place.tenant), &number(self.place.until), &rows];
            self.transaction.execute(&*table.insert(), &params).await?;
        }
        Ok(())
    }
}

/// Rows of one table that stand together.
type Rows = (&'static StateTable, Vec<String>);

/// The rows of a segment, by table.
async fn load(store: &ArchiveStore, segment: &StateSegment) -> Result<Vec<Rows>, ArchiveError> {
    let found = SegmentFile::fetch(store, &segment.file, segment.bytes, &segment.sha256).await?;
    let loading = tokio::task::spawn_blocking(move || {
        let mut tables: Vec<Rows> = vec![];
        state::rows(&found, |table, row| {
            match tables.last_mut() {
                Some((last, rows)) if last.name == table.name => rows.push(row.to_owned()),
                _ => tables.push((table, vec![row.to_owned()])),
            }
            Ok(())
        })?;
        Ok(tables)
    });
    loading.await?
}

/// The claims of an archive.
pub(super) async fn claims(
    store: &ArchiveStore,
    manifest: &Manifest,
) -> Result<Vec<(Value, Uuid)>, ArchiveError> {
    #[derive(Deserialize)]
    struct Claim {
        scope: String,
        key: String,
        stream_id: Uuid,
    }
    let mut claims = vec![];
    for segment in &manifest.state {
        let found = load(store, segment).await?;
        for row in
            found.iter().filter(|(table, _)| table.name == "claims").flat_map(|(_, rows)| rows)
        {
            let claim: Claim =
                serde_json::from_str(row).map_err(|error| ArchiveError::Damaged {
                    file: store.show(&segment.file),
                    what: format!("a row of claims is none ({error})"),
                    fix: crate::archive::format::FIX,
                })?;
            claims.push(((claim.scope, claim.key), claim.stream_id));
        }
    }
    Ok(claims)
}
