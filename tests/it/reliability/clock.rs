//! Clocks are set, forth and back: PostgreSQL's, which says when events were
//! recorded, and the services', which says when they occurred.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{SOME, Site, options, skipped, times};

/// A clock that is set by writing into a file. Every look at the time reads
/// it; the monotonic clock, by which one waits, is left alone.
struct Clock {
    folder: TempDir,
    library: PathBuf,
}

impl Clock {
    fn new() -> Option<Self> {
        let place = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
        let library = PathBuf::from(std::env::var("TENANTRY_FAKETIME").unwrap_or(place.into()));
        if !library.is_file() {
            skipped("stepping clocks", "libfaketime is not installed (package libfaketime)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let clock = Self { folder, library };
        clock.set("+0");
        Some(clock)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Sets it to so many hours or seconds from the true time.
    fn set(&self, offset: &str) {
        let new = self.folder.path().join("clock.new");
        fs::write(&new, format!("{offset}\n")).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o644)).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    fn environment(&self) -> [String; 4] {
        [
            format!("LD_PRELOAD={}", self.library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.file().display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
        ]
    }

    /// Server programs that live by this clock.
    fn server(&self, real: &Path) -> PathBuf {
        let folder = self.folder.path().join("bin");
        fs::create_dir(&folder).unwrap();
        for (name, before) in
            [("initdb", String::new()), ("postgres", self.environment().join(" "))]
        {
            let script =
                format!("#!/bin/sh\nexec env {before} {} \"$@\"\n", real.join(name).display());
            let file = folder.join(name);
            fs::write(&file, script).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }
}

/// Where the server's programs are that all tests use.
fn server_programs() -> PathBuf {
    let folder = tempfile::tempdir().unwrap();
    let postgres = options(&folder).start().unwrap();
    let link = format!("/proc/{}/exe", postgres.pid().unwrap());
    fs::read_link(link).unwrap().parent().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_clock_steps_and_recorded_times_never_run_backwards() {
    let Some(clock) = Clock::new() else { return };
    let programs = clock.server(&server_programs());
    let site = Site::start_with(|server| server.binaries(programs), |services| services);
    let mut load = site.load();
    let owner = site.served.owner().await.unwrap();
    let now = async || -> i64 {
        let sql = "SELECT extract(epoch FROM clock_timestamp())::bigint";
        owner.query_one(sql, &[]).await.unwrap().get(0)
    };
    let started = now().await;
    for (offset, seconds) in [("+3600", 3_600), ("-86400", -86_400), ("+0", 0)].repeat(times(1)) {
        load.further(SOME).await.unwrap();
        clock.set(offset);
        assert!((now().await - started - seconds).abs() < 120, "the clock did not step");
    }
    load.further(SOME).await.unwrap();
    site.holds(load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_clock_steps_and_nothing_is_skipped() {
    let Some(clock) = Clock::new() else { return };
    let mut site = Site::start();
    let environment = clock.environment();
    let mut wrapper = vec!["env"];
    wrapper.extend(environment.iter().map(String::as_str));
    site.served.wrap(&wrapper);
    // Later than the tokens at all times, and earlier than their end.
    clock.set("+21600");
    tokio::task::block_in_place(|| {
        site.served.kill().unwrap();
        site.served.go().unwrap();
    });
    let mut load = site.load();
    for offset in ["+36000", "+3600", "+7200"].repeat(times(1)) {
        load.further(SOME).await.unwrap();
        clock.set(offset);
    }
    load.further(SOME).await.unwrap();
    let told = load.stop().await.unwrap();
    tests::check(&site.served, &told).await.unwrap();
    // The clock did step, back and forth: occurred_at is as the services saw it.
    let owner = site.served.owner().await.unwrap();
    let steps =
        "SELECT count(*) FILTER (WHERE step < '-1 hour'), count(*) FILTER (WHERE step > '1 hour')
         FROM (
             SELECT occurred_at - lag(occurred_at) OVER (PARTITION BY tenant_id ORDER BY position)
                 AS step
             FROM log.events
         ) AS steps";
    let row = owner.query_one(steps, &[]).await.unwrap();
    assert!(row.get::<_, i64>(0) > 0 && row.get::<_, i64>(1) > 0, "the clock did not step");
}
