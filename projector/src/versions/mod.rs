//! Going back and forth between the versions of a read model, and dropping
//! those that nobody needs any more.
//!
//! Readers look for the relation of the version they know. Whether that is its
//! own table or a view of another version's is decided here, for all of them at
//! once, in one short transaction.

mod report;

use std::time::Duration;

use tokio_postgres::{Client, Error, GenericClient, Transaction};

use crate::{
    session::{self, is_taken},
    tables::{Patience, Registered, Stands, TableState, past_table, quoted, stand_back, stand_in},
};

pub(crate) use report::versions;
pub use report::{Build, Lag, Projection, pause, projections, resume};

/// Why the version that readers see could not be changed. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// No such read model has a table here.
    #[error("there is no read model {0} in this database")]
    Unknown(String),
    /// There is nothing to go back to.
    #[error("{name}: version {version} has no earlier version that is kept; there is none to show")]
    NoEarlier {
        /// The read model.
        name: String,
        /// The version that readers see.
        version: u32,
    },
    /// No version was put aside.
    #[error("{0}: no version was put aside; there is none to go forward to")]
    NoLater(String),
    /// The version to be dropped does not exist.
    #[error("{name} has no version {version} that could be dropped")]
    NoSuch {
        /// The read model.
        name: String,
        /// The version asked for.
        version: u32,
    },
    /// Readers see it.
    #[error(
        "{name}: version {version} is the one that readers see; build a later one or go back to an \
         earlier one first"
    )]
    InUse {
        /// The read model.
        name: String,
        /// The version asked for.
        version: u32,
    },
    /// Its table is not being built.
    #[error("{0} is not being built; `tenantry rebuild {0}` does")]
    NotBuilding(String),
    /// What readers would see lies behind what they see now.
    #[error(
        "{consumer} is {events} events behind in {tenants} tenants; run a program that projects \
         it, or insist with --behind"
    )]
    Behind {
        /// The table that is behind.
        consumer: String,
        /// In how many tenants.
        tenants: u64,
        /// By how many events, all in all.
        events: u64,
    },
    /// The tables were never free for long enough.
    #[error("the tables of {0} were in use all the time")]
    Busy(String),
    /// The database refused.
    #[error("the database failed: {}", session::reason(.0))]
    Database(#[from] Error),
}

/// The version that readers see from now on, and the one they saw before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switched {
    /// The version that is shown.
    pub to: u32,
    /// The version that was.
    pub from: u32,
}

/// Lets readers of the newest version that is shown see the one before. Its
/// table stays, and is kept up to date.
///
/// The table that is gone back to must have come as far, so that nobody sees
/// less than before, unless `behind` is allowed. The session must have the role
/// `tenantry_owner`.
///
/// # Errors
/// When there is no earlier version, it is behind, or the database refuses.
pub async fn roll_back(
    client: &mut Client,
    read_model: &str,
    behind: bool,
) -> Result<Switched, VersionError> {
    switch(client, read_model, behind, |versions| {
        let mut live = versions.iter().filter(|version| version.state == TableState::Live);
        let Some(from) = live.next() else {
            return Err(VersionError::Unknown(read_model.to_owned()));
        };
        let Some(to) = live.next() else {
            return Err(VersionError::NoEarlier {
                name: read_model.to_owned(),
                version: from.version,
            });
        };
        Ok((from.version, Move { aside: Some(from.version), live: None, shows: to.version }))
    })
    .await
}

/// Lets readers see the newest version that was put aside again.
///
/// # Errors
/// When there is none, it is behind, or the database refuses.
pub async fn roll_forward(
    client: &mut Client,
    read_model: &str,
    behind: bool,
) -> Result<Switched, VersionError> {
    switch(client, read_model, behind, |versions| {
        let aside = versions.iter().find(|version| version.state == TableState::Aside);
        let Some(to) = aside else {
            return Err(VersionError::NoLater(read_model.to_owned()));
        };
        let shown = to.shows.as_ref();
        let from = versions.iter().find(|version| Some(&version.consumer) == shown);
        let from = from.map_or(to.version, |from| from.version);
        Ok((from, Move { aside: None, live: Some(to.version), shows: to.version }))
    })
    .await
}

/// Which tables are put where.
struct Move {
    aside: Option<u32>,
    live: Option<u32>,
    /// The version that is shown then.
    shows: u32,
}

/// So often, and so long each time, one waits for a table to have come as far
/// as the other.
const WAITS: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

async fn switch(
    client: &mut Client,
    read_model: &str,
    behind: bool,
    choose: impl Fn(&[Registered]) -> Result<(u32, Move), VersionError>,
) -> Result<Switched, VersionError> {
    let (mut patience, mut waits) = (Patience::new(), WAITS);
    loop {
        let transaction = client.transaction().await?;
        transaction.batch_execute(Patience::BRIEF).await?;
        match try_switch(&transaction, read_model, behind, &choose).await {
            Ok(switched) => {
                transaction.commit().await?;
                return Ok(switched);
            }
            Err(VersionError::Database(error)) if is_taken(&error) => {
                transaction.rollback().await?;
                if !patience.is_left().await {
                    return Err(VersionError::Busy(read_model.to_owned()));
                }
            }
            Err(VersionError::Behind { .. }) if waits > 0 => {
                transaction.rollback().await?;
                waits -= 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn try_switch(
    transaction: &Transaction<'_>,
    read_model: &str,
    behind: bool,
    choose: &impl Fn(&[Registered]) -> Result<(u32, Move), VersionError>,
) -> Result<Switched, VersionError> {
    let mut versions = Registered::all(transaction, read_model).await?;
    if versions.is_empty() {
        return Err(VersionError::Unknown(read_model.to_owned()));
    }
    let (from, chosen) = choose(&versions)?;
    let consumer = |number: u32| {
        let version = versions.iter().find(|version| version.version == number);
        version.map(|version| version.consumer.clone()).unwrap_or_default()
    };
    let (to, from_consumer) = (consumer(chosen.shows), consumer(from));
    // INVARIANT: from here to the end no projector writes to either table.
    // Guarded by the test `no_reader_sees_a_moment_without_rows_while_versions_change`.
    exclude(transaction, [&to, &from_consumer]).await?;
    if !behind {
        check_behind(transaction, &to, &from_consumer).await?;
    }
    stand_back(transaction, &versions).await?;
    for version in &mut versions {
        let next = match version.version {
            it if Some(it) == chosen.aside => TableState::Aside,
            it if Some(it) == chosen.live => TableState::Live,
            _ => continue,
        };
        let old = version.table().unwrap_or_default();
        version.state = next;
        let new = version.table().unwrap_or_default();
        let rename = format!("ALTER TABLE read.{} RENAME TO {}", quoted(&old), quoted(&new));
        transaction.batch_execute(&rename).await?;
        // Whoever is on the way to write there by its old name shall notice.
        let touch = "UPDATE log.checkpoints SET updated_at = clock_timestamp() WHERE consumer = $1";
        transaction.execute(touch, &[&version.consumer]).await?;
    }
    stand_in(transaction, &mut versions).await?;
    Ok(Switched { to: chosen.shows, from })
}

/// Waits for the projectors' transactions on these consumers, and keeps new
/// ones waiting until this one has ended.
pub(crate) async fn exclude(
    client: &impl GenericClient,
    consumers: impl IntoIterator<Item = &String>,
) -> Result<(), Error> {
    let mut consumers: Vec<&String> = consumers.into_iter().collect();
    consumers.sort_unstable();
    consumers.dedup();
    for consumer in consumers {
        client.execute(include_str!("../sql/exclude.sql"), &[consumer]).await?;
    }
    Ok(())
}

/// Whether one consumer has come as far as another in all logs.
async fn check_behind(
    transaction: &Transaction<'_>,
    to: &str,
    from: &str,
) -> Result<(), VersionError> {
    let sql = include_str!("../sql/apart.sql");
    let row = transaction.query_one(sql, &[&to, &from]).await?;
    let (tenants, events): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if tenants == 0 {
        return Ok(());
    }
    Err(VersionError::Behind {
        consumer: to.to_owned(),
        tenants: event_store::pg::unsigned(tenants),
        events: event_store::pg::unsigned(events),
    })
}

/// Drops the table of a version that readers of later ones do not see, and all
/// that is known of it; without a version, all earlier than the one that is
/// shown. Gives the names of the tables.
///
/// Programs that know no later version cannot read the read model from then on.
///
/// # Errors
/// When the version is unknown or shown, or the database refuses.
pub async fn drop_versions(
    client: &mut Client,
    read_model: &str,
    version: Option<u32>,
) -> Result<Vec<String>, VersionError> {
    let mut patience = Patience::new();
    loop {
        let transaction = client.transaction().await?;
        transaction.batch_execute(Patience::BRIEF).await?;
        match try_drop(&transaction, read_model, version).await {
            Ok(dropped) => {
                transaction.commit().await?;
                return Ok(dropped);
            }
            Err(VersionError::Database(error)) if is_taken(&error) => {
                transaction.rollback().await?;
                if !patience.is_left().await {
                    return Err(VersionError::Busy(read_model.to_owned()));
                }
            }
            Err(error) => return Err(error),
        }
    }
}

async fn try_drop(
    transaction: &Transaction<'_>,
    read_model: &str,
    number: Option<u32>,
) -> Result<Vec<String>, VersionError> {
    let versions = Registered::all(transaction, read_model).await?;
    let Some(shown) = versions.iter().find(|version| version.state == TableState::Live) else {
        return Err(VersionError::Unknown(read_model.to_owned()));
    };
    let name = read_model.to_owned();
    if number == Some(shown.version) {
        return Err(VersionError::InUse { name, version: shown.version });
    }
    let is_meant = |version: &&Registered| {
        number.map_or(version.version < shown.version, |number| version.version == number)
    };
    let (dropped, mut kept): (Vec<_>, Vec<_>) =
        versions.iter().cloned().partition(|version| is_meant(&version));
    if let (Some(version), true) = (number, dropped.is_empty()) {
        return Err(VersionError::NoSuch { name, version });
    }
    exclude(transaction, dropped.iter().map(|version| &version.consumer)).await?;
    stand_back(transaction, &versions).await?;
    for version in &dropped {
        for stands in [Stands::Live, Stands::Beside, Stands::Aside] {
            let table = quoted(&stands.name(&version.consumer));
            transaction.batch_execute(&format!("DROP TABLE IF EXISTS read.{table}")).await?;
        }
        let past = past_table(&version.consumer);
        transaction.batch_execute(&format!("DROP TABLE IF EXISTS {past}")).await?;
        let forget = include_str!("../sql/forget.sql");
        transaction.execute(forget, &[&version.consumer]).await?;
    }
    stand_in(transaction, &mut kept).await?;
    Ok(dropped.into_iter().map(|version| version.consumer).collect())
}
