//! The log at its size: what an append and a read cost in an empty log, and in
//! one of many millions of events and thousands of tenants.
//!
//! At every size the same is measured of the large log and, in turns with it, of
//! the other: whatever else the machine does hits both. What reads, and needs
//! something to read, is measured of a small log instead of an empty one. With
//! partitions, logs of the same content are measured in turns, and those that
//! have some compared with the one that has none.

mod appends;
mod disk;
mod figures;
mod fill;
mod grown;
mod history;
mod lookups;
mod plans;
mod reads;

use std::{mem::take, path::Path, time::Duration};

use anyhow::Result;

use self::{disk::Passing, figures::Figures, grown::Grown};
use crate::{report::Report, server::Server};

/// The tenants of every log.
const TENANTS: usize = 5_000;
/// Over how many of them appends are spread.
const SPREADS: [usize; 4] = [1, 16, 500, TENANTS];
/// Events of the log that stands for an empty one where something is read.
const SMALL: u64 = 200_000;
/// Events of the larger ones, up to the largest.
const SIZES: [u64; 2] = [1_000_000, 5_000_000];
/// What the server keeps in memory: a tenth of the largest log, as a server
/// would that is there for it.
const MEMORY: &str = "2GB";
/// How often each is measured, in turns; the medians are reported.
const ROUNDS: usize = 3;

/// What is to be measured.
pub(crate) struct Wish<'a> {
    pub(crate) folder: &'a Path,
    /// Events of the largest log.
    pub(crate) largest: u64,
    /// Kinds of logs, by the number of their partitions; 0 is one table.
    pub(crate) partitions: &'a [u32],
    pub(crate) seconds: u64,
    /// Whether the logs are kept for the next run, which goes on with them.
    pub(crate) keep: bool,
}

/// Two logs of one kind.
struct Pair {
    small: Grown,
    large: Grown,
}

/// Measures, and leaves nothing behind unless it was wished.
pub(crate) async fn run(wish: &Wish<'_>, report: &mut Report) -> Result<()> {
    std::fs::create_dir_all(wish.folder)?;
    let folder = wish.folder.join("size");
    let kept = wish.keep && folder.exists();
    if !kept {
        disk::require_room(wish.folder, wish.largest * wish.partitions.len() as u64)?;
    }
    let _passing = (!wish.keep).then(|| Passing(folder.clone()));
    let mut server = if kept {
        Server::continued(&folder, MEMORY)
    } else {
        Server::start_with(&folder, MEMORY)
    }?;
    let mut pairs = vec![];
    for kind in wish.partitions {
        let small = Grown::new("small", *kind, TENANTS)?;
        small.create_empty(&server).await?;
        pairs.push(Pair { small, large: Grown::new("size", *kind, TENANTS)? });
    }
    let length = Duration::from_secs(wish.seconds);
    // What was kept is at its largest already.
    let sizes = SIZES.into_iter().filter(|size| !kept && *size < wish.largest);
    for events in sizes.chain([wish.largest]) {
        server = measure(server, &mut pairs, events, length).await?;
        tell(&mut pairs, report, &format!("{} M", events / 1_000_000));
    }
    drop(server);
    Ok(())
}

/// Lets the logs grow, and measures each in turn; appends last, because they
/// make the logs grow on.
async fn measure(
    mut server: Server,
    pairs: &mut [Pair],
    events: u64,
    length: Duration,
) -> Result<Server> {
    for Pair { small, large } in &mut *pairs {
        small.grow(&server, SMALL).await?;
        large.grow(&server, events).await?;
    }
    server = server.cooled()?;
    for Pair { small, large } in &mut *pairs {
        small.read(&server, "cold").await?;
        large.read(&server, "cold").await?;
    }
    for _ in 0..ROUNDS {
        for Pair { small, large } in &mut *pairs {
            small.read(&server, "warm").await?;
            large.read(&server, "warm").await?;
            small.look_up(&server).await?;
            large.look_up(&server).await?;
        }
    }
    for _ in 0..ROUNDS {
        for spread in SPREADS {
            for Pair { small, large } in &mut *pairs {
                small.append_to_an_empty_one(&server, spread, length).await?;
                large.append(&server, spread, length).await?;
            }
        }
    }
    Ok(server)
}

/// Reports what was measured of every large log: of the first beside the small
/// one, of the others beside the first.
fn tell(pairs: &mut [Pair], report: &mut Report, label: &str) {
    let mut first: Option<Figures> = None;
    for Pair { small, large } in pairs {
        let label = format!("{label}{}", large.kind());
        let (small, large) = (take(&mut small.now), take(&mut large.now));
        large.report(report, &label, Some(first.as_ref().unwrap_or(&small)));
        first.get_or_insert(large);
    }
}
