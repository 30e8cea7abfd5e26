//! New keys for old, from the top down.

use domain::kernel::Timestamp;
use tokio_postgres::{Client, Transaction};
use ulid::Ulid;

use super::{
    KeyEncryption, KeyError, Wrapped,
    cipher::{Cipher, Secret, generate},
    payload::place_of,
};
use crate::{
    ReadError,
    pg::{ulid, uuid},
};

/// People whose keys are encrypted anew in one statement.
const PAGE: i64 = 1_000;

/// Gives a tenant a new key, encrypts the keys of all its people under it, and
/// all of the tenant's keys under the newest master key. What was sealed stays
/// as it is. The old key stays, too, for whoever still has it in memory, until
/// [`retire`] takes it away. Says how many people's keys were encrypted anew.
///
/// The session must be allowed to act as `tenantry_owner`.
///
/// # Errors
/// When a master key is missing or the database refuses; then nothing has
/// changed.
pub async fn rotate(
    client: &mut Client,
    backend: &dyn KeyEncryption,
    tenant: Ulid,
) -> Result<u64, KeyError> {
    let transaction = client.transaction().await.map_err(refused)?;
    transaction.batch_execute("SET LOCAL ROLE tenantry_owner").await.map_err(refused)?;
    // Nobody adds a person's key meanwhile.
    transaction
        .query("SELECT FROM log.heads WHERE tenant_id = $1 FOR UPDATE", &[&uuid(tenant)])
        .await
        .map_err(refused)?;
    let mut rotation = Rotation { transaction, backend, tenant, above: vec![] };
    rotation.rewrap().await?;
    let count = rotation.renew().await?;
    rotation.transaction.commit().await.map_err(refused)?;
    Ok(count)
}

struct Rotation<'a> {
    transaction: Transaction<'a>,
    backend: &'a dyn KeyEncryption,
    tenant: Ulid,
    /// The tenant's keys for the keys of people, by version.
    above: Vec<(i32, Secret)>,
}

impl Rotation<'_> {
    /// Encrypts the tenant's keys under the newest master key.
    async fn rewrap(&mut self) -> Result<(), KeyError> {
        let sql = "SELECT purpose, version, master, wrapped FROM log.tenant_keys
             WHERE tenant_id = $1 ORDER BY purpose, version";
        let rows = self.transaction.query(sql, &[&uuid(self.tenant)]).await.map_err(refused)?;
        for row in rows {
            let purpose: String = row.try_get(0).map_err(refused)?;
            let version: i32 = row.try_get(1).map_err(refused)?;
            let wrapped = Wrapped {
                master: row.try_get(2).map_err(refused)?,
                bytes: row.try_get(3).map_err(refused)?,
            };
            let key = self.backend.unwrap(self.tenant, &wrapped).await?;
            let Wrapped { master, bytes } = self.backend.wrap(self.tenant, &key).await?;
            let sql = "UPDATE log.tenant_keys SET master = $4, wrapped = $5
                 WHERE tenant_id = $1 AND purpose = $2 AND version = $3";
            self.transaction
                .execute(sql, &[&uuid(self.tenant), &purpose, &version, &master, &bytes])
                .await
                .map_err(refused)?;
            if purpose == "subjects" {
                self.above.push((version, key));
            }
        }
        Ok(())
    }

    /// Makes a new key for the keys of people, and encrypts them under it.
    async fn renew(&mut self) -> Result<u64, KeyError> {
        let Some((newest, _)) = self.above.last() else { return Ok(0) };
        let version = newest + 1;
        let key = generate()?;
        let Wrapped { master, bytes } = self.backend.wrap(self.tenant, &key).await?;
        let sql = "INSERT INTO log.tenant_keys (tenant_id, purpose, version, master, wrapped)
             VALUES ($1, 'subjects', $2, $3, $4)";
        self.transaction
            .execute(sql, &[&uuid(self.tenant), &version, &master, &bytes])
            .await
            .map_err(refused)?;
        let cipher = Cipher::new(&key)?;
        let mut count = 0;
        loop {
            let moved = self.renew_some(version, &cipher).await?;
            if moved == 0 {
                return Ok(count);
            }
            count += moved;
        }
    }

    async fn renew_some(&self, version: i32, cipher: &Cipher) -> Result<u64, KeyError> {
        let sql = "SELECT subject_id, tenant_key, wrapped FROM log.subject_keys
             WHERE tenant_id = $1 AND tenant_key <> $2 AND wrapped IS NOT NULL LIMIT $3";
        let rows = self
            .transaction
            .query(sql, &[&uuid(self.tenant), &version, &PAGE])
            .await
            .map_err(refused)?;
        let (mut subjects, mut renewed) = (vec![], vec![]);
        for row in &rows {
            let subject: uuid::Uuid = row.try_get(0).map_err(refused)?;
            let old: i32 = row.try_get(1).map_err(refused)?;
            let wrapped: &[u8] = row.try_get(2).map_err(refused)?;
            let place = place_of(ulid(subject));
            let (_, above) = self
                .above
                .iter()
                .find(|(version, _)| *version == old)
                .ok_or(KeyError::Broken("a tenant's key is missing"))?;
            let key = Cipher::new(above)?.open(&place, wrapped)?;
            subjects.push(subject);
            renewed.push(cipher.seal(&place, &key)?);
        }
        let sql = "UPDATE log.subject_keys AS k SET tenant_key = $2, wrapped = n.wrapped
             FROM unnest($3::uuid[], $4::bytea[]) AS n (subject_id, wrapped)
             WHERE k.tenant_id = $1 AND k.subject_id = n.subject_id";
        self.transaction
            .execute(sql, &[&uuid(self.tenant), &version, &subjects, &renewed])
            .await
            .map_err(refused)
    }
}

/// Takes away a tenant's keys that were replaced before a moment and that
/// nothing needs any more, and says which master keys the rest needs.
///
/// # Errors
/// When the database refuses.
pub async fn retire(
    client: &mut Client,
    tenant: Ulid,
    before: Timestamp,
) -> Result<Vec<String>, KeyError> {
    let transaction = client.transaction().await.map_err(refused)?;
    transaction.batch_execute("SET LOCAL ROLE tenantry_owner").await.map_err(refused)?;
    let before = chrono::DateTime::<chrono::Utc>::from(before);
    transaction
        .execute(include_str!("sql/retired.sql"), &[&uuid(tenant), &before])
        .await
        .map_err(refused)?;
    let sql = "SELECT DISTINCT master FROM log.tenant_keys WHERE tenant_id = $1";
    let rows = transaction.query(sql, &[&uuid(tenant)]).await.map_err(refused)?;
    let masters = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>();
    let masters = masters.map_err(refused)?;
    transaction.commit().await.map_err(refused)?;
    Ok(masters)
}

#[expect(clippy::needless_pass_by_value, reason = "reads well after map_err")]
fn refused(error: tokio_postgres::Error) -> KeyError {
    let message = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    ReadError::Unavailable(message).into()
}
