//! The services in a process of their own, against a server that a test may
//! hurt.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use domain::kernel::ActorKind;
use event_store::{TenantId, keys::MasterKeys};
pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};
use service::{
    auth::{Issuer, Key, TokenRequest},
    config::Config,
};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use ulid::Ulid;

use crate::Client;

/// How long anything may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_mins(1);

/// All roles, as `tenantry serve` names them.
const ROLES: [&str; 4] = ["command-api", "query-api", "projector", "worker"];

/// What makes a process different from the one that answers.
const NO_SERVER: [(&str, &str); 1] = [("TENANTRY__TELEMETRY__METRICS_LISTEN", "")];

/// How the services are to be started.
pub struct Serving {
    program: PathBuf,
    owner: String,
    services: String,
    environment: Vec<(String, String)>,
    wrapper: Vec<String>,
    roles: Vec<String>,
    tenants: usize,
}

impl Serving {
    /// All roles of a program, on the database that `owner` leads to.
    #[must_use]
    pub fn new(program: &str, owner: &str) -> Self {
        Self {
            program: program.into(),
            owner: owner.to_owned(),
            services: owner.to_owned(),
            environment: vec![],
            wrapper: vec![],
            roles: ROLES.map(str::to_owned).to_vec(),
            tenants: 2,
        }
    }

    /// Another way to the same database for the services: through a proxy, a
    /// pooler, or to whichever of several servers is the primary.
    #[must_use]
    pub fn through(mut self, url: &str) -> Self {
        url.clone_into(&mut self.services);
        self
    }

    /// Without some roles, which are started [beside](Served::beside).
    #[must_use]
    pub fn without(mut self, roles: &[&str]) -> Self {
        self.roles.retain(|role| !roles.contains(&role.as_str()));
        self
    }

    /// So many tenants instead of two.
    #[must_use]
    pub fn tenants(mut self, tenants: usize) -> Self {
        self.tenants = tenants;
        self
    }

    /// A setting of the services.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Brings the database up to date, gives tenants their logs, and starts.
    /// Blocks until the services are ready.
    ///
    /// # Errors
    /// When anything fails or takes too long.
    pub fn start(self) -> Result<Served> {
        let folder = tempfile::tempdir()?;
        let key = folder.path().join("keys");
        std::fs::create_dir_all(&key)?;
        let key = Key::open_or_create(&key.join("signing.pem"))?;
        let mut served = Served {
            ports: [free_port()?, free_port()?],
            child: None,
            tenants: vec![],
            tokens: vec![],
            serving: self,
            folder,
        };
        served.tool(&["migrate"])?;
        let issuer = Issuer::new(&key, &Config::default().auth)?;
        for place in 0..served.serving.tenants {
            let said = served.tool(&["tenant", "create", &format!("Tenant {place}")])?;
            let tenant: TenantId = said.trim().parse().context("the id of a new tenant")?;
            served.tokens.push(issuer.mint(&TokenRequest {
                tenant: tenant.0,
                subject: "admin".to_owned(),
                roles: vec!["admin".to_owned()],
                lifetime: None,
                kind: ActorKind::User,
            })?);
            served.tenants.push(tenant.0);
        }
        served.go()?;
        Ok(served)
    }
}

/// The running services. They are killed with this value.
pub struct Served {
    serving: Serving,
    folder: TempDir,
    ports: [u16; 2],
    child: Option<Child>,
    tokens: Vec<String>,
    /// Who has a log.
    pub tenants: Vec<Ulid>,
}

impl Served {
    /// A client of the tenant at a place.
    #[must_use]
    pub fn client(&self, tenant: usize) -> Client {
        let [commands, queries] = self.ports.map(|port| format!("http://127.0.0.1:{port}"));
        let token = self.tokens.get(tenant).map(String::as_str).unwrap_or_default();
        Client::at(&commands, &format!("{queries}/graphql"), token)
    }

    /// A session of the owner, past whatever lies between services and server.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn owner(&self) -> Result<tokio_postgres::Client> {
        let (client, connection) = tokio_postgres::connect(&self.serving.owner, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// The owner's way, and the services', lead somewhere else from the next
    /// start on.
    pub fn move_to(&mut self, owner: &str) {
        owner.clone_into(&mut self.serving.owner);
        owner.clone_into(&mut self.serving.services);
    }

    /// The owner leads somewhere else; the services go their own way.
    pub fn own_at(&mut self, owner: &str) {
        owner.clone_into(&mut self.serving.owner);
    }

    /// Runs the services under a program that changes how they see the world,
    /// from the next start on.
    pub fn wrap(&mut self, wrapper: &[&str]) {
        self.serving.wrapper = wrapper.iter().map(ToString::to_string).collect();
    }

    /// Ends the process as a power failure would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts the process (again), where it was, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn go(&mut self) -> Result<()> {
        let serving = &self.serving;
        let (program, arguments) = match serving.wrapper.split_first() {
            None => (serving.program.clone(), vec![]),
            Some((wrapper, rest)) => {
                let program = serving.program.display().to_string();
                (wrapper.into(), [rest, &[program]].concat())
            }
        };
        let [commands, queries] = self.ports.map(|port| format!("127.0.0.1:{port}"));
        let keys = self.folder.path().join("keys");
        std::fs::create_dir_all(&keys)?;
        MasterKeys::open_or_create(&keys.join("master.keys"), service::now())?;
        let child = Command::new(program)
            .args(arguments)
            .arg("serve")
            .args(&serving.roles)
            .arg("--data")
            .arg(self.folder.path())
            .args(["--database", &serving.services])
            .env("TENANTRY__COMMAND_API__LISTEN", commands)
            .env("TENANTRY__QUERY_API__LISTEN", queries)
            .envs(serving.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::options().create(true).append(true).open(self.log())?)
            .spawn()
            .context("starting the services")?;
        self.child = Some(child);
        self.ready()
    }

    /// Starts another process of one role, on the same database.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn beside(&self, role: &str) -> Result<Beside> {
        let log = std::fs::File::options().create(true).append(true).open(self.log())?;
        let child = Command::new(&self.serving.program)
            .args(["serve", role, "--data"])
            .arg(self.folder.path())
            .args(["--database", &self.serving.services])
            .envs(NO_SERVER)
            .envs(self.serving.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting a {role}"))?;
        Ok(Beside { child })
    }

    /// What the services said.
    ///
    /// # Errors
    /// When there is no file.
    pub fn said(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.log())?)
    }

    /// Runs a tool of the program on the owner's database, and answers what it
    /// said.
    ///
    /// # Errors
    /// When it fails.
    pub fn tool(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.serving.program)
            .args(arguments)
            .args(["--database", &self.serving.owner])
            .arg("--data")
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{arguments:?}: {}: {said}{errors}", output.status);
        Ok(said.into_owned())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("serve.log")
    }

    fn ready(&mut self) -> Result<()> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            if self.ports.iter().all(|port| is_ready(*port)) {
                return Ok(());
            }
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("the services ended with {status}:\n{}", self.said()?);
            }
            if Instant::now() > give_up {
                bail!("the services did not get ready:\n{}", self.said()?);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.kill();
        if std::thread::panicking() {
            // The folder is about to go.
            let said = self.said().unwrap_or_default();
            let lines: Vec<_> = said.lines().collect();
            let tail = lines.split_at(lines.len().saturating_sub(30)).1.join("\n");
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("the services said last:\n{tail}\n").as_bytes(),
            );
        }
    }
}

/// A process beside the others. It is killed with this value.
pub struct Beside {
    child: Child,
}

impl Beside {
    /// Sends it a signal.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id())?;
        let pid = Pid::from_raw(pid).context("a process without an id")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// When it does not.
    pub fn end(&mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let give_up = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < give_up, "it did not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody has at this moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Asks `/readyz`, in as few words as HTTP has.
fn is_ready(port: u16) -> bool {
    use std::io::{Read, Write};
    let ask = || -> std::io::Result<bool> {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(&answer == b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Where a file of the running program's kind is searched for.
///
/// # Errors
/// When there is none; the message names the package that brings it.
pub fn program(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/games".into()]);
    places
        .map(|folder| folder.join(name))
        .find(|file| Path::is_file(file))
        .with_context(|| format!("{name} is not installed here; package {package} has it"))
}
