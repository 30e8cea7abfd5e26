//! Sealing the personal values of imported events, as any append does.

use std::collections::BTreeMap;

use domain::kernel::{Actor, Claim, Timestamp, matched};
use tokio_postgres::Transaction;
use ulid::Ulid;
use uuid::Uuid;

use super::{ImportError, prepare::Prepared};
use crate::{
    Append, CommandRecord, NewEvent, NewKey,
    keys::{KeyRing, Matcher, SEALED_MESSAGE_PACK},
    pg::uuid,
};

/// What personal values are found by, per tenant. One that has none yet holds
/// no personal value either: the values themselves are compared then.
#[derive(Default)]
pub(super) struct Matchers(BTreeMap<Ulid, Matcher>);

impl Matchers {
    /// Those of tenants that have personal data already.
    pub(super) async fn existing(
        keys: &KeyRing,
        tenants: impl IntoIterator<Item = Ulid>,
    ) -> Result<Self, ImportError> {
        let mut matchers = BTreeMap::new();
        for tenant in tenants {
            if let Some(matcher) = keys.matcher(tenant).await? {
                matchers.insert(tenant, matcher);
            }
        }
        Ok(Self(matchers))
    }

    /// Those of all tenants, made where there is none.
    pub(super) async fn made(
        keys: &KeyRing,
        tenants: impl IntoIterator<Item = Ulid>,
    ) -> Result<Self, ImportError> {
        let mut matchers = BTreeMap::new();
        for tenant in tenants {
            matchers.insert(tenant, keys.made_matcher(tenant).await?);
        }
        Ok(Self(matchers))
    }

    pub(super) fn hash(&self, tenant: Ulid, claim: &mut Claim) {
        match (self.0.get(&tenant), claim) {
            (Some(matcher), claim) => matcher.hash(claim),
            (
                None,
                Claim::Take { key, personal: true, .. }
                | Claim::Release { key, personal: true, .. },
            ) => *key = matched(key),
            (None, _) => {}
        }
    }
}

/// Seals what is personal in these events. Answers the keys of people who had
/// none, each with its tenant.
pub(super) async fn seal(
    keys: &KeyRing,
    events: &mut [Prepared],
) -> Result<Vec<(Ulid, NewKey)>, ImportError> {
    let mut tenants: BTreeMap<Ulid, Vec<&mut Prepared>> = BTreeMap::new();
    for event in events.iter_mut().filter(|event| event.personal) {
        tenants.entry(event.tenant).or_default().push(event);
    }
    let mut new = vec![];
    for (tenant, events) in tenants {
        let mut appends: Vec<Append> = events.iter().map(|event| append(event)).collect();
        keys.seal(&mut appends).await?;
        for (event, append) in events.into_iter().zip(appends) {
            new.extend(append.new_keys.into_iter().map(|key| (tenant, key)));
            for sealed in append.events {
                event.payload = sealed.payload;
                event.subjects = sealed.subjects;
                event.codec = SEALED_MESSAGE_PACK;
            }
        }
    }
    Ok(new)
}

/// An event as sealing sees it: its name and type do not matter there.
fn append(event: &Prepared) -> Append {
    let command =
        CommandRecord::new(event.event_id, Actor::system("postgres-es"), Timestamp::default());
    let stored = NewEvent {
        id: event.event_id,
        personal: true,
        ..NewEvent::new("imported", event.payload.clone())
    };
    let append = Append::of(event.tenant, "imported", event.stream, command);
    Append { events: vec![stored], ..append }
}

/// Keeps the new keys, and whose data is where, in the open transaction of
/// `tenantry_log`.
pub(super) async fn write(
    transaction: &Transaction<'_>,
    new: &[(Ulid, NewKey)],
    subjects: &[(Ulid, Ulid, i64)],
) -> Result<(), ImportError> {
    if !new.is_empty() {
        let tenants: Vec<Uuid> = new.iter().map(|(tenant, _)| uuid(*tenant)).collect();
        let people: Vec<Uuid> = new.iter().map(|(_, key)| uuid(key.subject)).collect();
        let wrapped: Vec<&[u8]> = new.iter().map(|(_, key)| key.wrapped.as_slice()).collect();
        let above: Vec<i32> = new.iter().map(|(_, key)| key.tenant_key).collect();
        let sql = include_str!("sql/keys.sql");
        let kept = transaction.execute(sql, &[&tenants, &people, &wrapped, &above]).await;
        if kept.map_err(ImportError::Target)? != new.len() as u64 {
            return Err(ImportError::Disturbed(
                "keys of personal data were made or rotated meanwhile".to_owned(),
            ));
        }
    }
    let tenants: Vec<Uuid> = subjects.iter().map(|(tenant, ..)| uuid(*tenant)).collect();
    let people: Vec<Uuid> = subjects.iter().map(|(_, subject, _)| uuid(*subject)).collect();
    let positions: Vec<i64> = subjects.iter().map(|(.., position)| *position).collect();
    let sql = include_str!("sql/subjects.sql");
    transaction
        .execute(sql, &[&tenants, &people, &positions])
        .await
        .map_err(ImportError::Target)?;
    Ok(())
}
