//! The real program in a process of its own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use cli::Endpoints;
use tempfile::TempDir;

/// How long anything may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_mins(2);

/// How a process is started, once and again.
struct Start {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

/// A running `tenantry up` on a folder of its own. It is killed with this
/// value, and PostgreSQL with it.
pub struct Up {
    folder: TempDir,
    start: Start,
    child: Child,
    /// Where everything is.
    pub endpoints: Endpoints,
}

impl Up {
    /// Starts `program up` with further arguments and waits until it is ready.
    ///
    /// # Errors
    /// When it ends or does not get ready.
    pub fn start(program: &str, arguments: &[&str]) -> Result<Self> {
        Self::start_with(program, arguments, &[])
    }

    /// Starts it with further settings in its environment.
    ///
    /// # Errors
    /// When it ends or does not get ready.
    pub fn start_with(
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let start = Start {
            program: program.into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let mut child = start.spawn(folder.path())?;
        let endpoints = ready(&mut child, folder.path())?;
        Ok(Self { folder, start, child, endpoints })
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Kills the process as a power failure would, and starts it again.
    ///
    /// # Errors
    /// When it does not get ready again.
    pub fn crash_and_restart(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        let _ = std::fs::remove_file(Endpoints::file(self.folder.path()));
        self.child = self.start.spawn(self.folder.path())?;
        self.endpoints = ready(&mut self.child, self.folder.path())?;
        Ok(())
    }

    /// Runs another command of the program on the data folder, and answers
    /// exit code, standard output and standard error.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run(&self, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
        let output = Command::new(&self.start.program)
            .args(arguments)
            .arg("--data")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .output()?;
        Ok((
            output.status.code(),
            String::from_utf8(output.stdout)?,
            String::from_utf8(output.stderr)?,
        ))
    }

    /// Asks the process to stop, and waits for its end.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn stop(mut self) -> Result<Option<i32>> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let give_up = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            if Instant::now() > give_up {
                bail!("it did not stop");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Start {
    fn spawn(&self, data: &Path) -> Result<Child> {
        Command::new(&self.program)
            .args(["up", "--port", "0", "--data"])
            .arg(data)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(data.join("up.log"))?)
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))
    }
}

/// Waits until the endpoints are told.
fn ready(child: &mut Child, data: &Path) -> Result<Endpoints> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Ok(text) = std::fs::read(Endpoints::file(data)) {
            return Ok(serde_json::from_slice(&text)?);
        }
        if let Some(status) = child.try_wait()? {
            let log = std::fs::read_to_string(data.join("up.log")).unwrap_or_default();
            bail!("it ended with {status} before it was ready:\n{log}");
        }
        if Instant::now() > give_up {
            bail!("it did not get ready");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
