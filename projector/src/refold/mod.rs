//! Rows that are there already, folded again: for erasures, and for streams that
//! are let in again.
//!
//! Once a person's key is destroyed nothing about them can be read any more,
//! but what was folded from it may still stand in rows. These are folded
//! again from the log as it reads now, and written in one transaction together
//! with the checkpoint, which says how many erasures its rows have taken in.
//! The checkpoint's position stays; its time moves as in any step, so that a
//! projector that was on its way with older values writes nothing.
//!
//! A long history is gone through in slices, between which others are served.
//! A projector that ends in the middle leaves nothing behind: whoever comes
//! next begins anew.

mod part;
mod rows;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use deadpool_postgres::ClientWrapper;
use domain::kernel::Envelope;
use event_store::{
    ReadError,
    history::RawEvent,
    pg::{TenantRead, number, unsigned},
};
use tokio_postgres::{Error, types::ToSql};
use ulid::Ulid;
use uuid::Uuid;

use crate::{
    Projector, StepError,
    fold::Folded,
    model::Model,
    quarantine::{AllWithheld, Withheld},
    session::{self, read_as},
    standing::Standing,
    turn::Turn,
    write::write,
};
use part::{Part, Share};
use rows::Unwritable;

/// What a projector knows of erasures.
#[derive(Default)]
pub(crate) struct Refolds {
    /// How many each tenant has had when it was last looked at.
    known: HashMap<Ulid, u64>,
    /// Locked by nobody: works move between threads, but cannot be shared.
    under_way: Mutex<HashMap<Ulid, VecDeque<Part>>>,
    /// Tenants whose rows could not be folded again, how often that was tried,
    /// and when last.
    failed: HashMap<Ulid, (u32, Instant)>,
}

impl Refolds {
    fn under_way(&mut self) -> &mut HashMap<Ulid, VecDeque<Part>> {
        self.under_way.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a tenant's rows are being folded again.
    pub(crate) fn is_at(&self, tenant: Ulid) -> bool {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.contains_key(&tenant)
    }
}

/// A stream with something about a person who was erased.
pub(crate) struct Affected {
    pub(crate) stream_type: String,
    pub(crate) stream: Ulid,
    /// The position of the first event with such a thing.
    pub(crate) first: u64,
}

impl Projector {
    /// Forgets what it has in memory about people who were erased: their keys,
    /// and the rows they were in.
    pub(crate) fn notice_erasures(&mut self, standings: &[Standing]) {
        for Standing { tenant, erasures, .. } in standings {
            let known = self.refolds.known.insert(*tenant, *erasures).unwrap_or(0);
            if known != *erasures {
                self.ring.forget(*tenant);
                self.kept.forget(*tenant);
            }
        }
    }

    /// Lets these consumers take in erasures and try quarantined streams again,
    /// as far as one turn goes.
    pub(crate) async fn refold(
        &mut self,
        client: &ClientWrapper,
        standings: Vec<Standing>,
        withheld: &AllWithheld,
        turn: &mut Turn,
    ) -> Result<(), StepError> {
        let mut tenants = BTreeMap::<Ulid, Vec<Standing>>::new();
        for standing in standings {
            tenants.entry(standing.tenant).or_default().push(standing);
        }
        let mut budget = self.settings.refold.max(1);
        for (tenant, standings) in tenants {
            if budget == 0 {
                turn.more.insert(tenant);
            } else if standings.iter().any(Standing::is_asked_for) || !self.waits(tenant) {
                let begin = Begin { tenant, standings, withheld };
                // Rare and large: not to be carried along by every step.
                Box::pin(self.refold_tenant(client, begin, &mut budget, turn)).await?;
            }
        }
        Ok(())
    }

    /// Whether a tenant whose rows could not be folded again is left alone for
    /// now.
    fn waits(&self, tenant: Ulid) -> bool {
        let Some((attempts, at)) = self.refolds.failed.get(&tenant) else { return false };
        let doublings = attempts.saturating_sub(1).min(20);
        let wait = self.settings.first_wait.saturating_mul(1 << doublings);
        at.elapsed() < wait.min(self.settings.longest_wait)
    }

    async fn refold_tenant(
        &mut self,
        client: &ClientWrapper,
        asked: Begin<'_>,
        budget: &mut u64,
        turn: &mut Turn,
    ) -> Result<(), StepError> {
        let tenant = asked.tenant;
        let begun = self.refolds.under_way().remove(&tenant);
        let mut parts = match begun.filter(|parts| is_of(parts, &asked.standings)) {
            Some(parts) => parts,
            None => self.begin(client, asked).await?,
        };
        while let Some(mut part) = parts.pop_front() {
            let read = part.advance(client, (&self.registry, &self.ring), tenant, *budget).await?;
            *budget = budget.saturating_sub(read);
            // An attempt that came to nothing is no progress.
            if !part.is_read() || !part.is_an_attempt() {
                turn.stepped.refolded += read;
            }
            if !part.is_read() {
                parts.push_front(part);
                break;
            }
            if !self.put(client, tenant, part, turn).await? {
                return Ok(());
            }
            if *budget == 0 {
                break;
            }
        }
        turn.more.insert(tenant);
        if parts.is_empty() {
            self.refolds.failed.remove(&tenant);
        } else {
            self.refolds.under_way().insert(tenant, parts);
        }
        Ok(())
    }

    /// Finds out which rows are to be folded again, and from what.
    async fn begin(
        &mut self,
        client: &ClientWrapper,
        Begin { tenant, standings, withheld }: Begin<'_>,
    ) -> Result<VecDeque<Part>, StepError> {
        let from = standings.iter().map(|standing| standing.taken_in).min().unwrap_or(0);
        let until = standings.iter().map(|standing| standing.erasures).max().unwrap_or(0);
        let params = (event_store::pg::uuid(tenant), number(from), number(until));
        let sql = include_str!("../sql/affected.sql");
        let rows = read_as(client, tenant, sql, &[&params.0, &params.1, &params.2]).await?;
        let positions = rows.iter().map(|row| row.try_get(0).map(unsigned));
        let positions: Vec<u64> = positions.collect::<Result<_, Error>>()?;
        let session = TenantRead { client, tenant };
        let events = self.ring.history().at(&session, tenant, &positions).await?;
        let affected = affected(&events)?;
        let mut shares = vec![];
        for standing in standings {
            let Some(model) = self.live.get(standing.consumer).cloned() else { continue };
            let withheld = withheld.of(tenant, &model);
            let retried = if self.tries_again(&standing) {
                self.has_tried(tenant, &model);
                self.to_be_retried(tenant, &model, &withheld)
            } else {
                vec![]
            };
            shares.extend(Share::new(model, standing, withheld.into(), retried));
        }
        Ok(Part::divide(shares, &affected))
    }

    /// Which of the quarantined streams are tried: all of them, or one after the
    /// other where they failed together and can be told apart.
    fn to_be_retried(&self, tenant: Ulid, model: &Model, withheld: &Withheld) -> Vec<Ulid> {
        let mut streams: Vec<Ulid> = withheld.streams().collect();
        streams.sort_unstable();
        match self.refolds.failed.get(&tenant) {
            Some((attempts, _)) if model.is_of_one_stream() && !streams.is_empty() => {
                let turn = usize::try_from(*attempts).unwrap_or_default() % streams.len();
                streams.into_iter().skip(turn).take(1).collect()
            }
            _ => streams,
        }
    }

    /// Writes the rows of a part. False if that cannot be done now.
    async fn put(
        &mut self,
        client: &ClientWrapper,
        tenant: Ulid,
        part: Part,
        turn: &mut Turn,
    ) -> Result<bool, StepError> {
        for shares in part.into_groups() {
            let mut folded = vec![];
            let attempts: Vec<Attempted> = shares.iter().map(Attempted::of).collect();
            for share in shares {
                match share.folded(client, tenant).await {
                    Ok(done) => folded.push(done),
                    Err(Unwritable::Step(error)) => return Err(error),
                    Err(Unwritable::Rows { read_model, reason }) => {
                        self.give_up(tenant, read_model, &reason, turn);
                        self.note_attempts(client, tenant, &attempts, &reason).await?;
                        return Ok(false);
                    }
                }
            }
            let read_model = folded.first().map_or("", |folded| folded.job.model.entry().name);
            match write(client, &folded, self.fencing.fence()).await {
                Ok(moved) => {
                    for (folded, attempted) in folded.iter().zip(&attempts) {
                        let is_moved = moved.contains_key(&folded.key());
                        turn.stepped.lost += usize::from(!is_moved);
                        if is_moved {
                            self.refolded(folded, attempted, turn);
                        }
                    }
                    let position = folded.iter().map(|folded| folded.job.stretch.until).max();
                    self.announce(BTreeMap::from([(tenant, position.unwrap_or(0))]));
                }
                Err(error) if session::is_about_rows(&error) => {
                    let reason = session::reason(&error);
                    self.give_up(tenant, read_model, &reason, turn);
                    self.note_attempts(client, tenant, &attempts, &reason).await?;
                    return Ok(false);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Takes in what was written.
    fn refolded(&mut self, folded: &Folded, attempted: &Attempted, turn: &mut Turn) {
        let (again, new): (Vec<_>, Vec<_>) = folded
            .verdict
            .found
            .iter()
            .cloned()
            .partition(|found| attempted.retried.binary_search(&found.origin.stream).is_ok());
        self.set_apart(&folded.job, &new);
        let rows = folded.changes.put.len() + folded.changes.removed.len();
        let lifted = folded.verdict.lifted.len();
        let is_progress = !attempted.is_an_attempt || rows > 0 || lifted > 0;
        turn.stepped.moved += usize::from(is_progress);
        turn.stepped.rows += rows as u64;
        turn.stepped.lifted += lifted;
        turn.stepped.quarantined += new.len();
        turn.stepped.stuck += again.len();
        if lifted > 0 {
            tracing::info!(
                read_model = folded.job.model.entry().name,
                tenant.id = %folded.job.stretch.tenant,
                streams = lifted,
                "quarantined streams could be folded"
            );
        }
    }

    /// Counts attempts at quarantined streams whose rows could not be written.
    async fn note_attempts(
        &self,
        client: &ClientWrapper,
        tenant: Ulid,
        attempts: &[Attempted],
        reason: &str,
    ) -> Result<(), StepError> {
        let tenant = event_store::pg::uuid(tenant);
        for Attempted { consumer, retried, .. } in attempts {
            if retried.is_empty() {
                continue;
            }
            let streams: Vec<Uuid> = retried.iter().copied().map(event_store::pg::uuid).collect();
            let statement = client.prepare_cached(include_str!("../sql/tried.sql")).await?;
            let mut params: Vec<&(dyn ToSql + Sync)> = vec![consumer, &tenant, &streams, &reason];
            params.extend(self.fencing.fence().params());
            client.execute(&statement, &params).await?;
        }
        Ok(())
    }

    /// Tells that rows cannot be folded again, and tries it later.
    fn give_up(&mut self, tenant: Ulid, read_model: &'static str, reason: &str, turn: &mut Turn) {
        let failed = self.refolds.failed.entry(tenant).or_insert((0, Instant::now()));
        *failed = (failed.0 + 1, Instant::now());
        turn.stepped.stuck += 1;
        tracing::error!(
            read_model,
            tenant.id = %tenant,
            attempts = failed.0,
            error = reason,
            "rows cannot be folded again, though people were erased or streams are to be let in; \
             rebuild the read model"
        );
    }
}

/// What is to be folded again in one tenant.
struct Begin<'a> {
    tenant: Ulid,
    standings: Vec<Standing>,
    withheld: &'a AllWithheld,
}

/// What a consumer tries again.
struct Attempted {
    consumer: String,
    /// In order.
    retried: Vec<Ulid>,
    /// Whether it does nothing else.
    is_an_attempt: bool,
}

impl Attempted {
    fn of(share: &Share) -> Self {
        Self {
            consumer: share.model.consumer.clone(),
            retried: share.retried.clone(),
            is_an_attempt: !share.standing.remembers(),
        }
    }
}

/// The streams of events in the order of the log, and the first event of each.
fn affected(events: &[RawEvent]) -> Result<Vec<Affected>, ReadError> {
    let mut streams = BTreeMap::new();
    for event in events {
        let Envelope { stream_type, stream_id, position, .. } = event.stored()?.envelope;
        streams.entry(stream_id).or_insert(Affected {
            stream_type: stream_type.to_string(),
            stream: stream_id,
            first: position,
        });
    }
    Ok(streams.into_values().collect())
}

/// Whether all of these are still where they were when the parts were begun.
fn is_of(parts: &VecDeque<Part>, standings: &[Standing]) -> bool {
    let shares = || parts.iter().flat_map(Part::shares);
    standings.iter().all(|now| shares().any(|share| share.is_of(now)))
        && shares().all(|share| standings.iter().any(|now| share.is_of(now)))
}
