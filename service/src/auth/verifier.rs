//! Verifying tokens, and remembering which ones were verified.

use std::sync::Arc;

use domain::kernel::Timestamp;
use event_store::TenantId;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, errors::ErrorKind};
use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::{AuthError, Claims, Key, LEEWAY, Principal};
use crate::{config, time::now};

/// How many verified tokens are remembered; some 500 bytes each.
const REMEMBERED: u64 = 10_000;

/// Longer than any token that could be meant.
const LONGEST: usize = 8 * 1024;

/// Turns tokens into principals. Cheap to copy; copies share what they know.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    key: DecodingKey,
    key_id: String,
    validation: Validation,
    issuer: String,
    audience: String,
    /// By the token's SHA-256: checking a signature takes a hundred times as
    /// long as looking here, and a stolen copy of this memory opens nothing.
    verified: Cache<[u8; 32], Principal>,
}

impl Verifier {
    /// A verifier of tokens signed with this key.
    #[must_use]
    pub fn new(key: &Key, config: &config::Auth) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The claims are checked here, to say more than that they are wrong.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self(Arc::new(Inner {
            key: DecodingKey::from_ed_der(key.public_bytes()),
            key_id: key.id().to_owned(),
            validation,
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            verified: Cache::new(REMEMBERED),
        }))
    }

    /// Who bears the token.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn verify(&self, token: &str) -> Result<Principal, AuthError> {
        self.verify_at(token, now())
    }

    pub(super) fn verify_at(&self, token: &str, at: Timestamp) -> Result<Principal, AuthError> {
        let hash = Sha256::digest(token.as_bytes()).into();
        if let Some(principal) = self.0.verified.get(&hash) {
            if ended(principal.expires_at, at) {
                self.0.verified.invalidate(&hash);
                return Err(AuthError::Expired { at: principal.expires_at });
            }
            return Ok(principal);
        }
        let principal = self.0.check(token, at)?;
        self.0.verified.insert(hash, principal.clone());
        Ok(principal)
    }
}

impl Inner {
    fn check(&self, token: &str, at: Timestamp) -> Result<Principal, AuthError> {
        if token.len() > LONGEST {
            return Err(malformed(format!("it is longer than {LONGEST} bytes")));
        }
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| malformed("it is not a JWT with a known algorithm"))?;
        if header.alg != Algorithm::EdDSA {
            return Err(AuthError::WrongAlgorithm(format!("{:?}", header.alg)));
        }
        if header.crit.is_some() {
            return Err(malformed("it has critical extensions, which are not known here"));
        }
        // Spares the signature of a foreign token; the name proves nothing.
        if header.kid.is_some_and(|id| id != self.key_id) {
            return Err(AuthError::WrongKey);
        }
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation);
        let claims = decoded.map_err(|error| match error.into_kind() {
            ErrorKind::Json(error) => malformed(error.to_string()),
            ErrorKind::InvalidSignature | ErrorKind::Base64(_) => AuthError::WrongKey,
            other => malformed(format!("{other:?}")),
        })?;
        self.accept(claims.claims, at)
    }

    fn accept(&self, claims: Claims, at: Timestamp) -> Result<Principal, AuthError> {
        if claims.iss != self.issuer {
            let expected = self.issuer.clone();
            return Err(AuthError::WrongIssuer { found: claims.iss, expected });
        }
        if !claims.aud.includes(&self.audience) {
            return Err(AuthError::WrongAudience { expected: self.audience.clone() });
        }
        let (issued, expires) = (instant(claims.iat), instant(claims.exp));
        if ended(expires, at) {
            return Err(AuthError::Expired { at: expires });
        }
        if issued > at.plus_seconds(LEEWAY) {
            return Err(AuthError::NotYet { at: issued });
        }
        let tenant: TenantId =
            claims.tenant.parse().map_err(|error| malformed(format!("claim tenant: {error}")))?;
        Ok(Principal {
            tenant: tenant.0,
            tenant_text: tenant.to_string().into(),
            kind: claims.kind,
            subject: claims.sub.into(),
            roles: claims.roles.into(),
            expires_at: expires,
            token_id: claims.jti.into(),
        })
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("key", &self.0.key_id).finish_non_exhaustive()
    }
}

fn malformed(reason: impl Into<String>) -> AuthError {
    AuthError::Malformed(reason.into())
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(seconds)
}

fn ended(expires: Timestamp, at: Timestamp) -> bool {
    at > expires.plus_seconds(LEEWAY)
}
