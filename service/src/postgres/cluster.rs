//! Making a cluster: all of it or nothing.

use std::{
    fs::{self, DirBuilder, File},
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{
    PostgresError,
    account::{self, Account, DOOR, Ends},
    binaries::Binaries,
    folder::Folder,
};

/// The superuser and the database every cluster has.
pub(super) const NAME: &str = "tenantry";

/// How a cluster is run, told to each program of the server.
pub(super) struct Runner<'a> {
    pub(super) binaries: &'a Binaries,
    pub(super) account: Option<&'a Account>,
    root: &'a Path,
    /// Whether the server's user can get to the root only by [`DOOR`].
    out_of_reach: bool,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        folder: &'a Folder,
        binaries: &'a Binaries,
        account: Option<&'a Account>,
    ) -> Result<Self, PostgresError> {
        let closed =
            account.and_then(|account| Some((account, account.first_closed(&folder.root)?)));
        if let Some((account, closed)) = &closed
            && !(account::has_setpriv() && Path::new("/proc/self/fd").exists())
        {
            return Err(PostgresError::OutOfReach {
                user: account.name.clone(),
                closed: closed.clone(),
                folder: folder.named.clone(),
            });
        }
        Ok(Self { binaries, account, root: &folder.root, out_of_reach: closed.is_some() })
    }

    /// A program of the server.
    pub(super) fn command(&self, program: &str, ends: Ends) -> Command {
        let door = self.out_of_reach.then_some(self.root);
        account::command(&self.binaries.program(program), self.account, door, ends)
    }

    /// How that program names a path of ours.
    pub(super) fn name_of(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(self.root) {
            Ok(rest) if self.out_of_reach => Path::new(DOOR).join(rest),
            _ => path.to_owned(),
        }
    }
}

/// Makes the cluster under another name first, so that whatever interrupts
/// this leaves none rather than half of one.
pub(super) fn create(folder: &Folder, runner: &Runner, durable: bool) -> Result<(), PostgresError> {
    let place = folder.root.join("cluster.new");
    if place.exists() {
        fs::remove_dir_all(&place).map_err(PostgresError::file("remove", &place))?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(&place)
        .map_err(PostgresError::file("create folder", &place))?;
    if let Some(account) = runner.account {
        account.own(&place)?;
    }
    initialise(&place, runner)?;
    create_database(&place, runner)?;
    if durable {
        synchronise(&place, runner)?;
    }
    fs::rename(&place, &folder.cluster).map_err(PostgresError::file("rename", &place))?;
    File::open(&folder.root)
        .and_then(|root| root.sync_all())
        .map_err(PostgresError::file("write", &folder.root))
}

fn initialise(place: &Path, runner: &Runner) -> Result<(), PostgresError> {
    let mut initdb = runner.command("initdb", Ends::WithParent);
    initdb.arg("--pgdata").arg(runner.name_of(place));
    initdb.args(["--username", NAME, "--auth", "trust", "--encoding", "UTF8"]);
    // Sorted by bytes, the same on every machine; letters beyond ASCII still
    // have an upper and a lower case where the system knows them.
    initdb.arg("--locale=C");
    if cfg!(target_os = "linux") {
        initdb.arg("--lc-ctype=C.UTF-8");
    }
    initdb.args(["--data-checksums", "--no-instructions", "--no-sync"]);
    initdb.stdin(Stdio::null());
    let output = initdb.output().map_err(|error| failed("initdb", &error))?;
    succeeded("initdb", &output)
}

/// Writes everything through to the disk, once for all that came before.
fn synchronise(place: &Path, runner: &Runner) -> Result<(), PostgresError> {
    let mut initdb = runner.command("initdb", Ends::WithParent);
    initdb.arg("--pgdata").arg(runner.name_of(place)).arg("--sync-only");
    initdb.stdin(Stdio::null());
    let output = initdb.output().map_err(|error| failed("initdb --sync-only", &error))?;
    succeeded("initdb --sync-only", &output)
}

/// Creates the database in single-user mode, before there is a server that
/// somebody could connect to.
fn create_database(place: &Path, runner: &Runner) -> Result<(), PostgresError> {
    let mut postgres = runner.command("postgres", Ends::WithParent);
    postgres.args(["--single", "-F", "-D"]).arg(runner.name_of(place)).arg("template1");
    postgres.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let single = "postgres --single";
    let mut child = postgres.spawn().map_err(|error| failed(single, &error))?;
    if let Some(mut input) = child.stdin.take() {
        // The server's own words tell more than a broken pipe.
        let _refused = writeln!(input, "CREATE DATABASE {NAME}");
    }
    let output = child.wait_with_output().map_err(|error| failed(single, &error))?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    if complaints.contains("ERROR") || complaints.contains("FATAL") {
        return Err(PostgresError::Program {
            program: single.to_owned(),
            reason: complaints.trim().to_owned(),
        });
    }
    succeeded(single, &output)
}

fn failed(program: &str, error: &std::io::Error) -> PostgresError {
    PostgresError::Program { program: program.to_owned(), reason: error.to_string() }
}

fn succeeded(program: &str, output: &Output) -> Result<(), PostgresError> {
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let reason = if words.trim().is_empty() { output.status.to_string() } else { words.into() };
    Err(PostgresError::Program { program: program.to_owned(), reason: reason.trim().to_owned() })
}
