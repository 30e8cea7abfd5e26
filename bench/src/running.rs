//! The product as its users run it: `tenantry up` in a process of its own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use cli::Endpoints;

/// A process that ends with this value.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = Path::new(command.get_program()).display().to_string();
        let child =
            command.stdout(Stdio::null()).spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self(child))
    }

    /// The memory it holds, in MiB.
    pub(crate) fn resident_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line
            .and_then(|rest| rest.split_whitespace().next())
            .context("no VmRSS in /proc")?
            .parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running `up`.
pub(crate) struct Up {
    pub(crate) process: Running,
    pub(crate) endpoints: Endpoints,
}

impl Up {
    /// Starts it on a folder, with further options, and waits until it is ready.
    pub(crate) async fn start(data: &Path, options: &[&str]) -> Result<Self> {
        let _ = std::fs::remove_file(Endpoints::file(data));
        let process = Running::start(
            Command::new(program()?)
                .args(["up", "--port", "0", "--data"])
                .arg(data)
                .args(options)
                .env("TENANTRY__TELEMETRY__FILTER", "warn")
                .stderr(Stdio::null()),
        )?;
        let give_up = Instant::now() + Duration::from_mins(2);
        loop {
            if let Ok(text) = std::fs::read(Endpoints::file(data)) {
                return Ok(Self { process, endpoints: serde_json::from_slice(&text)? });
            }
            ensure!(Instant::now() < give_up, "tenantry up did not get ready");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Host and port of the command API, and of the query API.
    pub(crate) fn hosts(&self) -> (&str, &str) {
        let host = |url: &'_ str| url.len().min("http://".len());
        let (commands, queries) = (&self.endpoints.command_api, &self.endpoints.query_api);
        (commands.split_at(host(commands)).1, queries.split_at(host(queries)).1)
    }

    /// A token of the first tenant.
    pub(crate) fn token(&self) -> &str {
        self.endpoints.tenants.first().map(|tenant| tenant.token.as_str()).unwrap_or_default()
    }
}

/// The product's binary, which is built beside this one.
pub(crate) fn program() -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("tenantry");
    ensure!(
        program.exists(),
        "{} is missing: build it with cargo build --release -p cli",
        program.display()
    );
    Ok(program)
}
