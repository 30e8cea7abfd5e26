//! Moments of the past, put into tables.
//!
//! Whoever asks for one writes a row into `log.pasts`. Every projector looks
//! for those whose tables are not filled, and fills one table at a time: what
//! is written becomes visible as a whole, so a process that dies leaves
//! nothing behind, and no two fill the same. A table that was filled before
//! somebody was erased is filled again, or emptied where it is of a version of
//! a read model that this program does not know. What has expired is removed.

mod fill;
mod remove;

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{ClientWrapper, Pool};
use domain::kernel::Registry;
use event_store::{
    keys::KeyRing,
    pg::{ulid, unsigned},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{StepError, model::Model};

/// How often to look for something to do.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps the tables of the past.
pub struct Pasts {
    pool: Pool,
    registry: Arc<Registry>,
    ring: Arc<KeyRing>,
    models: Vec<Arc<Model>>,
}

/// A table that is to be filled.
struct Wanted {
    tenant: Ulid,
    past: Ulid,
    position: u64,
    /// How many people the tenant had erased when it was looked at.
    erasures: u64,
    consumer: String,
}

impl Pasts {
    /// Keeps the tables of all declared read models, over a pool whose sessions
    /// have the role `tenantry_projector`; two of its connections are used at
    /// a time. The key ring needs a pool of its own.
    #[must_use]
    pub fn new(pool: Pool, registry: Arc<Registry>, ring: Arc<KeyRing>) -> Self {
        let models = Model::past(&registry, &ring);
        Self { pool, registry, ring, models }
    }

    /// Keeps them until `shutdown`. A database that is away is waited for.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut troubled = false;
        let keeping = async {
            loop {
                match self.step().await {
                    Ok(true) => {}
                    Ok(false) => tokio::time::sleep(PAUSE).await,
                    Err(error) => {
                        if !std::mem::replace(&mut troubled, true) {
                            tracing::error!(%error, "tables of the past are not kept for now");
                        }
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    }
                }
                troubled = false;
            }
        };
        shutdown.run_until_cancelled(keeping).await;
    }

    /// Does the next thing there is to do, and says whether there was one.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub async fn step(&self) -> Result<bool, StepError> {
        let client = self.pool.get().await?;
        let known: Vec<&str> = self.models.iter().map(|model| &*model.consumer).collect();
        if remove::expired(&client).await? || remove::outdated(&client, &known).await? {
            return Ok(true);
        }
        for wanted in wanted(&client, &known).await? {
            let model = self.models.iter().find(|model| model.consumer == wanted.consumer);
            if let Some(model) = model
                && self.fill(&client, model, &wanted).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Those of these tables that are to be filled, the oldest request first.
async fn wanted(client: &ClientWrapper, known: &[&str]) -> Result<Vec<Wanted>, StepError> {
    let statement = client.prepare_cached(include_str!("../sql/past_wanted.sql")).await?;
    let rows = client.query(&statement, &[&known]).await?;
    let wanted = rows.iter().map(|row| {
        Ok(Wanted {
            tenant: ulid(row.try_get(0)?),
            past: ulid(row.try_get(1)?),
            position: unsigned(row.try_get(2)?),
            erasures: unsigned(row.try_get(3)?),
            consumer: row.try_get(4)?,
        })
    });
    wanted.collect::<Result<_, tokio_postgres::Error>>().map_err(StepError::from)
}
