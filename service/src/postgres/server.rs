//! The running server: started, watched, stopped.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
    process::{ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process, test_kill_process},
};
use tokio::sync::watch;

use super::{PostgresError, account::Ends, cluster::Runner, folder::Folder};

/// How often a file is looked at that nobody announces.
const GLANCE: Duration = Duration::from_millis(2);

/// How long a fast shutdown may take before it is made an immediate one.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server process and the news of its end.
#[derive(Debug)]
pub(super) struct Server {
    pid: Pid,
    ended: watch::Receiver<Option<String>>,
}

/// What a server is started with.
pub(super) struct Launch<'a> {
    pub(super) folder: &'a Folder,
    pub(super) runner: &'a Runner<'a>,
    pub(super) settings: &'a [(String, String)],
    pub(super) ends: Ends,
    /// How long it may take to be ready; recovery after a crash counts.
    pub(super) within: Duration,
}

impl Launch<'_> {
    /// Starts the server and waits until it takes connections.
    pub(super) fn start(&self) -> Result<Server, PostgresError> {
        let deadline = Instant::now() + self.within;
        loop {
            let server = self.spawn()?;
            let Err(reason) = self.wait_until_ready(&server, deadline) else {
                return Ok(server);
            };
            server.stop();
            let tail = self.folder.log_tail();
            // The last connections of a killed server may take a moment to
            // notice that it is gone.
            let lingering = tail.contains("pre-existing shared memory block");
            if !lingering || Instant::now() >= deadline {
                let log = self.folder.log.clone();
                return Err(PostgresError::NotStarted { reason, log, tail });
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn spawn(&self) -> Result<Server, PostgresError> {
        let log = self.fresh_log()?;
        let also_log = log.try_clone().map_err(PostgresError::file("open", &self.folder.log))?;
        let cluster = &self.folder.cluster;
        let mut command = self.runner.command("postgres", self.ends);
        command.arg("-D").arg(self.runner.name_of(cluster)).args(self.arguments());
        command.stdin(Stdio::null()).stdout(log).stderr(also_log);
        let (started, start) = mpsc::channel();
        let (ending, ended) = watch::channel(None);
        // The signal at the parent's death follows the thread that forked, so
        // this thread lives exactly as long as the server.
        let keeper = thread::Builder::new().name("postgres".to_owned());
        let thread = keeper.spawn(move || match command.spawn() {
            Err(error) => drop(started.send(Err(error))),
            Ok(mut child) => {
                let _gone = started.send(Ok(child.id()));
                let end = child.wait().map_or_else(|error| error.to_string(), describe);
                ending.send_replace(Some(end));
            }
        });
        let failed = |reason: String| PostgresError::Program { program: "postgres".into(), reason };
        thread.map_err(|error| failed(error.to_string()))?;
        let id = start
            .recv()
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))?;
        let pid = pid(id).ok_or_else(|| failed(format!("it has the impossible id {id}")))?;
        Ok(Server { pid, ended })
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut socket = OsString::from("unix_socket_directories=");
        socket.push(self.runner.name_of(&self.folder.socket));
        let settings = self.settings.iter().map(|(key, value)| format!("{key}={value}").into());
        settings.chain([socket]).flat_map(|setting| ["-c".into(), setting]).collect()
    }

    /// The log of this run; the one before is kept beside it.
    fn fresh_log(&self) -> Result<File, PostgresError> {
        let log = &self.folder.log;
        if log.exists() {
            let before = log.with_extension("log.before");
            fs::rename(log, &before).map_err(PostgresError::file("rename", log))?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o640);
        options.open(log).map_err(PostgresError::file("create", log))
    }

    fn wait_until_ready(&self, server: &Server, deadline: Instant) -> Result<(), String> {
        loop {
            if let Some(end) = server.ended.borrow().clone() {
                return Err(end);
            }
            let noted = Noted::of(self.folder);
            if noted.is_some_and(|noted| noted.pid == server.pid && noted.ready) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(format!("not ready after {} s", self.within.as_secs()));
            }
            thread::sleep(GLANCE);
        }
    }
}

impl Server {
    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(super) fn is_running(&self) -> bool {
        self.ended.borrow().is_none()
    }

    /// How the server came to its end, once it does.
    pub(super) async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await;
        end.ok().and_then(|end| end.clone()).unwrap_or_default()
    }

    /// Ends all sessions, writes everything down, and waits for it.
    pub(super) fn stop(&self) {
        let until = |deadline: Instant| {
            while self.is_running() && Instant::now() < deadline {
                thread::sleep(GLANCE);
            }
        };
        for signal in [Signal::INT, Signal::QUIT] {
            if self.is_running() {
                // It can only fail because the server is gone already.
                let _gone = kill_process(self.pid, signal);
                until(Instant::now() + PATIENCE);
            }
        }
    }
}

/// What a server has written into `postmaster.pid`.
pub(super) struct Noted {
    pid: Pid,
    pub(super) ready: bool,
}

impl Noted {
    pub(super) fn of(folder: &Folder) -> Option<Self> {
        let text = fs::read_to_string(folder.cluster.join("postmaster.pid")).ok()?;
        let pid = pid(text.lines().next()?.trim().parse().ok()?)?;
        let ready = text.lines().nth(7).is_some_and(|status| status.trim() == "ready");
        Some(Self { pid, ready })
    }

    pub(super) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether that server runs now. A number alone would prove nothing: it
    /// may be another program's by now.
    pub(super) fn is_running(&self, folder: &Folder) -> bool {
        match processes_of(folder) {
            Some(processes) => processes.contains(&self.pid),
            None => test_kill_process(self.pid) != Err(Errno::SRCH),
        }
    }
}

/// All processes of servers on this cluster, the sessions of a killed one
/// among them: they work in the cluster's folder. Nothing where the system
/// does not tell.
fn processes_of(folder: &Folder) -> Option<Vec<Pid>> {
    let cluster = fs::metadata(&folder.cluster).ok()?;
    let ours = |process: &Path| {
        let works_in = fs::metadata(process.join("cwd"));
        works_in.is_ok_and(|at| (at.dev(), at.ino()) == (cluster.dev(), cluster.ino()))
            && fs::read(process.join("comm")).is_ok_and(|name| name.starts_with(b"postgres"))
    };
    let all = fs::read_dir("/proc").ok()?.flatten();
    let numbers = all.filter_map(|entry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        ours(&entry.path()).then(|| pid(number)).flatten()
    });
    Path::new("/proc/self/cwd").exists().then(|| numbers.collect())
}

/// Ends a server that outlived a killed process, and the sessions of a server
/// that was killed itself, so that the folder is nobody's.
pub(super) fn stop_leftover(folder: &Folder) -> Result<(), PostgresError> {
    let Some(noted) = Noted::of(folder) else { return Ok(()) };
    if noted.is_running(folder) {
        let _gone = kill_process(noted.pid, Signal::INT);
    }
    wait_until(folder, &noted, || !noted.is_running(folder))?;
    let Some(orphans) = processes_of(folder) else { return Ok(()) };
    for orphan in orphans {
        // What the server itself would tell them if it had known of its end.
        let _gone = kill_process(orphan, Signal::QUIT);
    }
    wait_until(folder, &noted, || processes_of(folder).is_none_or(|left| left.is_empty()))?;
    // A new server would take the number for alive when a dead process nobody
    // buried still has it, or, after a restart of the machine, another program.
    let file = folder.cluster.join("postmaster.pid");
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PostgresError::file("remove", file)(error))
        }
        _ => Ok(()),
    }
}
fn wait_until(
    folder: &Folder,
    noted: &Noted,
    is_so: impl Fn() -> bool,
) -> Result<(), PostgresError> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        if Instant::now() >= deadline {
            let pid = Some(noted.id());
            return Err(PostgresError::InUse { folder: folder.named.clone(), pid });
        }
        thread::sleep(GLANCE);
    }
    Ok(())
}

fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(id.try_into().ok()?)
}

fn describe(status: ExitStatus) -> String {
    format!("the server ended with {status}")
}
