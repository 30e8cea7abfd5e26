//! Whatever fails: acknowledged = stored = folded, exactly once. Real
//! processes, a real server for each test, clients that never stop. The table
//! in docs/reliability.md says what is covered here.
//!
//! `TENANTRY_SOAK=N` makes every test put N times as much through, between N
//! times as many faults.

mod clock;
mod held;
mod killed;
mod moved;
mod pasts;
mod pooler;
mod projectors;
mod space;
mod wire;

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use service::postgres::{Options, Postgres};
use tempfile::TempDir;
use tests::{Load, Served, Serving};

/// The program with the toy beside the product.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// Clients of each tenant.
const CLIENTS: usize = 4;

/// How many commands are acknowledged between two faults.
const SOME: usize = 40;

/// How often the faults of a test come.
fn times(usually: usize) -> usize {
    let soak = std::env::var("TENANTRY_SOAK").ok().and_then(|times| times.parse().ok());
    usually * soak.unwrap_or(1_usize).max(1)
}

/// A server of one test, and the services on it.
struct Site {
    // Ends before its server, and that before its folder.
    served: Served,
    postgres: Postgres,
    _folder: TempDir,
}

impl Site {
    fn start() -> Self {
        Self::start_with(|options| options, |serving| serving)
    }

    fn start_with(
        on: impl FnOnce(Options) -> Options,
        with: impl FnOnce(Serving) -> Serving,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = on(options(&folder)).start().unwrap();
        let served = with(Serving::new(PROGRAM, &postgres.url())).start().unwrap();
        Self { served, postgres, _folder: folder }
    }

    fn load(&self) -> Load {
        load(&self.served)
    }

    /// Everybody finishes, and nothing is missing or twice.
    async fn holds(&self, load: Load) {
        let told = load.stop().await.unwrap();
        tests::check(&self.served, &told).await.unwrap();
    }
}

/// A server that survives its own death, if not that of the machine. Others
/// may walk through its folder to the socket: standbys, poolers.
fn options(folder: &TempDir) -> Options {
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    Options::new(folder.path()).throwaway().set("shared_buffers", "32MB")
}

/// Clients of all tenants.
fn load(served: &Served) -> Load {
    let clients: Vec<_> = (0..served.tenants.len()).map(|place| served.client(place)).collect();
    Load::start(&clients, CLIENTS)
}

/// Looks until it is so.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let found = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), found).await.unwrap_or_else(|_| {
        panic!("still not so: {what}");
    });
}

/// Says loudly that this machine cannot show something.
#[expect(clippy::print_stderr, reason = "a test that proves nothing must not look like one")]
fn skipped(what: &str, why: &str) {
    eprintln!("\n*** SKIPPED, NOTHING PROVEN: {what}: {why} ***\n");
}
