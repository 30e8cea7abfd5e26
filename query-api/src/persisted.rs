//! Queries that clients send once and name by their hash from then on, as
//! Apollo's clients do.

use std::sync::Arc;

use async_graphql::{Request, Value};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// How many bytes of queries are kept.
const BYTES: u64 = 8 * 1024 * 1024;

/// Queries by the SHA-256 of their text. The text is all there is to know, so
/// all tenants share them.
pub(crate) struct Persisted(Cache<[u8; 32], Arc<str>>);

impl Default for Persisted {
    fn default() -> Self {
        let bytes = |_: &[u8; 32], text: &Arc<str>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().weigher(bytes).max_capacity(BYTES).build())
    }
}

impl Persisted {
    /// Fills in the text of a query that is only named, and remembers one that
    /// comes with its name.
    ///
    /// # Errors
    /// When the name is not known here, or not that of the text.
    pub(crate) fn complete(&self, request: &mut Request) -> Result<(), Problem> {
        let Some(Value::Object(named)) = request.extensions.get("persistedQuery") else {
            return Ok(());
        };
        let hash = match named.get("sha256Hash") {
            Some(Value::String(text)) => hash_of_hex(text),
            _ => None,
        };
        let Some(hash) = hash else {
            let message = "extensions.persistedQuery.sha256Hash: expected 64 hexadecimal digits";
            return Err(Problem::invalid(message));
        };
        if request.query.is_empty() {
            let known = self.0.get(&hash);
            // Clients look for these words.
            let text = known.ok_or_else(|| {
                Problem::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")
            })?;
            request.query = text.to_string();
            return Ok(());
        }
        let digest: [u8; 32] = Sha256::digest(request.query.as_bytes()).into();
        if digest != hash {
            let message = "extensions.persistedQuery.sha256Hash: is not the hash of the query";
            return Err(Problem::invalid(message));
        }
        self.0.insert(hash, request.query.as_str().into());
        Ok(())
    }
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
    fn a_name_that_is_not_the_hash_of_its_query_is_refused() {
        let persisted = Persisted::default();
        let wrong = "0".repeat(64);
        assert!(persisted.complete(&mut request("{__typename}", &wrong)).is_err());
        assert!(persisted.complete(&mut request("", "short")).is_err());
        assert!(persisted.complete(&mut Request::new("{__typename}")).is_ok());
    }
}
