//! Where a command works: a data folder that `tenantry up` runs, or a database.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use event_store::keys::SecretFile;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service::config::Config;
use tokio_postgres::{Client, NoTls};

use crate::options::Place;

/// What a running `up` tells everybody who looks into its data folder.
#[derive(Debug, Serialize, Deserialize)]
pub struct Endpoints {
    /// Where commands are posted.
    pub command_api: String,
    /// Where the query API is.
    pub query_api: String,
    /// Where queries are posted.
    pub graphql: String,
    /// The page to open in a browser.
    pub console: String,
    /// How to connect to PostgreSQL as its owner.
    pub postgres: String,
    /// The tenants, each with a token of an administrator.
    pub tenants: Vec<TenantAccess>,
}

/// A tenant and how to get in.
#[derive(Debug, Serialize, Deserialize)]
pub struct TenantAccess {
    /// Its id, `tnt_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A bearer token of an administrator.
    pub token: String,
}

impl Endpoints {
    /// The file in a data folder.
    #[must_use]
    pub fn file(data: &Path) -> PathBuf {
        data.join("endpoints.json")
    }

    /// Writes the file whole, readable by its owner alone: it holds tokens.
    pub(crate) fn write(&self, data: &Path) -> Result<()> {
        let path = Self::file(data);
        SecretFile::begin(&path)
            .and_then(|mut file| {
                serde_json::to_writer_pretty(&mut file, self)?;
                file.replace()
            })
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Removes the file: nothing is to be found there any more.
    pub(crate) fn remove(data: &Path) -> io::Result<()> {
        match fs::remove_file(Self::file(data)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn read(data: &Path) -> Result<Self> {
        let file = Self::file(data);
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
                "nothing runs on {data}; start `tenantry up --data {data}` first, or name a \
                 database with --database URL",
                data = data.display()
            ),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))
    }
}

impl Place {
    /// The configuration, with database and key of this place filled in.
    pub(crate) fn config(&self) -> Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        if let Some(url) = &self.database {
            config.database.url = SecretString::from(url.clone());
        } else if config.database.url.expose_secret().is_empty() {
            config.database.url = SecretString::from(Endpoints::read(&self.data)?.postgres);
        }
        if config.auth.signing_key_file.is_empty() {
            config.auth.signing_key_file = self.key_file().display().to_string();
        }
        if config.keys.file.is_empty() && self.master_key_file().exists() {
            config.keys.file = self.master_key_file().display().to_string();
        }
        // Where there is none logs are not sealed: a key made anew by every
        // process would sign what nobody can verify.
        if config.integrity.signing_key_file.is_empty() && self.integrity_key_file().exists() {
            config.integrity.signing_key_file = self.integrity_key_file().display().to_string();
        }
        if config.cold.place.is_empty() && self.cold_folder().exists() {
            config.cold.place = self.cold_folder().display().to_string();
        }
        Ok(config)
    }

    /// Where `up` keeps events that are too old to stay in the database.
    pub(crate) fn cold_folder(&self) -> PathBuf {
        self.data.join("cold")
    }

    /// Where `up` keeps its signing key.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.data.join("keys").join("signing.pem")
    }

    /// Where `up` keeps the master keys of personal data.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.data.join("keys").join("master.keys")
    }

    /// Where `up` keeps the key that signs checkpoints.
    pub(crate) fn integrity_key_file(&self) -> PathBuf {
        self.data.join("keys").join("integrity.pem")
    }
}

/// A session of the owner.
pub(crate) async fn owner(config: &Config) -> Result<Client> {
    let url = config.database.direct().expose_secret().replace("{role}", "tenantry_owner");
    let parsed: tokio_postgres::Config = url.parse().context("the database URL cannot be read")?;
    let (client, connection) =
        parsed.connect(NoTls).await.context("cannot connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}
