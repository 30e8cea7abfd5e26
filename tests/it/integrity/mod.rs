//! What somebody with all rights in the database can do to a log, and that it
//! is found out.

mod documented;
mod forging;
mod sealing;
mod served;
mod tampering;

use deadpool_postgres::Pool;
use ed25519_dalek::SigningKey;
use event_store::integrity::{
    Audited, Checkpoint, Difference, Keyring, Kind, Scope, Sealer, audit,
};
use tests::Database;
use tokio_postgres::Client;
use ulid::Ulid;
use uuid::Uuid;

/// A tenant's log, its sealer, and a superuser's session.
struct Vault {
    database: Database,
    owner: Client,
    pool: Pool,
    keyring: Keyring,
    sealer: Sealer,
    tenant: Ulid,
}

impl Vault {
    async fn new() -> Self {
        let database = Database::new().await.unwrap();
        let keyring = keyring(1);
        let tenant = database.tenant().await.unwrap();
        Self {
            owner: database.owner().await.unwrap(),
            pool: database.pool("tenantry_owner").unwrap(),
            sealer: Sealer::new(database.pool("tenantry_worker").unwrap(), keyring.clone()),
            database,
            keyring,
            tenant,
        }
    }

    /// One with so many events, all of them sealed, by a hundred at a time.
    async fn sealed(events: u64) -> Self {
        let vault = Self::new().await;
        vault.write(vault.tenant, events).await;
        while vault.sealer.clone().with_batch(100).seal(vault.tenant).await.unwrap().is_some() {}
        vault
    }

    fn id(&self) -> Uuid {
        Uuid::from_u128(self.tenant.0)
    }

    /// Puts events into a log, faster than by appending them.
    async fn write(&self, tenant: Ulid, events: u64) {
        let tenant = Uuid::from_u128(tenant.0);
        let events = i64::try_from(events).unwrap();
        self.owner.execute(include_str!("write.sql"), &[&tenant, &events]).await.unwrap();
    }

    /// Does something to the database that nobody should.
    async fn tamper(&self, sql: &str) {
        let sql = sql.replace("$tenant", &format!("'{}'", self.id()));
        self.owner.batch_execute(&sql).await.unwrap();
    }

    async fn audit_with(&self, kept: Vec<Checkpoint>) -> Audited {
        let scope = Scope { kept, ..Scope::default() };
        audit(&self.pool, &self.keyring, &scope, |_| {}).await.unwrap()
    }

    async fn differences(&self) -> Vec<Difference> {
        self.audit_with(vec![]).await.differences
    }

    /// What is found, by kind and positions.
    async fn found(&self) -> Vec<(Kind, i64, i64)> {
        brief(&self.differences().await)
    }

    /// The last checkpoint, as somebody else would have kept it.
    async fn kept(&self) -> Checkpoint {
        let sql = "SELECT note FROM log.tree_checkpoints WHERE tenant_id = $1
             ORDER BY size DESC LIMIT 1";
        let note: String = self.owner.query_one(sql, &[&self.id()]).await.unwrap().get(0);
        self.keyring.open(self.tenant, &note).unwrap()
    }

    async fn number(&self, sql: &str) -> i64 {
        self.owner.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn brief(differences: &[Difference]) -> Vec<(Kind, i64, i64)> {
    differences.iter().map(|one| (one.kind, one.first, one.last)).collect()
}

/// The key of this number.
fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// The keys of an installation that has the key of this number.
fn keyring(seed: u8) -> Keyring {
    Keyring::signing("logs.example.com", signing_key(seed), &[])
}
