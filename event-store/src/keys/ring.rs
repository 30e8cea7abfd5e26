//! Finding keys, and sealing and opening with them.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};

use deadpool_postgres::Pool;
use domain::kernel::{
    Claim,
    personal::{OPEN, Opened, Replacement, SEALED, rewrite},
};
use moka::sync::Cache;
use ulid::Ulid;

use super::{
    KeyEncryption, KeyError, Keys, Matcher, SEALED_MESSAGE_PACK,
    cipher::{Cipher, Secret, generate},
    payload::{Place, open, open_all, place_of, seal_append, subjects_in},
    sealed::SubjectKey,
    store::{self, Purpose},
};
use crate::{Append, NewKey, StoredEvent, history::History};

/// Keys of people that are kept in memory.
const KEPT: u64 = 100_000;
/// How long they are at most, should the hint about an erasure be lost.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// The keys of all tenants: looked up, unwrapped and kept for a while.
pub struct KeyRing {
    pool: Pool,
    history: History,
    backend: Arc<dyn KeyEncryption>,
    tenants: Cache<(Ulid, Purpose, Option<i32>), Arc<TenantKey>>,
    subjects: Cache<(Ulid, Ulid), SubjectKey>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

/// A tenant's key for one purpose.
pub(super) struct TenantKey {
    pub(super) version: i32,
    pub(super) key: Secret,
}

impl KeyRing {
    /// Keys in the database of a pool, under what the backend encrypts. The
    /// pool's sessions may have the role of any service.
    #[must_use]
    pub fn new(pool: Pool, backend: Arc<dyn KeyEncryption>) -> Self {
        Self {
            pool,
            history: History::default(),
            backend,
            tenants: Cache::builder().max_capacity(KEPT / 10).time_to_live(KEPT_FOR).build(),
            subjects: Cache::builder().max_capacity(KEPT).time_to_live(KEPT_FOR).build(),
        }
    }

    /// The same, beside the history whose events they open.
    #[must_use]
    pub fn with_history(self, history: History) -> Self {
        Self { history, ..self }
    }

    /// What reads the events that these keys open.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What encrypts the keys of tenants.
    pub(crate) fn backend(&self) -> &dyn KeyEncryption {
        &*self.backend
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

    /// Opens the sealed values of events as [`Self::open_events`] does, each
    /// event by itself where some were altered or moved: those are given back
    /// as they are, with what is wrong.
    ///
    /// # Errors
    /// When a key cannot be had.
    pub async fn open_each(
        &self,
        tenant: Ulid,
        mut events: Vec<StoredEvent>,
    ) -> Result<Vec<Result<StoredEvent, (StoredEvent, KeyError)>>, KeyError> {
        if !events.iter().any(|event| event.codec == SEALED_MESSAGE_PACK) {
            return Ok(events.into_iter().map(Ok).collect());
        }
        match self.open_events(tenant, &mut events).await {
            Ok(()) => return Ok(events.into_iter().map(Ok).collect()),
            Err(error) if error.is_about_bytes() => {}
            Err(error) => return Err(error),
        }
        let mut opened = Vec::with_capacity(events.len());
        for mut event in events {
            opened.push(match self.open_events(tenant, std::slice::from_mut(&mut event)).await {
                Ok(()) => Ok(event),
                Err(error) if error.is_about_bytes() => Err((event, error)),
                Err(error) => return Err(error),
            });
        }
        Ok(opened)
    }

    /// Opens what can be opened: a person who has no key counts as erased.
    pub(crate) async fn open_what_can_be(
        &self,
        tenant: Ulid,
        events: &mut [StoredEvent],
    ) -> Result<(), KeyError> {
        let subjects = subjects_of(events)?;
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
        self.keys(tenant, &subjects_of(events)?).await
    }

    /// Whether new keys can be encrypted here.
    ///
    /// # Errors
    /// When the master key cannot be reached, or there is none.
    pub(crate) async fn can_make(&self, tenant: Ulid) -> Result<(), KeyError> {
        self.backend.wrap(tenant, &generate()?).await.map(drop)
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

    /// The matcher of a tenant, made if there is none.
    ///
    /// # Errors
    /// When the database or the master key cannot be reached.
    pub(crate) async fn made_matcher(&self, tenant: Ulid) -> Result<Matcher, KeyError> {
        Ok(Matcher(self.made(tenant, Purpose::Match).await?))
    }

    /// Replaces personal claims by keyed hashes of them.
    async fn hash_claims(&self, tenant: Ulid, appends: &mut [Append]) -> Result<(), KeyError> {
        let claims = || appends.iter().flat_map(|append| &append.claims);
        if !claims().any(Claim::is_personal) {
            return Ok(());
        }
        let matcher = self.made_matcher(tenant).await?;
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

/// Whose values are sealed in events.
fn subjects_of(events: &[StoredEvent]) -> Result<Vec<Ulid>, KeyError> {
    let mut subjects = BTreeSet::new();
    for event in events.iter().filter(|event| event.codec == SEALED_MESSAGE_PACK) {
        subjects_in(&event.payload, &mut subjects)?;
    }
    Ok(subjects.into_iter().collect())
}
