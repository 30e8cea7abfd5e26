//! Personal data at rest: sealed with a key per person, so that it can be
//! forgotten wherever copies of it are.
//!
//! ```text
//! master key  (KeyEncryption: a file, a key management service)
//!   └ tenant's keys   log.tenant_keys, encrypted under the master key
//!       ├ subjects    encrypts the keys of people
//!       └ match       hashes personal values that must be found again
//!           └ subject's key   log.subject_keys, seals the person's values
//! ```
//!
//! Destroying a subject's key erases the person from events, snapshots, read
//! tables, archives and backups at once; the bytes stay, and with them every
//! proof. A value is sealed for the place where it stands and does not open
//! anywhere else.

mod cipher;
mod erase;
mod error;
mod file;
mod master;
mod matcher;
mod payload;
mod ring;
mod rotate;
mod sealed;
mod store;

pub use erase::{EraseError, Erased, Erasure, erase};
pub use error::KeyError;
pub use file::{SecretFile, exposed};
pub use master::{KeyEncryption, MasterKeys, NoKeys, Wrapped};
pub use matcher::Matcher;
pub(crate) use payload::leave_out_sealed;
pub use ring::KeyRing;
pub use rotate::{retire, rotate};
pub use sealed::{Keys, subject_of};

/// The codec number of named-field MessagePack with sealed values in it.
pub const SEALED_MESSAGE_PACK: i16 = 2;
