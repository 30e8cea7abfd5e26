//! The volume of the write-ahead log runs full.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use tests::{Load, Serving};

use super::{PROGRAM, SOME, load, options, skipped};

/// A small file system in memory. It is unmounted with this value.
struct Volume(PathBuf);

impl Volume {
    fn mount(place: &Path, megabytes: usize, owner: &fs::Metadata) -> Option<Self> {
        let options = format!("size={megabytes}m,mode=700,uid={},gid={}", owner.uid(), owner.gid());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(place);
        mount.output().is_ok_and(|output| output.status.success()).then(|| Self(place.to_owned()))
    }

    /// Takes all space that is left.
    fn fill(&self) {
        // Ends with "no space left on device", which is what it is for.
        let file = self.0.join("filler");
        let _full = Command::new("dd")
            .args(["if=/dev/zero", "bs=1M"])
            .arg(format!("of={}", file.display()))
            .output()
            .unwrap();
        assert!(file.metadata().unwrap().len() > 0, "it was full already");
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Moves the write-ahead log of a stopped server onto a small volume.
fn move_wal(cluster: &Path, volume: &Path) -> Option<Volume> {
    let wal = cluster.join("pg_wal");
    let mounted = Volume::mount(volume, 96, &wal.metadata().unwrap())?;
    for entry in fs::read_dir(&wal).unwrap().flatten() {
        let moved = Command::new("cp").arg("-a").arg(entry.path()).arg(volume).status();
        assert!(moved.unwrap().success());
    }
    fs::remove_dir_all(&wal).unwrap();
    symlink(volume, wal).unwrap();
    Some(mounted)
}

/// Uses up what the write-ahead log has in hand, until the server gives up.
async fn write_until_full(owner: &tokio_postgres::Client) {
    let more = "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000));
                SELECT pg_switch_wal()";
    while owner.batch_execute(more).await.is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_volume_stops_everything_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let volume = tempfile::tempdir().unwrap();
    let options = options(&folder).set("max_wal_size", "48MB").set("min_wal_size", "32MB");
    let cluster = {
        // Made, and stopped again.
        let postgres = options.clone().start().unwrap();
        let exe = format!("/proc/{}/cwd", postgres.pid().unwrap());
        fs::read_link(exe).unwrap()
    };
    let Some(volume) = move_wal(&cluster, volume.path()) else {
        return skipped("a full volume", "this process may not mount a file system");
    };
    let mut postgres = options.start().unwrap();
    let served = Serving::new(PROGRAM, &postgres.url()).start().unwrap();
    let mut load: Load = load(&served);
    load.further(SOME).await.unwrap();
    let owner = served.owner().await.unwrap();
    volume.fill();
    write_until_full(&owner).await;
    // Nobody is told that anything was stored which was not.
    load.trouble().await.unwrap();
    volume.free();
    if postgres.pid().is_none() {
        tokio::task::block_in_place(|| postgres.restart()).unwrap();
    }
    let going_on = load.further(SOME);
    tokio::select! {
        gone_on = going_on => gone_on.unwrap(),
        // It gave up only after there was room again.
        _ = postgres.ended() => tokio::task::block_in_place(|| postgres.restart()).unwrap(),
    }
    load.further(SOME).await.unwrap();
    let told = load.stop().await.unwrap();
    tests::check(&served, &told).await.unwrap();
    drop(served);
    drop(postgres);
    drop(volume);
}
