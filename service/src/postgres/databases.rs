//! Databases of an embedded server: made, copied, dropped.

use std::time::{Duration, SystemTime};

use tokio_postgres::{Client, NoTls, error::SqlState};
use ulid::Ulid;

use super::{Postgres, PostgresError};

/// The database that is only connected to in order to make others.
const MAINTENANCE: &str = "postgres";

/// What the names of databases for tests begin with; a ULID follows.
const SCRATCH: &str = "scratch_";

impl Postgres {
    /// Creates a database, as a copy of `template` when one is named, and
    /// gives its URL.
    ///
    /// # Errors
    /// When the name is taken, or somebody is connected to the template.
    pub async fn create_database(
        &self,
        name: &str,
        template: Option<&str>,
    ) -> Result<String, PostgresError> {
        let client = self.maintenance(name).await?;
        let template = quoted(template.unwrap_or("template1"));
        let statement = format!("CREATE DATABASE {} TEMPLATE {template}", quoted(name));
        // Two copies of one template at the same time are fine; a session that
        // is just leaving the template is waited for.
        let mut attempts = 0;
        while let Err(source) = client.batch_execute(&statement).await {
            attempts += 1;
            if source.code() != Some(&SqlState::OBJECT_IN_USE) || attempts == 5 {
                return Err(PostgresError::Database {
                    action: "create",
                    name: name.into(),
                    source,
                });
            }
        }
        Ok(self.url_of(name))
    }

    /// Creates a database and fills it, once for all processes that ask for
    /// it: nobody ever sees it half filled. Meant for templates, named after
    /// what is in them.
    ///
    /// # Errors
    /// When the database cannot be made, or `fill`'s own.
    pub async fn ensure_database<E, F>(
        &self,
        name: &str,
        fill: impl FnOnce(String) -> F + Send,
    ) -> Result<String, E>
    where
        E: From<PostgresError>,
        F: Future<Output = Result<(), E>> + Send,
    {
        let client = self.maintenance(name).await?;
        let failed =
            |source| PostgresError::Database { action: "create", name: name.into(), source };
        // The session's end gives it back, whatever happens in between.
        let lock = "SELECT pg_advisory_lock(hashtext($1))";
        client.execute(lock, &[&name]).await.map_err(failed)?;
        let exists = "SELECT 1 FROM pg_database WHERE datname = $1";
        if client.query_opt(exists, &[&name]).await.map_err(failed)?.is_none() {
            let unfinished = format!("{name}_unfinished");
            self.drop_database(&unfinished).await?;
            fill(self.create_database(&unfinished, None).await?).await?;
            // Sessions of `fill` that are still leaving would be in the way.
            let disconnect = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                              WHERE datname = $1";
            client.execute(disconnect, &[&unfinished]).await.map_err(failed)?;
            let (from, to) = (quoted(&unfinished), quoted(name));
            let rename = format!("ALTER DATABASE {from} RENAME TO {to}");
            client.batch_execute(&rename).await.map_err(failed)?;
        }
        Ok(self.url_of(name))
    }

    /// Creates a database under a name of its own, for a test, and gives its
    /// URL. Nobody has to drop it: those that are an hour old go when the next
    /// one is made.
    ///
    /// # Errors
    /// When the database cannot be made.
    pub async fn scratch_database(&self, template: Option<&str>) -> Result<String, PostgresError> {
        let name = format!("{SCRATCH}{}", Ulid::generate());
        let client = self.maintenance(&name).await?;
        let names = "SELECT datname::text FROM pg_database";
        let failed =
            |source| PostgresError::Database { action: "reach", name: name.clone(), source };
        for row in client.query(names, &[]).await.map_err(failed)? {
            let name: String = row.get(0);
            if is_outlived(&name, SystemTime::now()) {
                // Somebody else may be doing the same.
                let _dropped = self.drop_database(&name).await;
            }
        }
        self.create_database(&name, template).await
    }

    /// Drops a database, sending away whoever is connected to it; one that
    /// does not exist is dropped already.
    ///
    /// # Errors
    /// When the server cannot be asked or refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), PostgresError> {
        let client = self.maintenance(name).await?;
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
        client.batch_execute(&statement).await.map_err(|source| PostgresError::Database {
            action: "drop",
            name: name.into(),
            source,
        })
    }

    async fn maintenance(&self, wanted: &str) -> Result<Client, PostgresError> {
        let failed =
            |source| PostgresError::Database { action: "reach", name: wanted.into(), source };
        let url = self.url_of(MAINTENANCE);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.map_err(failed)?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Whether a database was made for a test that must be over.
fn is_outlived(name: &str, now: SystemTime) -> bool {
    let made = name.strip_prefix(SCRATCH).and_then(|made| Ulid::from_string(made).ok());
    made.is_some_and(|made| made.datetime() + Duration::from_hours(1) < now)
}

/// A name as SQL takes it literally.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_databases_of_tests_are_outlived() {
        let now = SystemTime::now();
        let made = Ulid::from_datetime(now);
        let later = now + Duration::from_hours(2);
        assert!(is_outlived(&format!("scratch_{made}"), later));
        assert!(!is_outlived(&format!("scratch_{made}"), now));
        assert!(!is_outlived("scratch_books", later) && !is_outlived("tenantry", later));
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
