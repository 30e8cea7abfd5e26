//! The keys of personal data, carried apart from the archive.
//!
//! An archive holds personal data sealed, as the log does. Who may read it is
//! decided by who has the keys: a file of its own, in which the tenant's keys
//! are encrypted under a transfer key that travels by another way. The keys of
//! people stay encrypted under the tenant's.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tokio_postgres::{GenericClient, Transaction};
use ulid::Ulid;

use super::{ArchiveError, event::Base64, format::hex};
use crate::{
    TenantId,
    keys::{KeyEncryption, KeyError, SecretFile, Wrapped},
    pg::uuid,
};

/// What the file says it is.
const FORMAT: &str = "tenantry-keys";

/// The version that this program writes and reads.
const VERSION: u64 = 1;

/// Rows written by one statement.
const ROWS: usize = 5_000;

/// What to do about a file that does not fit.
const FIX: &str = "take another copy of it, or export the keys again";

/// A file of keys beside an archive.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// Where it is.
    pub path: PathBuf,
    /// What the tenant's keys are encrypted under in it.
    pub transfer: Arc<dyn KeyEncryption>,
}

/// Where an import takes keys from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// From the tenant that the archive was made from, if it is here.
    Tenant,
    /// From a file.
    File(KeyFile),
    /// From nowhere: personal data stays sealed and reads as erased.
    Nowhere,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u64,
    tenant: String,
}

#[derive(Serialize, Deserialize)]
struct End {
    lines: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct TenantKey {
    purpose: String,
    version: i32,
    master: String,
    wrapped: Base64,
}

/// A line between the first and the last.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    TenantKey(TenantKey),
    #[serde(borrow)]
    SubjectKey(&'a RawValue),
}

/// Writes the keys of a tenant, as a transaction sees them.
pub(super) async fn export(
    client: &impl GenericClient,
    backend: &dyn KeyEncryption,
    tenant: Ulid,
    file: &KeyFile,
) -> Result<(), ArchiveError> {
    let mut out = Writer::create(&file.path)?;
    let header =
        Header { format: FORMAT.into(), version: VERSION, tenant: TenantId(tenant).to_string() };
    out.line(&header)?;
    for mut key in tenant_keys(client, tenant).await? {
        key = passed(key, (backend, tenant), (&*file.transfer, tenant)).await?;
        out.line(&Line::TenantKey(key))?;
    }
    let rows =
        client.query_raw(include_str!("sql/export_subject_keys.sql"), [uuid(tenant)]).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let row: &RawValue = serde_json::from_str(row.try_get(0)?)
            .map_err(|error| ArchiveError::System(error.into()))?;
        out.line(&Line::SubjectKey(row))?;
    }
    out.end()
}

/// Brings the keys of a tenant in, in place of those it has, which is none
/// that anything was sealed with: its log is empty.
pub(super) async fn import(
    transaction: &Transaction<'_>,
    backend: &dyn KeyEncryption,
    (source, target): (Ulid, Ulid),
    keys: &KeySource,
) -> Result<(), ArchiveError> {
    match keys {
        KeySource::Nowhere => Ok(()),
        KeySource::Tenant if source == target => Ok(()),
        KeySource::Tenant => {
            let found = tenant_keys(transaction, source).await?;
            clear(transaction, target).await?;
            for key in found {
                let key = passed(key, (backend, source), (backend, target)).await?;
                add(transaction, target, &key).await?;
            }
            let sql = include_str!("sql/copy_subject_keys.sql");
            transaction.execute(sql, &[&uuid(target), &uuid(source)]).await?;
            forget(transaction, source, target).await
        }
        KeySource::File(file) => {
            check(&file.path, source)?;
            clear(transaction, target).await?;
            let mut subjects: Vec<String> = vec![];
            let mut lines = Reader::open(&file.path)?;
            while let Some(line) = lines.next()? {
                match lines.body(&line)? {
                    Line::TenantKey(key) => {
                        let key = passed(key, (&*file.transfer, source), (backend, target)).await?;
                        add(transaction, target, &key).await?;
                    }
                    Line::SubjectKey(row) => subjects.push(row.get().to_owned()),
                }
                if subjects.len() >= ROWS {
                    add_subjects(transaction, target, &mut subjects).await?;
                }
            }
            add_subjects(transaction, target, &mut subjects).await?;
            forget(transaction, source, target).await
        }
    }
}

/// A tenant's key, encrypted for somebody else.
async fn passed(
    key: TenantKey,
    from: (&dyn KeyEncryption, Ulid),
    to: (&dyn KeyEncryption, Ulid),
) -> Result<TenantKey, ArchiveError> {
    let TenantKey { purpose, version, master, wrapped } = key;
    let opened = from.0.unwrap(from.1, &Wrapped { master, bytes: wrapped.0 }).await?;
    let Wrapped { master, bytes } = to.0.wrap(to.1, &opened).await?;
    Ok(TenantKey { purpose, version, master, wrapped: Base64(bytes) })
}

async fn tenant_keys(
    client: &impl GenericClient,
    tenant: Ulid,
) -> Result<Vec<TenantKey>, ArchiveError> {
    let sql = "SELECT purpose, version, master, wrapped FROM log.tenant_keys
         WHERE tenant_id = $1 ORDER BY purpose, version";
    let rows = client.query(sql, &[&uuid(tenant)]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(TenantKey {
            purpose: row.try_get(0)?,
            version: row.try_get(1)?,
            master: row.try_get(2)?,
            wrapped: Base64(row.try_get(3)?),
        })
    };
    rows.iter().map(read).collect()
}

/// Removes the keys of a tenant whose log is empty.
pub(super) async fn clear(transaction: &Transaction<'_>, tenant: Ulid) -> Result<(), ArchiveError> {
    for sql in [
        "DELETE FROM log.subject_keys WHERE tenant_id = $1",
        "DELETE FROM log.tenant_keys WHERE tenant_id = $1",
    ] {
        transaction.execute(sql, &[&uuid(tenant)]).await?;
    }
    Ok(())
}

async fn add(
    transaction: &Transaction<'_>,
    tenant: Ulid,
    key: &TenantKey,
) -> Result<(), ArchiveError> {
    let sql = "INSERT INTO log.tenant_keys (tenant_id, purpose, version, master, wrapped)
         VALUES ($1, $2, $3, $4, $5)";
    let TenantKey { purpose, version, master, wrapped } = key;
    transaction.execute(sql, &[&uuid(tenant), purpose, version, master, &wrapped.0]).await?;
    Ok(())
}

async fn add_subjects(
    transaction: &Transaction<'_>,
    tenant: Ulid,
    rows: &mut Vec<String>,
) -> Result<(), ArchiveError> {
    let sql = include_str!("sql/import_subject_keys.sql");
    transaction.execute(sql, &[&uuid(tenant), &*rows]).await?;
    rows.clear();
    Ok(())
}

/// Destroys the keys of people who were erased, whatever copy they came from.
pub(super) async fn forget(
    transaction: &Transaction<'_>,
    source: Ulid,
    target: Ulid,
) -> Result<(), ArchiveError> {
    let sql = include_str!("sql/destroy_erased.sql");
    transaction.execute(sql, &[&uuid(target), &uuid(source)]).await?;
    Ok(())
}

/// Sees that a file of keys is whole, and is of this tenant.
fn check(path: &Path, tenant: Ulid) -> Result<(), ArchiveError> {
    let mut lines = Reader::open(path)?;
    while let Some(line) = lines.next()? {
        lines.body(&line)?;
    }
    let of = &lines.header.tenant;
    if *of == TenantId(tenant).to_string() {
        return Ok(());
    }
    Err(ArchiveError::refused(format!(
        "{} has the keys of {of}, the archive is of {}",
        path.display(),
        TenantId(tenant)
    )))
}

/// Writes a file whole, readable by its owner alone.
struct Writer {
    out: BufWriter<SecretFile>,
    path: PathBuf,
    hash: Sha256,
    lines: u64,
}

impl Writer {
    fn create(path: &Path) -> Result<Self, ArchiveError> {
        let out = SecretFile::begin(path).map_err(|error| at(path, &error))?;
        let out = BufWriter::new(out);
        Ok(Self { out, path: path.to_owned(), hash: Sha256::new(), lines: 0 })
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), ArchiveError> {
        let mut text =
            serde_json::to_vec(line).map_err(|error| ArchiveError::System(error.into()))?;
        text.push(b'\n');
        self.hash.update(&text);
        self.lines += 1;
        Ok(self.out.write_all(&text)?)
    }

    fn end(mut self) -> Result<(), ArchiveError> {
        let sha256 = hex(&std::mem::take(&mut self.hash).finalize());
        let end = End { lines: self.lines, sha256 };
        self.line(&end)?;
        let written = self.out.into_inner().map_err(io::IntoInnerError::into_error);
        written.and_then(SecretFile::replace).map_err(|error| at(&self.path, &error))
    }
}

/// Reads a file, and sees that it comes to its end.
struct Reader {
    path: PathBuf,
    text: BufReader<File>,
    header: Header,
    hash: Sha256,
    lines: u64,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, ArchiveError> {
        let text = BufReader::new(File::open(path).map_err(|error| at(path, &error))?);
        let header = Header { format: String::new(), version: 0, tenant: String::new() };
        let path = path.to_owned();
        let mut reader = Self { path, text, header, hash: Sha256::new(), lines: 0 };
        let first = reader.next()?.unwrap_or_default();
        let header: Header = serde_json::from_slice(&first)
            .map_err(|error| reader.damaged(format!("it is no file of keys ({error})")))?;
        if header.format != FORMAT || header.version != VERSION {
            let (format, version) = (header.format, header.version);
            let what = format!("it is a {format} {version}, and must be a {FORMAT} {VERSION}");
            return Err(reader.damaged(what));
        }
        reader.header = header;
        Ok(reader)
    }

    /// The next line; none after the last, which tells whether all is there.
    fn next(&mut self) -> Result<Option<Vec<u8>>, ArchiveError> {
        let mut line = vec![];
        self.text.read_until(b'\n', &mut line).map_err(|error| at(&self.path, &error))?;
        match serde_json::from_slice::<End>(&line) {
            Ok(end) if self.lines > 0 => {
                let sha256 = hex(&std::mem::take(&mut self.hash).finalize());
                if end.lines == self.lines && end.sha256 == sha256 {
                    return Ok(None);
                }
                Err(self.damaged("it was changed after it was written".to_owned()))
            }
            _ if line.is_empty() => Err(self.damaged("it does not come to its end".to_owned())),
            _ => {
                self.hash.update(&line);
                self.lines += 1;
                Ok(Some(line))
            }
        }
    }

    fn body<'a>(&self, line: &'a [u8]) -> Result<Line<'a>, ArchiveError> {
        serde_json::from_slice(line)
            .map_err(|error| self.damaged(format!("a line is no key ({error})")))
    }

    fn damaged(&self, what: String) -> ArchiveError {
        ArchiveError::Damaged { file: self.path.display().to_string(), what, fix: FIX }
    }
}

fn at(path: &Path, error: &io::Error) -> ArchiveError {
    ArchiveError::refused(format!("{}: {error}", path.display()))
}

impl From<KeyError> for ArchiveError {
    fn from(error: KeyError) -> Self {
        Self::Refused(error.to_string())
    }
}
