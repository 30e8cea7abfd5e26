//! Why a key cannot be used, and why a token is not accepted.

use std::{io, path::PathBuf};

use domain::kernel::Timestamp;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No file is named.
    #[error(
        "auth.signing_key_file is not set; name the file that holds the key, or where to make one"
    )]
    NoFile,
    /// The file cannot be read or made.
    #[error("cannot {action} signing key {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else can read the file.
    #[error("signing key {path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file holds something else.
    #[error(
        "{path} is no Ed25519 key in PEM form (PKCS#8); make one with: \
         openssl genpkey -algorithm ed25519 -out {path}, \
         or remove the file and let tenantry make one"
    )]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
    /// A token should be signed with a key that can only verify.
    #[error("the key is a public one; tokens are minted with the private key")]
    PublicOnly,
    /// The system gave no random bytes.
    #[error("the system has no random numbers: {0}")]
    NoRandomness(String),
}

/// Why nobody is known to ask. The words are for whoever sent the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// There is no token.
    #[error("no token; send one as Authorization: Bearer <token>")]
    Missing,
    /// There is something else than a bearer token.
    #[error("the Authorization header is not of the form: Bearer <token>")]
    NotBearer,
    /// The token is not a JWT.
    #[error("the token is malformed: {0}")]
    Malformed(String),
    /// The token is signed in a way that is not accepted.
    #[error("the token is signed with {0}, only EdDSA is accepted")]
    WrongAlgorithm(String),
    /// The token is signed by somebody else, or was changed.
    #[error("the token's signature does not fit this platform's key")]
    WrongKey,
    /// The token comes from somewhere else.
    #[error("the token was issued by {found:?}, expected {expected:?}")]
    WrongIssuer {
        /// Who issued it.
        found: String,
        /// Who should have.
        expected: String,
    },
    /// The token is for somebody else.
    #[error("the token is not meant for {expected:?}")]
    WrongAudience {
        /// For whom it should be.
        expected: String,
    },
    /// The token has had its time.
    #[error("the token expired at {at}")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// The token's time has not come.
    #[error("the token was issued at {at}, which is in the future; check the clocks")]
    NotYet {
        /// When it comes.
        at: Timestamp,
    },
}

impl KeyError {
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
