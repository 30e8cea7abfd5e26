//! One tenant's rows, tried from another tenant's transaction: everything that
//! a role of the services can say to the database. What there is to try comes
//! from the catalogue, so that a table of tomorrow is tried tomorrow.

mod catalogue;
mod functions;
mod http;
mod roles;
mod rows;
mod tricks;

use domain::{Platform, kernel::Registry};
use tests::Database;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

const SERVICES: [&str; 5] = [
    "tenantry_command",
    "tenantry_query",
    "tenantry_projector",
    "tenantry_worker",
    "tenantry_cold",
];

/// Tables without a tenant, each with the reason that there is none.
const OF_NOBODY: &[(&str, &str)] = &[
    ("log.schema_version", "which schema the database has"),
    ("log.command_partitions", "from when to when outcomes are kept where"),
    ("log.leases", "which process works on which shard of tenants"),
    ("log.lease_holders", "among which processes the shards are divided"),
    ("log.read_tables", "which read tables there are"),
    ("log.builds", "which read tables are being filled, and how far they are"),
];

/// Who may see and change rows of tenants it did not name, and why. Whatever is
/// not here must not show a single one.
const ACROSS_TENANTS: &[(&str, &str, &str)] = &[
    ("tenantry_projector", "log.heads", "finds out who has something new"),
    ("tenantry_worker", "log.heads", "finds out who has something new"),
    ("tenantry_projector", "log.checkpoints", "keeps its places"),
    ("tenantry_worker", "log.checkpoints", "keeps its places"),
    ("tenantry_projector", "log.consumer_failures", "keeps what it could not take"),
    ("tenantry_worker", "log.consumer_failures", "keeps what it could not take"),
    ("tenantry_projector", "log.quarantined_streams", "keeps what it could not take"),
    ("tenantry_projector", "log.discarded_events", "leaves them out"),
    ("tenantry_projector", "log.consumer_lag", "shows what the two above see"),
    ("tenantry_worker", "log.consumer_lag", "shows what the two above see"),
    ("tenantry_projector", "log.pasts", "finds out which pasts are to be filled or removed"),
    ("tenantry_projector", "log.past_tables", "keeps how far they are"),
    ("tenantry_worker", "log.tree_checkpoints", "finds out what is to be sealed"),
    ("tenantry_cold", "log.heads", "finds out whose logs are long"),
    ("tenantry_cold", "log.segments", "finds out what of them is cold"),
    ("tenantry_worker", "log.timers", "finds out what is due"),
    ("tenantry_worker", "log.refused_intents", "keeps what was refused"),
];

fn across_tenants(role: &str, table: &str) -> bool {
    ACROSS_TENANTS.iter().any(|(who, what, _)| *who == role && *what == table)
}

/// A table or view, as the catalogue has it.
struct Relation {
    name: String,
    /// Whether rows can be put in; into a partition they come by themselves.
    is_table: bool,
}

const NO_CHECKS: &str = "DO $$
    DECLARE made_by record;
    BEGIN
        FOR made_by IN
            SELECT conrelid::regclass AS place, conname FROM pg_constraint
            WHERE contype IN ('c', 'f') AND conparentid = 0 AND conislocal
                AND connamespace IN ('log'::regnamespace, 'read'::regnamespace, 'past'::regnamespace)
        LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', made_by.place, made_by.conname);
        END LOOP;
    END $$";

/// A database with rows of two tenants in every table, and logins.
struct Ground {
    // Dropped after the sessions are.
    database: Database,
    owner: Client,
    a: Uuid,
    b: Uuid,
}

impl Ground {
    async fn new() -> Self {
        let database = Database::new().await.unwrap();
        let mut owner = database.owner().await.unwrap();
        let registry = Registry::of::<Platform>().unwrap();
        projector::create_tables(&mut owner, &registry).await.unwrap();
        // Made-up rows are enough: whose they are is all that counts here.
        owner.batch_execute(NO_CHECKS).await.unwrap();
        let mut tenants = [Uuid::nil(); 2];
        for tenant in &mut tenants {
            *tenant = Uuid::from_u128(database.tenant().await.unwrap().0);
        }
        let [a, b] = tenants;
        let ground = Self { database, owner, a, b };
        for relation in ground.relations().await.iter().filter(|relation| relation.is_table) {
            for tenant in [a, b] {
                catalogue::fill(&ground.owner, &relation.name, tenant).await;
            }
        }
        ground
    }

    /// A session of a service's own login.
    async fn session(&self, role: &str) -> Client {
        let mut config = self.database.config();
        config.user(format!("{role}_login"));
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Every table and view that belongs to a tenant.
    async fn relations(&self) -> Vec<Relation> {
        let sql = "SELECT format('%I.%I', n.nspname, c.relname), c.relkind IN ('r', 'p')
                       AND NOT c.relispartition
                   FROM pg_class AS c
                   JOIN pg_namespace AS n ON n.oid = c.relnamespace
                   JOIN pg_attribute AS a
                       ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
                       AND n.nspname NOT IN ('pg_catalog', 'information_schema')
                   ORDER BY 1";
        let rows = self.owner.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| Relation { name: row.get(0), is_table: row.get(1) }).collect()
    }
}
