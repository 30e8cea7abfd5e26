//! Minting tokens.

use std::time::Duration;

use domain::kernel::{ActorKind, Timestamp};
use event_store::TenantId;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ulid::Ulid;

use super::{Audience, Claims, Key, KeyError};
use crate::{config, time::now};

/// What a token shall say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The tenant its bearer belongs to.
    pub tenant: Ulid,
    /// The bearer's own id in the tenant.
    pub subject: String,
    /// The roles the bearer holds: `admin`, `member`, `viewer`, `auditor`.
    pub roles: Vec<String>,
    /// How long it is good for; the configured time when nothing is said.
    pub lifetime: Option<Duration>,
    /// What kind of actor the bearer is.
    pub kind: ActorKind,
}

/// Whoever holds the private key.
pub struct Issuer {
    key: EncodingKey,
    header: Header,
    name: String,
    audience: String,
    lifetime: Duration,
}

impl Issuer {
    /// An issuer with this key.
    ///
    /// # Errors
    /// When the key is only a public one.
    pub fn new(key: &Key, config: &config::Auth) -> Result<Self, KeyError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.id().to_owned());
        Ok(Self {
            key: EncodingKey::from_ed_der(key.private_der().ok_or(KeyError::PublicOnly)?),
            header,
            name: config.issuer.clone(),
            audience: config.audience.clone(),
            lifetime: config.token_lifetime,
        })
    }

    /// A new token.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn mint(&self, request: &TokenRequest) -> Result<String, KeyError> {
        self.mint_at(request, now())
    }

    pub(super) fn mint_at(
        &self,
        request: &TokenRequest,
        at: Timestamp,
    ) -> Result<String, KeyError> {
        let issued = at.micros().div_euclid(1_000_000);
        let lifetime = request.lifetime.unwrap_or(self.lifetime).as_secs();
        let claims = Claims {
            iss: self.name.clone(),
            aud: Audience::One(self.audience.clone()),
            sub: request.subject.clone(),
            tenant: TenantId(request.tenant).to_string(),
            roles: request.roles.clone(),
            kind: request.kind,
            iat: issued,
            exp: issued.saturating_add_unsigned(lifetime),
            jti: Ulid::generate().to_string(),
        };
        // A private key that came out of `Key` signs.
        jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(|_| KeyError::PublicOnly)
    }
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("name", &self.name).finish_non_exhaustive()
    }
}
