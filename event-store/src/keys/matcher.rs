//! Finding personal values again without knowing them.

use std::{fmt, sync::Arc};

use domain::kernel::{Claim, matched};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::ring::TenantKey;

/// Turns personal values into what they can be found by, but not known from.
#[derive(Clone)]
pub struct Matcher(pub(super) Arc<TenantKey>);

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Matcher")
    }
}

impl Matcher {
    /// Sixteen bytes that are the same for all who write the same value,
    /// without regard to case and space around it, within the same scope.
    #[must_use]
    pub fn of(&self, scope: &str, value: &str) -> Vec<u8> {
        let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(&self.0.key) else { return vec![] };
        hash.update(scope.as_bytes());
        hash.update(&[0]);
        hash.update(matched(value).as_bytes());
        hash.finalize().into_bytes().iter().copied().take(16).collect()
    }

    /// Replaces what a personal claim says by what it is found by.
    pub(crate) fn hash(&self, claim: &mut Claim) {
        if let Claim::Take { scope, key, personal: true }
        | Claim::Release { scope, key, personal: true } = claim
        {
            let hash = self.of(scope, key);
            *key = uuid::Builder::from_slice(&hash)
                .map_or_else(|_| String::new(), |builder| builder.into_uuid().simple().to_string());
        }
    }
}
