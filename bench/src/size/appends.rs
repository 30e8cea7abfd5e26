//! Appends, 64 in flight, over few tenants and over all of them.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use event_store::{
    Append, Log, PgLog,
    pg::{PgLogSettings, Signals},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::figures::Figures;
use crate::{
    append::append,
    load::{Measured, WARM_UP, load_with},
    server::{LogDatabase, Server},
};

const IN_FLIGHT: usize = 64;
/// Events that a caller writes to a stream before it begins another.
const LENGTH: u64 = 4;

/// Loads the log, and adds how that went.
pub(super) async fn measure(
    server: &Server,
    database: &LogDatabase,
    tenants: &[Ulid],
    spread: usize,
    length: Duration,
    into: &mut Figures,
) -> Result<()> {
    let (wal, busy) = (written(database).await?, server.busy()?);
    let measured = load(database, tenants, spread, length).await?;
    let (wal, busy) = (written(database).await? - wal, server.busy()?.saturating_sub(busy));
    let case = format!("append over {spread} tenants");
    into.load(&case, "appends/s", &measured);
    // What was appended before anybody measured went into the same log.
    let appends = measured.per_second * (length + WARM_UP).as_secs_f64();
    into.less(
        format!("{case}, server's processor"),
        "µs/append",
        busy.as_secs_f64() * 1e6 / appends,
    );
    into.less(format!("{case}, WAL"), "bytes/append", wal / appends);
    Ok(())
}

async fn load(
    database: &LogDatabase,
    tenants: &[Ulid],
    spread: usize,
    length: Duration,
) -> Result<Measured> {
    let shutdown = CancellationToken::new();
    let signals = Signals::start(database.config(), Duration::from_millis(5), shutdown.clone());
    let pool = database.pool("tenantry_command", 8)?;
    let log = PgLog::start(pool, &signals, &PgLogSettings::default(), &shutdown);
    // Large ones and small ones.
    let step = (tenants.len() / spread).max(1);
    let chosen: Arc<[Ulid]> = tenants.iter().copied().step_by(step).take(spread).collect();
    let callers = (0..IN_FLIGHT).map(|_| Caller::new(chosen.clone())).collect();
    let measured = load_with(callers, length, move |mut caller: Caller| {
        let log = log.clone();
        async move {
            log.append(caller.next()).await?;
            Ok(caller)
        }
    })
    .await?;
    shutdown.cancel();
    Ok(measured)
}

async fn written(database: &LogDatabase) -> Result<f64> {
    let sql = "SELECT (pg_current_wal_lsn() - '0/0')::float8";
    Ok(database.owner().query_one(sql, &[]).await?.try_get(0)?)
}

/// Writes streams one after the other, each in some tenant.
struct Caller {
    chance: ChaCha8Rng,
    tenants: Arc<[Ulid]>,
    tenant: Ulid,
    stream: Ulid,
    version: u64,
}

impl Caller {
    fn new(tenants: Arc<[Ulid]>) -> Self {
        // No command may come twice.
        let (_, seed): (u64, u64) = Ulid::generate().into();
        let chance = ChaCha8Rng::seed_from_u64(seed);
        Self { chance, tenants, tenant: Ulid::nil(), stream: Ulid::nil(), version: LENGTH }
    }

    fn next(&mut self) -> Append {
        if self.version == LENGTH {
            let place = self.chance.random_range(0..self.tenants.len());
            self.tenant = self.tenants.get(place).copied().unwrap_or_default();
            self.stream = Ulid::generate();
            self.version = 0;
        }
        let mut append = append(self.tenant);
        append.stream = self.stream;
        append.expected = self.version;
        // As over HTTP: the client has chosen the id, at random, and the
        // outcome is kept.
        append.command.id = Ulid(self.chance.random());
        append.command.request_hash = Some([7; 32]);
        self.version += 1;
        append
    }
}
