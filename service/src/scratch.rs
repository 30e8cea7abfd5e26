//! A folder for one test, and patience for what other processes do.

use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// An empty folder that is gone with its owner.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let unique = format!("tenantry-{name}-{}", ulid::Ulid::generate());
        let path = std::env::temp_dir().join(unique);
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Deref for Scratch {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _left = fs::remove_dir_all(&self.0);
    }
}

/// Looks until it is so, for at most a minute.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// One server for all tests that need one, with a copy of a prepared database
/// for each.
pub(crate) mod server {
    use std::sync::LazyLock;

    use secrecy::SecretString;
    use tokio_postgres::NoTls;

    use crate::{
        config::{Config, Database},
        postgres::{Options, Postgres, PostgresError},
    };

    static SERVER: LazyLock<Postgres> = LazyLock::new(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/service-tests");
        Options::new(folder).throwaway().share().unwrap()
    });

    const PREPARED: &str = "
        DO $$
        DECLARE name text;
        BEGIN
            FOREACH name IN ARRAY ARRAY['tenantry_query', 'tenantry_command'] LOOP
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                END IF;
            END LOOP;
        END $$;
        CREATE TABLE things (tenant_id uuid NOT NULL, name text NOT NULL);
        ALTER TABLE things ENABLE ROW LEVEL SECURITY;
        ALTER TABLE things FORCE ROW LEVEL SECURITY;
        CREATE POLICY of_tenant ON things USING (
            tenant_id = nullif(current_setting('tenantry.tenant', true), '')::uuid);
        GRANT SELECT ON things TO tenantry_query;
        GRANT SELECT, INSERT ON things TO tenantry_command;
        INSERT INTO things VALUES
            ('00000000-0000-0000-0000-000000000001', 'of the first'),
            ('00000000-0000-0000-0000-000000000002', 'of the second');";

    /// The configuration of a database of one's own.
    pub(crate) async fn database() -> Database {
        let prepared = SERVER.ensure_database("prepared_1", |url| async move {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(PREPARED).await.unwrap();
            Ok::<_, PostgresError>(())
        });
        prepared.await.unwrap();
        let url = SERVER.scratch_database(Some("prepared_1")).await.unwrap();
        Database { url: SecretString::from(url), ..Config::default().database }
    }
}
