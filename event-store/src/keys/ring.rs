//! Finding keys, and sealing and opening with them.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use deadpool_postgres::Pool;
use domain::kernel::{
    Claim, NAMED_MESSAGE_PACK, matched,
    personal::{OPEN, Opened, Replacement, SEALED, rewrite},
};
use hmac::{Hmac, KeyInit, Mac};
use moka::sync::Cache;
use sha2::Sha256;
use ulid::Ulid;

use super::{
    KeyEncryption, KeyError, Keys, SEALED_MESSAGE_PACK,
    cipher::{Cipher, Secret, generate},
    sealed::{SubjectKey, subject_of},
    store::{self, Purpose},
};
use crate::{Append, NewKey, StoredEvent};

/// Keys of people that are kept in memory.
const KEPT: u64 = 100_000;
/// How long they are at most, should the hint about an erasure be lost.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// The keys of all tenants: looked up, unwrapped and kept for a while.
pub struct KeyRing {
    pool: Pool,
    backend: Arc<dyn KeyEncryption>,
    tenants: Cache<(Ulid, Purpose, Option<i32>), Arc<TenantKey>>,
    subjects: Cache<(Ulid, Ulid), SubjectKey>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

struct TenantKey {
    version: i32,
    key: Secret,
}

impl KeyRing {
    /// Keys in the database of a pool, under what the backend encrypts. The
    /// pool's sessions may have the role of any service.
    #[must_use]
    pub fn new(pool: Pool, backend: Arc<dyn KeyEncryption>) -> Self {
        Self {
            pool,
            backend,
            tenants: Cache::builder().max_capacity(KEPT / 10).time_to_live(KEPT_FOR).build(),
            subjects: Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR).build(),
        }
    }

    /// The keys of these people. Whoever was erased is known as erased, who
    /// never had a key is missing.
    ///
    /// # Errors
    /// When the database or the master key cannot be reached.
    pub async fn keys(&self, tenant: Ulid, subjects: &[Ulid]) -> Result<Keys, KeyError> {
        let mut found = HashMap::with_capacity(subjects.len());
        let mut unknown = vec![];
        for subject in subjects {
            match self.subjects.get(&(tenant, *subject)) {
                Some(key) => drop(found.insert(*subject, key)),
                None => unknown.push(*subject),
            }
        }
        if !unknown.is_empty() {
            // Rare and large: not to be carried along by whoever asks.
            Box::pin(self.look_up(tenant, unknown, &mut found)).await?;
        }
        Ok(Keys(found))
    }

    /// Reads keys that are not in memory.
    async fn look_up(
        &self,
        tenant: Ulid,
        mut unknown: Vec<Ulid>,
        found: &mut HashMap<Ulid, SubjectKey>,
    ) -> Result<(), KeyError> {
        unknown.sort_unstable();
        unknown.dedup();
        for row in store::subject_keys(&self.pool, tenant, &unknown).await? {
            let key = match &row.wrapped {
                None => SubjectKey::Erased,
                Some(wrapped) => {
                    let above =
                        self.existing(tenant, Purpose::Subjects, Some(row.tenant_key)).await?;
                    let above = above.ok_or(KeyError::Broken("a tenant's key is missing"))?;
                    let key = Cipher::new(&above.key)?.open(&place_of(row.subject), wrapped)?;
                    SubjectKey::Live(Cipher::new(&key)?)
                }
            };
            self.subjects.insert((tenant, row.subject), key.clone());
            found.insert(row.subject, key);
        }
        Ok(())
    }

    /// Opens the sealed values of events; those of erased people are gone.
    ///
    /// # Errors
    /// When a key cannot be had, or a value was altered or moved.
    pub async fn open_events(
        &self,
        tenant: Ulid,
        events: &mut [StoredEvent],
    ) -> Result<(), KeyError> {
        let keys = self.keys_of(tenant, events).await?;
        open_all(&keys, events)
    }

    /// Opens what can be opened: a person who has no key counts as erased.
    pub(crate) async fn open_what_can_be(
        &self,
        tenant: Ulid,
        events: &mut [StoredEvent],
    ) -> Result<(), KeyError> {
        let mut subjects = BTreeSet::new();
        for event in events.iter().filter(|event| event.codec == SEALED_MESSAGE_PACK) {
            subjects_in(&event.payload, &mut subjects)?;
        }
        let subjects: Vec<Ulid> = subjects.into_iter().collect();
        let mut keys = self.keys(tenant, &subjects).await?;
        for subject in subjects {
            keys.0.entry(subject).or_insert(SubjectKey::Erased);
        }
        open_all(&keys, events)
    }

    /// Opens events as though a person had been erased.
    pub(super) async fn open_events_without(
        &self,
        tenant: Ulid,
        subject: Ulid,
        events: &mut [StoredEvent],
    ) -> Result<(), KeyError> {
        let mut keys = self.keys_of(tenant, events).await?;
        keys.0.insert(subject, SubjectKey::Erased);
        open_all(&keys, events)
    }

    async fn keys_of(&self, tenant: Ulid, events: &[StoredEvent]) -> Result<Keys, KeyError> {
        let mut subjects = BTreeSet::new();
        for event in events.iter().filter(|event| event.codec == SEALED_MESSAGE_PACK) {
            subjects_in(&event.payload, &mut subjects)?;
        }
        self.keys(tenant, &subjects.into_iter().collect::<Vec<_>>()).await
    }

    /// By what personal values of a tenant are found again without being
    /// known. None: the tenant has no personal data.
    ///
    /// # Errors
    /// When the database or the master key cannot be reached.
    pub async fn matcher(&self, tenant: Ulid) -> Result<Option<Matcher>, KeyError> {
        let key = self.existing(tenant, Purpose::Match, None).await?;
        Ok(key.map(Matcher))
    }

    /// Forgets what is kept about a tenant: somebody was erased, or the keys
    /// are others.
    pub fn forget(&self, tenant: Ulid) {
        let kept: Vec<_> =
            self.subjects.iter().map(|(key, _)| *key).filter(|(of, _)| *of == tenant).collect();
        for key in kept {
            self.subjects.invalidate(&key);
        }
        // Which of the tenant's keys is the newest may be news, too.
        for purpose in [Purpose::Subjects, Purpose::Match] {
            self.tenants.invalidate(&(tenant, purpose, None));
        }
    }

    /// Seals the personal values in appends of one tenant and hashes their
    /// personal claims. Keys of people who had none are made, and stored with
    /// the appends.
    pub(crate) async fn seal(&self, appends: &mut [Append]) -> Result<(), KeyError> {
        let Some(tenant) = appends.first().map(|append| append.tenant) else { return Ok(()) };
        self.hash_claims(tenant, appends).await?;
        let mut subjects = BTreeSet::new();
        for append in appends.iter() {
            for event in append.events.iter().filter(|event| event.personal) {
                rewrite::<KeyError>(&event.payload, OPEN, |body| {
                    subjects.insert(Opened::parse(body)?.subject.unwrap_or(append.stream));
                    Ok(Replacement::Nil)
                })?;
            }
        }
        if subjects.is_empty() {
            return Ok(());
        }
        let mut keys = self.keys(tenant, &subjects.iter().copied().collect::<Vec<_>>()).await?;
        let mut new = HashMap::new();
        for subject in subjects {
            match keys.0.get(&subject) {
                Some(SubjectKey::Live(_)) => {}
                Some(SubjectKey::Erased) => return Err(KeyError::Erased(subject)),
                None => {
                    let (cipher, key) = self.make(tenant, subject).await?;
                    keys.0.insert(subject, SubjectKey::Live(cipher));
                    new.insert(subject, key);
                }
            }
        }
        for append in appends {
            seal_append(&keys, &mut new, append)?;
        }
        Ok(())
    }

    /// Seals the state of an aggregate. None: somebody in it was erased.
    ///
    /// # Errors
    /// When a key cannot be had.
    pub(crate) async fn seal_state(
        &self,
        tenant: Ulid,
        (stream, version): (Ulid, u64),
        state: &[u8],
    ) -> Result<Option<Vec<u8>>, KeyError> {
        let mut subjects = BTreeSet::new();
        rewrite::<KeyError>(state, OPEN, |body| {
            subjects.insert(Opened::parse(body)?.subject.unwrap_or(stream));
            Ok(Replacement::Nil)
        })?;
        let keys = self.keys(tenant, &subjects.into_iter().collect::<Vec<_>>()).await?;
        let mut place = Place::state(stream, version);
        let mut complete = true;
        let sealed = rewrite::<KeyError>(state, OPEN, |body| {
            let mut value = Opened::parse(body)?;
            value.subject.get_or_insert(stream);
            let sealed = keys.seal(&place.next(), &value)?;
            complete &= sealed.is_some();
            Ok(sealed.map_or(Replacement::Nil, |sealed| Replacement::Extension(SEALED, sealed)))
        })?;
        Ok(complete.then_some(sealed))
    }

    /// Opens the state of an aggregate.
    ///
    /// # Errors
    /// When a key cannot be had, or a value was altered or moved.
    pub(crate) async fn open_state(
        &self,
        tenant: Ulid,
        (stream, version): (Ulid, u64),
        state: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let mut subjects = BTreeSet::new();
        subjects_in(state, &mut subjects)?;
        let keys = self.keys(tenant, &subjects.into_iter().collect::<Vec<_>>()).await?;
        open(&keys, Place::state(stream, version), state)
    }

    /// Replaces personal claims by keyed hashes of them.
    async fn hash_claims(&self, tenant: Ulid, appends: &mut [Append]) -> Result<(), KeyError> {
        let claims = || appends.iter().flat_map(|append| &append.claims);
        if !claims().any(is_personal) {
            return Ok(());
        }
        let matcher = Matcher(self.made(tenant, Purpose::Match).await?);
        for claim in appends.iter_mut().flat_map(|append| &mut append.claims) {
            matcher.hash(claim);
        }
        Ok(())
    }

    /// Makes the key of a person.
    async fn make(&self, tenant: Ulid, subject: Ulid) -> Result<(Cipher, NewKey), KeyError> {
        // The projector, which makes none, needs it to fill read tables.
        self.made(tenant, Purpose::Match).await?;
        let above = self.made(tenant, Purpose::Subjects).await?;
        let key = generate()?;
        let wrapped = Cipher::new(&above.key)?.seal(&place_of(subject), &key)?;
        Ok((Cipher::new(&key)?, NewKey { subject, wrapped, tenant_key: above.version }))
    }

    /// A tenant's newest key for a purpose, made if there is none.
    async fn made(&self, tenant: Ulid, purpose: Purpose) -> Result<Arc<TenantKey>, KeyError> {
        if let Some(key) = self.existing(tenant, purpose, None).await? {
            return Ok(key);
        }
        let wrapped = self.backend.wrap(tenant, &generate()?).await?;
        store::add_tenant_key(&self.pool, tenant, purpose, &wrapped).await?;
        // Another process may have been faster: what is stored counts.
        let key = self.existing(tenant, purpose, None).await?;
        key.ok_or(KeyError::Broken("a tenant's key was not kept; does the tenant have a log?"))
    }

    async fn existing(
        &self,
        tenant: Ulid,
        purpose: Purpose,
        version: Option<i32>,
    ) -> Result<Option<Arc<TenantKey>>, KeyError> {
        let place = (tenant, purpose, version);
        if let Some(key) = self.tenants.get(&place) {
            return Ok(Some(key));
        }
        let row = Box::pin(store::tenant_key(&self.pool, tenant, purpose, version)).await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.backend.unwrap(tenant, &row.wrapped).await?;
        let key = Arc::new(TenantKey { version: row.version, key });
        self.tenants.insert(place, key.clone());
        Ok(Some(key))
    }
}

/// Turns personal values into what they can be found by, but not known from.
#[derive(Clone)]
pub struct Matcher(Arc<TenantKey>);

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Matcher")
    }
}

impl Matcher {
    /// Sixteen bytes that are the same for all who write the same value,
    /// without regard to case and space around it, within the same scope.
    #[must_use]
    pub fn of(&self, scope: &str, value: &str) -> Vec<u8> {
        let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(&self.0.key) else { return vec![] };
        hash.update(scope.as_bytes());
        hash.update(&[0]);
        hash.update(matched(value).as_bytes());
        hash.finalize().into_bytes().iter().copied().take(16).collect()
    }

    /// Replaces what a personal claim says by what it is found by.
    pub(crate) fn hash(&self, claim: &mut Claim) {
        if let Claim::Take { scope, key, personal: true }
        | Claim::Release { scope, key, personal: true } = claim
        {
            let hash = self.of(scope, key);
            *key = uuid::Builder::from_slice(&hash)
                .map_or_else(|_| String::new(), |builder| builder.into_uuid().simple().to_string());
        }
    }
}

fn is_personal(claim: &Claim) -> bool {
    matches!(claim, Claim::Take { personal: true, .. } | Claim::Release { personal: true, .. })
}

/// Where a value stands, so that it opens nowhere else.
#[derive(Clone)]
struct Place {
    bytes: Vec<u8>,
    values: u32,
}

impl Place {
    fn event(id: Ulid) -> Self {
        let mut bytes = b"event ".to_vec();
        bytes.extend_from_slice(&id.0.to_be_bytes());
        Self { bytes, values: 0 }
    }

    fn state(stream: Ulid, version: u64) -> Self {
        let mut bytes = b"state ".to_vec();
        bytes.extend_from_slice(&stream.0.to_be_bytes());
        bytes.extend_from_slice(&version.to_be_bytes());
        Self { bytes, values: 0 }
    }

    /// The place of the next value there.
    fn next(&mut self) -> Vec<u8> {
        let mut place = self.bytes.clone();
        place.extend_from_slice(&self.values.to_be_bytes());
        self.values += 1;
        place
    }
}

/// Where the key of a person stands.
pub(super) fn place_of(subject: Ulid) -> [u8; 16] {
    subject.0.to_be_bytes()
}

fn seal_append(
    keys: &Keys,
    new: &mut HashMap<Ulid, NewKey>,
    append: &mut Append,
) -> Result<(), KeyError> {
    for event in append.events.iter_mut().filter(|event| event.personal) {
        let mut subjects = BTreeSet::new();
        let mut place = Place::event(event.id);
        event.payload = rewrite::<KeyError>(&event.payload, OPEN, |body| {
            let mut value = Opened::parse(body)?;
            let subject = *value.subject.get_or_insert(append.stream);
            subjects.insert(subject);
            let sealed = keys.seal(&place.next(), &value)?.ok_or(KeyError::Erased(subject))?;
            Ok(Replacement::Extension(SEALED, sealed))
        })?;
        append.new_keys.extend(subjects.iter().filter_map(|subject| new.remove(subject)));
        event.subjects.extend(subjects);
    }
    Ok(())
}

fn open_all(keys: &Keys, events: &mut [StoredEvent]) -> Result<(), KeyError> {
    for event in events.iter_mut().filter(|event| event.codec == SEALED_MESSAGE_PACK) {
        let place = Place::event(event.envelope.event_id);
        event.payload = Bytes::from(open(keys, place, &event.payload)?);
        event.codec = NAMED_MESSAGE_PACK;
    }
    Ok(())
}

fn open(keys: &Keys, mut place: Place, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
    rewrite::<KeyError>(payload, SEALED, |sealed| {
        Ok(match keys.open(&place.next(), sealed)? {
            Some(value) => Replacement::Extension(OPEN, value.body()),
            None => Replacement::Nil,
        })
    })
}

/// Leaves out of an event all that is sealed, as though everybody were erased.
pub(crate) fn leave_out_sealed(event: &mut StoredEvent) -> Result<(), KeyError> {
    if event.codec == SEALED_MESSAGE_PACK {
        let payload = rewrite::<KeyError>(&event.payload, SEALED, |_| Ok(Replacement::Nil))?;
        event.payload = Bytes::from(payload);
        event.codec = NAMED_MESSAGE_PACK;
    }
    Ok(())
}

fn subjects_in(payload: &[u8], subjects: &mut BTreeSet<Ulid>) -> Result<(), KeyError> {
    rewrite::<KeyError>(payload, SEALED, |sealed| {
        subjects.insert(subject_of(sealed).ok_or(KeyError::Tampered)?);
        Ok(Replacement::Nil)
    })
    .map(drop)
}
