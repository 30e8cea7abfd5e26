//! Programs in Node: what others have written, tried on what is ours.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

/// A folder of this crate with a `package.json`, installed as its lock says.
pub struct Node(PathBuf);

impl Node {
    /// Installs the folder unless it is. Several processes may ask at once.
    ///
    /// # Errors
    /// When npm is missing or fails.
    pub fn installed(folder: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let node = Self(folder);
        let _turn = node.turn()?;
        let folder = &node.0;
        let lock = folder.join("package-lock.json");
        let done = folder.join("node_modules/.package-lock.json");
        let age = |file: &Path| file.metadata().and_then(|it| it.modified()).ok();
        if age(&done) < age(&lock) {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
            let status = npm.current_dir(folder).status().context("npm")?;
            ensure!(status.success(), "npm ci in {}: {status}", folder.display());
        }
        Ok(node)
    }

    /// Keeps other processes from changing the folder as long as the file is
    /// held.
    ///
    /// # Errors
    /// When the folder has no lock file.
    pub fn turn(&self) -> Result<File> {
        let lock = self.0.join("package-lock.json");
        let turn = File::open(&lock).with_context(|| lock.display().to_string())?;
        turn.lock()?;
        Ok(turn)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Runs the program of an installed package, and gives what it said.
    ///
    /// # Errors
    /// When it fails; with everything it said.
    pub fn tool(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let mut tool = Command::new(self.0.join("node_modules/.bin").join(name));
        said(tool.args(arguments).current_dir(&self.0))
    }

    /// A script of the folder, to be run.
    #[must_use]
    pub fn script(&self, name: &str) -> Command {
        let mut script = Command::new("node");
        script.arg(name).current_dir(&self.0);
        script
    }
}

/// Runs a program to its end, and gives what it said.
///
/// # Errors
/// When it fails; with everything it said.
pub fn said(program: &mut Command) -> Result<String> {
    let output = program.output().with_context(|| format!("{program:?}"))?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program:?}: {}\n{out}\n{errors}", output.status);
    Ok(out)
}
