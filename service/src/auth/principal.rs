//! Who is asking, once it is known.

use std::sync::Arc;

use domain::kernel::{Actor, ActorKind, Timestamp};
use event_store::TenantId;
use ulid::Ulid;

/// The bearer of a verified token. Cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant it belongs to, and the only one it can see.
    pub tenant: Ulid,
    /// The tenant's id as text.
    pub tenant_text: Arc<str>,
    /// What kind of actor it is.
    pub kind: ActorKind,
    /// Its own id in the tenant.
    pub subject: Arc<str>,
    /// The roles it holds in the tenant.
    pub roles: Arc<[String]>,
    /// When its token ends.
    pub expires_at: Timestamp,
    /// The token's own id.
    pub token_id: Arc<str>,
}

/// The roles that may change things.
const COMMANDING: [&str; 2] = ["admin", "member"];

/// The roles that may see the log itself.
const AUDITING: [&str; 2] = ["admin", "auditor"];

impl Principal {
    /// Whether it may give commands at all: `admin` and `member` may, `viewer`
    /// and `auditor` only read. One rule for all commands, until the policy
    /// engine knows them apart.
    #[must_use]
    pub fn may_command(&self) -> bool {
        self.roles.iter().any(|role| COMMANDING.contains(&role.as_str()))
    }

    /// Whether it may see events as they are stored, and proofs of them.
    #[must_use]
    pub fn may_audit(&self) -> bool {
        self.roles.iter().any(|role| AUDITING.contains(&role.as_str()))
    }

    /// The tenant in its text form.
    #[must_use]
    pub fn tenant_id(&self) -> TenantId {
        TenantId(self.tenant)
    }

    /// The principal as decisions and the log see it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            kind: self.kind,
            id: self.subject.to_string(),
            roles: self.roles.to_vec(),
            impersonator: None,
        }
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        principal.actor()
    }
}
