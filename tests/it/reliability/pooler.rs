//! Through `PgBouncer` in transaction mode: whatever version is installed, the
//! services keep their promises. Debian's 1.18 keeps no prepared statements.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    time::Duration,
};

use event_store::{
    PgLog, contract,
    pg::{self, PgLogSettings, Signals},
};
use secrecy::SecretString;
use service::{
    config::Config,
    database::{Database, DatabaseRole},
    postgres::Postgres,
};
use tempfile::TempDir;
use tests::{LOGINS, Serving, program};
use tokio_postgres::{Client, NoTls, types::Type};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{PROGRAM, SOME, eventually, load, options, skipped};

/// A pooler before a server. It ends with this value.
struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
    postgres: Postgres,
    _data: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A migrated server with logins, and a pooler that lends few connections to
/// many. Nothing where none is installed.
async fn pooler(further: &str) -> Option<Pooler> {
    let bouncer = match program("pgbouncer", "pgbouncer") {
        Ok(bouncer) => bouncer,
        Err(error) => {
            skipped("through a pooler", &error.to_string());
            return None;
        }
    };
    let data = tempfile::tempdir().unwrap();
    let postgres = options(&data).start().unwrap();
    let mut owner = connect(&postgres.url()).await;
    pg::migrate(&mut owner).await.unwrap();
    owner.batch_execute(LOGINS).await.unwrap();

    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let file = folder.path().join("pgbouncer.ini");
    let socket = postgres.socket_folder().display().to_string();
    let users_file = folder.path().join("users.txt").display().to_string();
    let text = format!(
        "[databases]\ntenantry = host={socket} dbname=tenantry\n\n[pgbouncer]\n\
         listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = trust\nauth_file = {users_file}\npool_mode = transaction\n\
         default_pool_size = 3\nmax_client_conn = 200\n{further}\n"
    );
    fs::write(&file, text).unwrap();
    let users = ROLES.map(|role| format!("\"{role}_login\" \"\"\n"));
    fs::write(users_file, users.concat()).unwrap();
    // It refuses to be root, and has to be let in by the server's socket.
    let owner_of = fs::metadata(postgres.socket_folder()).unwrap();
    let mut command = Command::new("setpriv");
    if rustix::process::geteuid().is_root() {
        use std::os::unix::fs::MetadataExt;
        command.arg(format!("--reuid={}", owner_of.uid()));
        command.arg(format!("--regid={}", owner_of.gid())).arg("--clear-groups");
    }
    let child = command
        .arg("--")
        .arg(bouncer)
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pooler = Pooler { child, port, _folder: folder, postgres, _data: data };
    eventually("the pooler takes connections", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
    })
    .await;
    Some(pooler)
}

const ROLES: [&str; 5] = [
    "tenantry_command",
    "tenantry_query",
    "tenantry_projector",
    "tenantry_worker",
    "tenantry_owner",
];

impl Pooler {
    /// A login of its own for each role.
    fn url(&self) -> String {
        format!("postgresql://{{role}}_login@127.0.0.1:{}/tenantry", self.port)
    }

    fn config(&self) -> service::config::Database {
        service::config::Database {
            url: SecretString::from(self.url()),
            pooled: true,
            prepared_statements: false,
            ..Config::default().database
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_keeps_the_contract_through_a_pooler() {
    let Some(pooler) = pooler("").await else { return };
    let shutdown = CancellationToken::new();
    let database = Database::connect(&pooler.config(), DatabaseRole::Command, 8).await.unwrap();
    assert!(database.listening().is_none(), "nobody can listen through a pooler");
    let log = PgLog::start(
        database.raw().clone(),
        &Signals::silent(),
        &PgLogSettings { poll: Duration::from_millis(20), ..PgLogSettings::default() },
        &shutdown,
    );
    let owner = connect(&pooler.postgres.url()).await;
    contract::all(log, || async {
        let tenant = Ulid::generate();
        pg::provision(&owner, tenant, "a tenant").await.unwrap();
        tenant
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_services_work_through_a_pooler() {
    let Some(pooler) = pooler("").await else { return };
    let direct = pooler.postgres.url();
    let served = tokio::task::block_in_place(|| {
        Serving::new(PROGRAM, &direct)
            .through(&pooler.url())
            .set("TENANTRY__DATABASE__POOLED", "true")
            .set("TENANTRY__DATABASE__PREPARED_STATEMENTS", "false")
            .set("TENANTRY__DATABASE__DIRECT_URL", &direct)
            .start()
            .unwrap()
    });
    let mut load = load(&served);
    load.further(SOME * 3).await.unwrap();
    let told = load.stop().await.unwrap();
    tests::check(&served, &told).await.unwrap();
    // They did go through it, and each in its role.
    let users = "SELECT count(DISTINCT usename) FROM pg_stat_activity
                 WHERE usename IN ('tenantry_command_login', 'tenantry_query_login',
                     'tenantry_projector_login')";
    let owner = served.owner().await.unwrap();
    assert_eq!(owner.query_one(users, &[]).await.unwrap().get::<_, i64>(0), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_without_names_give_what_named_ones_give() {
    let Some(pooler) = pooler("").await else { return };
    let database = Database::connect(&pooler.config(), DatabaseRole::Query, 4).await.unwrap();
    let tenant = Ulid::generate();
    // More at once than the pooler has connections, each many times.
    let reads = (0..16_i64).map(|number| {
        let database = database.clone();
        tokio::spawn(async move {
            for turn in 0..20_i64 {
                let sql = "SELECT $1::bigint + $2::bigint, current_user::text, now()";
                let rows = database.read(tenant, sql, &[&number, &turn]).await.unwrap();
                assert_eq!(rows[0].get::<_, i64>(0), number + turn);
                assert_eq!(rows[0].get::<_, String>(1), "tenantry_query");
                let sql = format!("SELECT $1::bigint * {turn}");
                let once = [(&number as _, Type::INT8)];
                let rows = database.read_once(tenant, &sql, &once).await.unwrap();
                assert_eq!(rows[0].get::<_, i64>(0), number * turn);
            }
        })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.unwrap();
    }
    // An error is the statement's own, and the connection is good afterwards.
    let wrong = database.read(tenant, "SELECT 1 / $1::bigint", &[&0_i64]).await.unwrap_err();
    assert!(wrong.to_string().contains("division by zero"), "{wrong}");
    let missing = database.read(tenant, "SELECT * FROM nowhere", &[]).await.unwrap_err();
    assert!(missing.to_string().contains("nowhere"), "{missing}");
    assert_eq!(database.read(tenant, "SELECT 1", &[]).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_go_through_a_pooler_says_so() {
    let Some(pooler) = pooler("").await else { return };
    let failure = async |config: &service::config::Database, role| {
        Database::connect(config, role, 1).await.unwrap_err().to_string()
    };
    // A pooler that nobody mentioned.
    let unmentioned =
        service::config::Database { pooled: false, prepared_statements: true, ..pooler.config() };
    let text = failure(&unmentioned, DatabaseRole::Query).await;
    assert!(text.contains("this is a pooler: set database.pooled = true"), "{text}");
    // Who needs sessions.
    for role in [DatabaseRole::Worker, DatabaseRole::Owner] {
        let text = failure(&pooler.config(), role).await;
        assert!(text.contains("set database.direct_url"), "{text}");
    }
    // A login that comes in another role: here, that of somebody else.
    let url = pooler.url().replace("{role}", "tenantry_query");
    let other = service::config::Database { url: SecretString::from(url), ..pooler.config() };
    let text = failure(&other, DatabaseRole::Command).await;
    assert!(
        text.contains("in role tenantry_query, not in tenantry_command")
            && text.contains("ALTER ROLE tenantry_query_login SET role = 'tenantry_command'"),
        "{text}"
    );
}

/// Reads per second, eight at a time.
async fn reads(config: &service::config::Database) -> f64 {
    let database = Database::connect(config, DatabaseRole::Query, 8).await.unwrap();
    let tenant = Ulid::generate();
    let sql = "SELECT position, recorded_at FROM log.heads WHERE tenant_id = $1";
    let started = std::time::Instant::now();
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                for _ in 0..500 {
                    database.read(tenant, sql, &[&pg::uuid(tenant)]).await.unwrap();
                }
            })
        })
        .collect();
    for reader in readers {
        reader.await.unwrap();
    }
    4_000.0 / started.elapsed().as_secs_f64()
}

#[ignore = "measures; says what with --no-capture"]
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a measurement is told")]
async fn what_statements_without_names_cost() {
    let Some(pooler) = pooler("").await else { return };
    let direct = pooler.postgres.url().replace("user=tenantry", "user={role}_login");
    let direct = SecretString::from(direct);
    let named = service::config::Database {
        url: direct.clone(),
        prepared_statements: true,
        ..pooler.config()
    };
    let unnamed = service::config::Database { url: direct, ..pooler.config() };
    for round in 1..=3 {
        let (named, unnamed) = (reads(&named).await, reads(&unnamed).await);
        let through = reads(&pooler.config()).await;
        eprintln!(
            "{round}: {named:.0}/s named, {unnamed:.0}/s unnamed, {through:.0}/s through a pooler"
        );
    }
}
