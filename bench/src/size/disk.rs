//! Room for the log, and what it takes up.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::figures::Figures;
use crate::server::LogDatabase;

/// What an event and all that belongs to it takes at most, in bytes.
const BYTES_PER_EVENT: u64 = 1_000;
/// What the server takes besides, above all for its write-ahead log.
const BESIDES: u64 = 6 * 1024 * 1024 * 1024;

/// Refuses to begin what would fill the disk.
pub(super) fn require_room(folder: &Path, events: u64) -> Result<()> {
    let needed = events * BYTES_PER_EVENT + BESIDES;
    let disk = rustix::fs::statvfs(folder)?;
    let free = disk.f_bavail * disk.f_frsize;
    let gib = |bytes: u64| bytes.div_ceil(1024 * 1024 * 1024);
    ensure!(
        free >= needed,
        "{} has {} GiB free, a log of {events} events needs {}: choose another --folder or a \
         smaller --largest",
        folder.display(),
        gib(free),
        gib(needed)
    );
    Ok(())
}

/// A folder that is gone when this is.
pub(super) struct Passing(pub(super) PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // Whatever is left lies under the folder that the next run empties.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What an event takes in each table and index.
pub(super) async fn measure(database: &LogDatabase, events: i64, into: &mut Figures) -> Result<()> {
    let mut all = 0.0;
    for row in database.owner().query(include_str!("sizes.sql"), &[]).await? {
        let (name, bytes): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
        let each = bytes as f64 / events as f64;
        all += each;
        into.less(format!("disk, {name}"), "bytes/event", each);
    }
    into.less("disk, all", "bytes/event", all);
    Ok(())
}
