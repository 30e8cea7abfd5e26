//! Queries that clients name by their hash: those they sent before, as Apollo's
//! clients do, or those of a list beside which nothing is answered.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc};

use async_graphql::{Request, Value};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// How many bytes of queries are kept.
const BYTES: u64 = 8 * 1024 * 1024;

/// Queries by the SHA-256 of their text. The text is all there is to know, so
/// all tenants share them.
pub(crate) enum Persisted {
    /// What clients send is remembered.
    Open(Cache<[u8; 32], Arc<str>>),
    /// Only these are answered.
    Listed(HashMap<[u8; 32], Arc<str>>),
}

/// Why the list of queries cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read.
    #[error("query_api.allowed_queries: cannot read {path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "query_api.allowed_queries: {path} is no JSON object of queries by their SHA-256: {reason}"
    )]
    Malformed {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A query goes by another's name.
    #[error(
        "query_api.allowed_queries: {path}: {name:?} is not the SHA-256, in hexadecimal digits, \
         of its query"
    )]
    Misnamed {
        /// Which file.
        path: String,
        /// The name.
        name: String,
    },
}

impl Default for Persisted {
    fn default() -> Self {
        let bytes = |_: &[u8; 32], text: &Arc<str>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self::Open(Cache::builder().weigher(bytes).max_capacity(BYTES).build())
    }
}

impl Persisted {
    /// The queries of a file, and no others; without a file, any.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(crate) fn of_file(path: &str) -> Result<Self, ListError> {
        if path.is_empty() {
            return Ok(Self::default());
        }
        let owned = || path.to_owned();
        let text = fs::read_to_string(Path::new(path))
            .map_err(|source| ListError::File { path: owned(), source })?;
        let listed: HashMap<String, String> = serde_json::from_str(&text)
            .map_err(|error| ListError::Malformed { path: owned(), reason: error.to_string() })?;
        let mut queries = HashMap::with_capacity(listed.len());
        for (name, query) in listed {
            let hash = hash_of_hex(&name).filter(|hash| *hash == digest(&query));
            let hash = hash.ok_or_else(|| ListError::Misnamed { path: owned(), name })?;
            queries.insert(hash, query.into());
        }
        Ok(Self::Listed(queries))
    }

    /// Fills in the text of a query that is only named, and remembers one that
    /// comes with its name.
    ///
    /// # Errors
    /// When the name is not known here, or not that of the text, or the query
    /// is not one of those that are answered.
    pub(crate) fn complete(&self, request: &mut Request) -> Result<(), Problem> {
        let named = named(request)?;
        if let Some(hash) = named.filter(|_| request.query.is_empty()) {
            request.query = self.query(&hash).ok_or_else(|| self.unknown())?.to_string();
            return Ok(());
        }
        if named.is_none() && matches!(self, Self::Open(_)) {
            return Ok(());
        }
        let hash = digest(&request.query);
        if named.is_some_and(|named| named != hash) {
            let message = "extensions.persistedQuery.sha256Hash: is not the hash of the query";
            return Err(Problem::invalid(message));
        }
        match self {
            Self::Open(known) => known.insert(hash, request.query.as_str().into()),
            Self::Listed(known) if known.contains_key(&hash) => {}
            Self::Listed(_) => return Err(self.unknown()),
        }
        Ok(())
    }

    fn query(&self, hash: &[u8; 32]) -> Option<Arc<str>> {
        match self {
            Self::Open(known) => known.get(hash),
            Self::Listed(known) => known.get(hash).cloned(),
        }
    }

    fn unknown(&self) -> Problem {
        match self {
            // Clients look for these words.
            Self::Open(_) => Problem::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound"),
            Self::Listed(_) => Problem::invalid(
                "query: only registered queries are answered here, and this is none; add it to \
                 the file of query_api.allowed_queries",
            ),
        }
    }
}

/// The hash by which a request names its query, if it does.
fn named(request: &Request) -> Result<Option<[u8; 32]>, Problem> {
    let Some(Value::Object(named)) = request.extensions.get("persistedQuery") else {
        return Ok(None);
    };
    let hash = match named.get("sha256Hash") {
        Some(Value::String(text)) => hash_of_hex(text),
        _ => None,
    };
    let message = "extensions.persistedQuery.sha256Hash: expected 64 hexadecimal digits";
    hash.map(Some).ok_or_else(|| Problem::invalid(message))
}

fn digest(query: &str) -> [u8; 32] {
    Sha256::digest(query.as_bytes()).into()
}

fn hash_of_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str, hash: &str) -> Request {
        let mut request = Request::new(query);
        let named = serde_json::json!({ "version": 1, "sha256Hash": hash });
        request.extensions.insert("persistedQuery".into(), Value::from_json(named).unwrap());
        request
    }

    #[test]
    fn a_query_is_known_by_its_hash_once_it_was_sent() {
        let persisted = Persisted::default();
        let text = "{__typename}";
        let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
        let unknown = persisted.complete(&mut request("", hash)).unwrap_err();
        assert_eq!(unknown.code, Code::PersistedQueryNotFound);
        persisted.complete(&mut request(text, hash)).unwrap();
        let mut named = request("", hash);
        persisted.complete(&mut named).unwrap();
        assert_eq!(named.query, text);
    }

    #[test]
    fn a_list_is_all_that_is_answered() {
        let file = std::env::temp_dir().join(format!("{}.json", ulid::Ulid::generate()));
        let path = file.to_str().unwrap();
        let text = "{__typename}";
        let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
        fs::write(&file, serde_json::json!({ hash: text }).to_string()).unwrap();
        let listed = Persisted::of_file(path).unwrap();
        for mut request in [request("", hash), request(text, hash), Request::new(text)] {
            listed.complete(&mut request).unwrap();
            assert_eq!(request.query, text);
        }
        let other = listed.complete(&mut Request::new("{ __typename }")).unwrap_err();
        assert_eq!(other.code, Code::Validation);
        assert!(other.message.contains("query_api.allowed_queries"), "{}", other.message);
        fs::write(&file, serde_json::json!({ hash: "{ __typename }" }).to_string()).unwrap();
        let misnamed = Persisted::of_file(path).err().unwrap().to_string();
        assert!(misnamed.contains("is not the SHA-256"), "{misnamed}");
        fs::write(&file, "[]").unwrap();
        assert!(matches!(Persisted::of_file(path), Err(ListError::Malformed { .. })));
        fs::remove_file(&file).unwrap();
        assert!(matches!(Persisted::of_file(path), Err(ListError::File { .. })));
    }

    #[test]
    fn a_name_that_is_not_the_hash_of_its_query_is_refused() {
        let persisted = Persisted::default();
        let wrong = "0".repeat(64);
        assert!(persisted.complete(&mut request("{__typename}", &wrong)).is_err());
        assert!(persisted.complete(&mut request("", "short")).is_err());
        assert!(persisted.complete(&mut Request::new("{__typename}")).is_ok());
    }
}
