//! Who is asking: bearer tokens signed with one Ed25519 key.
//!
//! [`Key`] is the key file, [`Issuer`] mints tokens with it, [`Verifier`] makes
//! a [`Principal`] of a token. Handlers take a `Principal` as an argument. The
//! identity engine will issue tokens of the same form with more behind them.
//!
//! Only `EdDSA` is accepted, whatever a token claims about itself. Tokens are
//! never logged, nor kept: the cache of verified ones knows their hashes.

mod error;
mod extract;
mod issuer;
mod key;
mod principal;
#[cfg(test)]
mod tests;
mod verifier;

pub use error::{AuthError, KeyError};
pub use issuer::{Issuer, TokenRequest};
pub use key::Key;
pub use principal::Principal;
pub use verifier::Verifier;

use serde::{Deserialize, Serialize};

/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY: i64 = 5;

/// What a token says. The names of the registered claims are RFC 7519's.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: String,
    tenant: String,
    roles: Vec<String>,
    #[serde(default = "user")]
    kind: domain::kernel::ActorKind,
    iat: i64,
    exp: i64,
    jti: String,
}

fn user() -> domain::kernel::ActorKind {
    domain::kernel::ActorKind::User
}

/// One audience or several.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn includes(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Several(several) => several.iter().any(|one| one == name),
        }
    }
}
