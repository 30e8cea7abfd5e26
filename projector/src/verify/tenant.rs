//! One tenant's log, folded again and compared.

use std::{pin::pin, sync::Arc};

use deadpool_postgres::ClientWrapper;
use domain::kernel::{Cell, FoldError, Registry, Work};
use event_store::{history::RawEvent, keys::KeyRing};
use futures_util::TryStreamExt;
use tokio::{runtime::Handle, sync::mpsc};
use tokio_postgres::{Error, Row, error::SqlState};
use ulid::Ulid;

use super::{
    Difference, Standing, Verified, VerifyError, What,
    difference::{Differences, Expected},
};
use crate::{
    Phase, Progress, StepError,
    batch::{Stretch, Taken},
    fold::{Stopped, caught},
    model::Model,
    quarantine::{Among, Withheld, withheld},
    session::InTransaction,
    stream::{self, Taker},
    vault,
};

/// Rows that are compared at once.
const PARCEL: usize = 512;

/// A verification under way.
pub(super) struct Verification<'a> {
    pub(super) client: &'a ClientWrapper,
    pub(super) registry: &'a Arc<Registry>,
    pub(super) ring: &'a Arc<KeyRing>,
    pub(super) models: &'a [Arc<Model>],
    pub(super) verified: Verified,
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl Verification<'_> {
    /// Compares all tables for one tenant, and says how many events are done
    /// then. Nothing if some table is not where it was.
    pub(super) async fn run(
        mut self,
        tenant: Ulid,
    ) -> Result<Option<(Verified, u64)>, VerifyError> {
        let transaction = InTransaction::on(self.client);
        match self.begin().await {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        self.tenant(tenant).await?;
        self.client.batch_execute("COMMIT").await?;
        transaction.ended();
        Ok(Some((self.verified, self.done)))
    }

    /// Opens the snapshot. The tables are held first: a table that took
    /// another's place after the snapshot would look empty in it. False if one of
    /// them is none any more, but shows another.
    async fn begin(&self) -> Result<bool, Error> {
        let mut begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n".to_owned();
        begin.extend(self.models.iter().map(|model| &*model.hold));
        self.client.batch_execute(&begin).await?;
        let tables: Vec<&str> = self.models.iter().map(|model| &*model.name).collect();
        let statement = self.client.prepare_cached(include_str!("../sql/tables.sql")).await?;
        let found = self.client.query(&statement, &[&tables]).await?;
        Ok(found.len() == tables.len())
    }

    async fn tenant(&mut self, tenant: Ulid) -> Result<(), VerifyError> {
        let standing = Standing::of_one(self.client, self.models, tenant).await?;
        stream::enter(self.client, tenant).await?;
        let until = standing.until();
        let models = self.models.iter().map(|model| &**model);
        let among = Among { tenants: &[tenant], streams: None };
        let all = withheld(self.client, models, among).await?;
        let withheld: Vec<Arc<Withheld>> =
            self.models.iter().map(|model| all.of(tenant, model)).collect();
        for (streams, events) in withheld.iter().map(|withheld| withheld.counts()) {
            self.verified.quarantined += streams;
            self.verified.discarded += events;
        }
        let (parcels, incoming) = stream::channel();
        // Keys that are kept in memory may be of people erased since.
        self.ring.forget(tenant);
        let folding = Folding {
            taker: Taker::new(tenant, self.registry, self.ring),
            models: self.models.to_vec(),
            checkpoints: standing.checkpoints.clone(),
            withheld,
        };
        let folding = tokio::task::spawn_blocking(move || folding.fold(incoming));
        self.read(Stretch { tenant, after: 0, until: until.min(standing.head) }, parcels).await?;
        let (events, folded) = folding.await??;
        self.verified.tenants += 1;
        self.verified.events += events;
        for (place, folded) in folded.into_iter().enumerate() {
            let Some(model) = self.models.get(place).cloned() else { continue };
            let checkpoint = standing.checkpoints.get(place).copied().unwrap_or(0);
            let remembered = standing.remembered.get(place).copied().unwrap_or(0);
            if remembered > 0 {
                self.tell(about(&model, tenant, What::Remembered { erasures: remembered }));
            } else {
                self.compare(&model, tenant, folded).await?;
            }
            if checkpoint > standing.head {
                let what = What::Ahead { checkpoint, head: standing.head };
                self.tell(about(&model, tenant, what));
            }
        }
        Ok(())
    }

    async fn read(
        &mut self,
        stretch: Stretch,
        to: stream::Parcels<RawEvent>,
    ) -> Result<(), VerifyError> {
        let mut types: Vec<&str> =
            self.models.iter().flat_map(|model| model.entry().fold.sources()).copied().collect();
        types.sort_unstable();
        types.dedup();
        for chunk in stream::chunks(stretch) {
            stream::events(self.client, self.ring.history(), chunk, &types, &to).await?;
            self.done += chunk.until - chunk.after;
            self.report(Phase::Folding);
        }
        Ok(())
    }

    async fn compare(
        &mut self,
        model: &Arc<Model>,
        tenant: Ulid,
        folded: Folded,
    ) -> Result<(), VerifyError> {
        self.report(Phase::Comparing);
        let unfit = |unfit: FoldError| Stopped { position: 0, error: unfit.to_string() };
        // The rows themselves are not needed any more once their cells are there.
        let rows = match folded.and_then(|work| work.rows().map_err(unfit)) {
            Ok(rows) => rows,
            Err(Stopped { position, error }) => {
                self.tell(about(model, tenant, What::Unfoldable { position, error }));
                return Ok(());
            }
        };
        let (parcels, incoming) = stream::channel();
        let (comparing, runtime) = (model.clone(), Handle::current());
        let comparing = tokio::task::spawn_blocking(move || {
            compare(&comparing, tenant, rows, incoming, &runtime)
        });
        self.stored(model, tenant, parcels).await?;
        let (compared, differences) = comparing.await??;
        self.verified.rows += compared;
        self.take(differences);
        Ok(())
    }

    /// Sends the rows of a tenant to whoever compares them.
    async fn stored(
        &self,
        model: &Model,
        tenant: Ulid,
        to: stream::Parcels<Row>,
    ) -> Result<(), VerifyError> {
        let statement = self.client.prepare_cached(&model.table.all).await?;
        let tenant = event_store::pg::uuid(tenant);
        let rows = pin!(self.client.query_raw(&statement, [tenant]).await?);
        let mut parcels = pin!(rows.try_chunks(PARCEL));
        while let Some(parcel) = parcels.try_next().await.map_err(|error| error.1)? {
            if to.send(parcel).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn tell(&mut self, difference: Difference) {
        let mut differences = Differences::default();
        differences.add(|| difference);
        self.take(differences);
    }

    fn take(&mut self, differences: Differences) {
        self.verified.found += differences.found;
        let room = super::TOLD.saturating_sub(self.verified.differences.len());
        self.verified.differences.extend(differences.told.into_iter().take(room));
    }

    fn report(&self, phase: Phase) {
        (self.progress)(Progress { phase, done: self.done, total: self.total });
    }
}

fn about(model: &Model, tenant: Ulid, what: What) -> Difference {
    let (read_model, table) = (model.entry().name, model.name.clone());
    Difference { read_model, table, tenant, key: String::new(), what }
}

type Rows = Vec<(Vec<Cell>, u64)>;
type Folded = Result<Box<dyn Work>, Stopped>;

/// What happens on a thread of its own.
struct Folding {
    taker: Taker,
    models: Vec<Arc<Model>>,
    /// How far each of them is folded.
    checkpoints: Vec<u64>,
    /// What is left out of each of them.
    withheld: Vec<Arc<Withheld>>,
}

impl Folding {
    /// Folds events into all read models. Gives how many there were, and the
    /// rows of each read model.
    fn fold(
        &self,
        parcels: mpsc::Receiver<Vec<RawEvent>>,
    ) -> Result<(u64, Vec<Folded>), StepError> {
        let mut events = 0;
        let mut works: Vec<Folded> =
            self.models.iter().map(|model| Ok(model.entry().fold.work())).collect();
        self.taker.each(parcels, |event| {
            self.apply(&event, &mut works);
            events += 1;
            Ok::<_, StepError>(())
        })?;
        Ok((events, works))
    }

    fn apply(&self, event: &Taken, works: &mut [Folded]) {
        let position = event.position();
        let standings = self.checkpoints.iter().zip(&self.withheld);
        for ((model, work), (checkpoint, withheld)) in self.models.iter().zip(works).zip(standings)
        {
            let Ok(open) = work else { continue };
            if position > *checkpoint || withheld.holds(event) || !event.concerns(model) {
                continue;
            }
            let applied = match event {
                Taken::Known(event) => caught(|| open.apply(event))
                    .and_then(|applied| applied.map_err(|error| error.to_string())),
                Taken::Broken { error, .. } => Err(error.clone()),
            };
            if let Err(error) = applied {
                *work = Err(Stopped { position, error });
            }
        }
    }
}

/// Compares what comes out of a table with what should be there.
fn compare(
    model: &Model,
    tenant: Ulid,
    rows: Rows,
    mut parcels: mpsc::Receiver<Vec<Row>>,
    runtime: &Handle,
) -> Result<(u64, Differences), StepError> {
    let mut expected = Expected::new(model, tenant, rows, runtime)?;
    let mut differences = Differences::default();
    let mut compared = 0;
    while let Some(parcel) = parcels.blocking_recv() {
        let stored = runtime.block_on(vault::open_rows(model, tenant, &parcel))?;
        for (row, stored) in parcel.iter().zip(stored) {
            compared += 1;
            match stored {
                Ok(stored) => expected.compare(&stored, row, &mut differences),
                Err(error) => {
                    let what = What::Unreadable(error.to_string());
                    differences.add(|| about(model, tenant, what));
                }
            }
        }
    }
    expected.finish(&mut differences);
    Ok((compared, differences))
}
