//! Tenants and positions as clients see them.

use std::{fmt, str::FromStr};

use ulid::Ulid;

/// A tenant's id in its text form, `tnt_` and a ULID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TenantId(pub Ulid);

/// A place in a tenant's log, written `tnt_01J…:42`. Whoever hands it to a
/// reader asks to see everything up to there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConsistencyToken {
    /// The tenant.
    pub tenant: TenantId,
    /// The position.
    pub position: u64,
}

/// A text that is not what it should be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// Not a tenant's id.
    #[error("expected a tenant id like tnt_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got {0:?}")]
    Tenant(String),
    /// Not a consistency token.
    #[error("expected a consistency token like tnt_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B:42, got {0:?}")]
    Token(String),
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tnt_{}", self.0)
    }
}

impl FromStr for TenantId {
    type Err = TokenError;
    fn from_str(text: &str) -> Result<Self, TokenError> {
        text.strip_prefix("tnt_")
            .and_then(|ulid| Ulid::from_string(ulid).ok())
            .map(Self)
            .ok_or_else(|| TokenError::Tenant(short(text)))
    }
}

impl fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tenant, self.position)
    }
}

impl FromStr for ConsistencyToken {
    type Err = TokenError;
    fn from_str(text: &str) -> Result<Self, TokenError> {
        text.split_once(':')
            .and_then(|(tenant, position)| {
                Some(Self { tenant: tenant.parse().ok()?, position: position.parse().ok()? })
            })
            .ok_or_else(|| TokenError::Token(short(text)))
    }
}
