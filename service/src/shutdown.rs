//! The end of a process, known to all its parts at once.
//!
//! Whoever accepts work asks [`Shutdown::begun`] or waits for
//! [`Shutdown::wait`], stops accepting, and finishes what it has. How long that
//! may take is the configuration's `shutdown.grace_seconds`.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code after a second signal: that of a process ended by Ctrl-C.
const IMPATIENT: i32 = 130;

/// A copy shares its state with all others.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// One that begins when told to, as in tests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that begins with the first SIGTERM or SIGINT of this process. A
    /// second signal ends the process at once: whoever sends it has waited
    /// long enough. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the system does not let this process listen to signals.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::new();
        let mut signals = Signals::listen()?;
        let begin = shutdown.clone();
        tokio::spawn(async move {
            let name = signals.next().await;
            tracing::info!(signal = name, "shutting down; a second signal ends at once");
            begin.begin();
            let name = signals.next().await;
            tracing::warn!(signal = name, "ended before everything was finished");
            std::process::exit(IMPATIENT);
        });
        Ok(shutdown)
    }

    /// Begins the end. Doing it twice changes nothing.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Whether the end has begun.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until the end begins.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Works until it is done or the end begins, whichever is first. What is
    /// given up must be able to stop at any `await`.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.run_until_cancelled(work).await
    }

    /// The same as the token that other crates know.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.0
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        os::unix::process::ExitStatusExt,
        process::{Command, Stdio},
    };

    use rustix::process::{Pid, kill_process};

    use super::*;

    #[tokio::test]
    async fn all_copies_end_together_and_without_signals() {
        let shutdown = Shutdown::new();
        let copy = shutdown.clone();
        assert!(!copy.begun());
        assert_eq!(copy.or(async { 1 }).await, Some(1));
        shutdown.begin();
        shutdown.begin();
        copy.wait().await;
        assert!(copy.begun());
        assert_eq!(copy.or(std::future::pending::<()>()).await, None);
    }

    /// Not a test by itself: the process to which the next one sends signals.
    #[tokio::test]
    #[ignore = "runs only as the child of another test"]
    async fn a_process_that_listens() {
        let shutdown = Shutdown::on_signals().unwrap();
        let say = |word: &str| writeln!(std::io::stderr(), "{word}").unwrap();
        say("ready");
        shutdown.wait().await;
        say("stopping");
        std::future::pending::<()>().await;
    }

    #[test]
    fn the_first_signal_begins_the_end_and_the_second_is_the_end() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "shutdown::tests::a_process_that_listens",
                "--ignored",
                "--nocapture",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let pid = Pid::from_child(&child);
        lines.find(|line| line == "ready").unwrap();
        kill_process(pid, rustix::process::Signal::TERM).unwrap();
        lines.find(|line| line == "stopping").unwrap();
        kill_process(pid, rustix::process::Signal::INT).unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(IMPATIENT), None));
    }
}
