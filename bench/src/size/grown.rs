//! A log that grows, and what is measured of it at each size.

use std::time::{Duration, Instant};

use anyhow::Result;
use ulid::Ulid;

use super::{
    appends, disk, figures::Figures, fill::Filler, history::History, lookups, plans, reads::Wanted,
};
use crate::server::{LogDatabase, Server};

/// The same history at every run.
const SEED: u64 = 20_261_120;

/// A log.
pub(super) struct Grown {
    name: &'static str,
    /// 0 is one table.
    pub(super) partitions: u32,
    tenants: Vec<Ulid>,
    history: History,
    wanted: Option<Wanted>,
    /// What was measured at its present size.
    pub(super) now: Figures,
}

impl Grown {
    /// A log of which nothing is known yet.
    pub(super) fn new(name: &'static str, partitions: u32, tenants: usize) -> Result<Self> {
        Ok(Self {
            name,
            partitions,
            tenants: (1..=tenants as u64).map(tenant).collect(),
            history: History::new(SEED, tenants)?,
            wanted: None,
            now: Figures::default(),
        })
    }

    fn database(&self) -> String {
        format!("{}_{}", self.name, self.partitions)
    }

    /// Makes a log with nothing in it.
    async fn create(&self, server: &Server, name: &str) -> Result<LogDatabase> {
        let database = server.log_database(name).await?;
        if self.partitions > 0 {
            let count = self.partitions.to_string();
            let sql = include_str!("partition.sql").replace("{count}", &count);
            database.owner().batch_execute(&sql).await?;
        }
        database.provision_all(&self.tenants).await?;
        Ok(database)
    }

    /// Makes the empty log that others are copied from.
    pub(super) async fn create_empty(&self, server: &Server) -> Result<()> {
        self.create(server, &self.empty()).await.map(drop)
    }

    fn empty(&self) -> String {
        format!("empty_{}", self.partitions)
    }

    /// Lets the log grow to this many events, and everybody follow. One that
    /// an earlier run has kept goes on where it was.
    pub(super) async fn grow(&mut self, server: &Server, events: u64) -> Result<()> {
        let database = match server.database(&self.database()).await {
            Ok(database) => database,
            Err(_) => self.create(server, &self.database()).await?,
        };
        let other = database.session().await?;
        let filler = Filler { clients: [database.owner(), &other], tenants: &self.tenants };
        filler.recall(&mut self.history).await?;
        let started = Instant::now();
        let loaded = filler.fill(&mut self.history, events).await?;
        if loaded > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a rate to show")]
            let rate = loaded as f64 / started.elapsed().as_secs_f64();
            self.now.more("COPY into the log", "events/s", rate);
            let started = Instant::now();
            database.owner().batch_execute("VACUUM (ANALYZE) log.events, log.commands").await?;
            self.now.less("vacuum of what was loaded", "s", started.elapsed().as_secs_f64());
        }
        let heads = filler.heads().await?;
        let events = heads.iter().sum();
        let largest = self.tenants.first().copied().unwrap_or_default();
        self.wanted = Some(Wanted::draw(&database, largest, events).await?);
        disk::measure(&database, events, &mut self.now).await?;
        lookups::prepare(&database).await
    }

    /// Reads once.
    pub(super) async fn read(&mut self, server: &Server, state: &str) -> Result<()> {
        let database = server.database(&self.database()).await?;
        if let Some(wanted) = &self.wanted {
            wanted.read(&database, state, &mut self.now).await?;
        }
        Ok(())
    }

    /// Asks what is asked at every wake-up, and how long plans take to make.
    pub(super) async fn look_up(&mut self, server: &Server) -> Result<()> {
        let database = server.database(&self.database()).await?;
        lookups::measure(&database, &self.tenants, &mut self.now).await?;
        plans::measure(&database, &self.tenants, &mut self.now).await
    }

    /// Appends.
    pub(super) async fn append(
        &mut self,
        server: &Server,
        spread: usize,
        length: Duration,
    ) -> Result<()> {
        let database = server.database(&self.database()).await?;
        let into = &mut self.now;
        appends::measure(server, &database, &self.tenants, spread, length, into).await
    }

    /// Appends to a new log with nothing in it.
    pub(super) async fn append_to_an_empty_one(
        &mut self,
        server: &Server,
        spread: usize,
        length: Duration,
    ) -> Result<()> {
        let name = format!("appended_{}", self.partitions);
        let database = server.copied_database(&self.empty(), &name).await?;
        let into = &mut self.now;
        appends::measure(server, &database, &self.tenants, spread, length, into).await
    }

    /// How it is called beside others.
    pub(super) fn kind(&self) -> String {
        match self.partitions {
            0 => String::new(),
            count => format!(" in {count} partitions"),
        }
    }
}

/// Tenants come one after the other in time, as they do in life.
fn tenant(place: u64) -> Ulid {
    Ulid::from_parts(1_700_000_000_000 + place * 60_000, u128::from(place))
}
