//! How a connection is made.

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::Config;

use super::{DatabaseError, DatabaseRole};
use crate::config;

/// What stands in a URL for the role's name.
const ROLE: &str = "{role}";

/// How statements travel in a role, and how whoever listens does.
#[derive(Debug)]
pub(super) struct Ways {
    /// For the pool.
    pub(super) pool: Config,
    /// Whether statements may keep names on the way.
    pub(super) names: bool,
    /// For sessions of one's own; nothing where there are none to be had.
    pub(super) session: Option<Config>,
}

/// The configured database in a role, from the first moment of a session.
pub(super) fn of(config: &config::Database, role: DatabaseRole) -> Result<Ways, DatabaseError> {
    let direct = match (config.pooled, config.direct_url.expose_secret().is_empty()) {
        (true, true) => None,
        _ => Some(in_role(config, parsed(config.direct(), role)?, role)),
    };
    if config.pooled && !role.needs_sessions() {
        let mut pool = parsed(&config.url, role)?;
        // A pooler refuses options: the login has to come in its role.
        common(config, &mut pool, role);
        return Ok(Ways { pool, names: config.prepared_statements, session: direct });
    }
    let direct = direct.ok_or(DatabaseError::NotDirect(role))?;
    Ok(Ways { pool: direct.clone(), names: true, session: Some(direct) })
}

fn parsed(url: &SecretString, role: DatabaseRole) -> Result<Config, DatabaseError> {
    let url = url.expose_secret();
    if url.is_empty() {
        return Err(DatabaseError::NotConfigured);
    }
    // The words of the parser could show parts of the secret.
    url.replace(ROLE, role.name()).parse().map_err(|_| DatabaseError::BadUrl)
}

fn in_role(config: &config::Database, mut connecting: Config, role: DatabaseRole) -> Config {
    let [statement, lock, idle] = match role {
        DatabaseRole::Owner | DatabaseRole::Projector | DatabaseRole::Cold => [0; 3],
        DatabaseRole::Command | DatabaseRole::Query | DatabaseRole::Worker => {
            [config.statement_timeout, config.lock_timeout, config.idle_transaction_timeout]
                .map(|timeout| timeout.as_millis())
        }
    };
    let own = connecting.get_options().unwrap_or_default();
    let role_name = role.name();
    let options = format!(
        "{own} -c role={role_name} -c statement_timeout={statement} -c lock_timeout={lock} \
         -c idle_in_transaction_session_timeout={idle} -c timezone=UTC"
    );
    connecting.options(options);
    common(config, &mut connecting, role);
    connecting
}

fn common(config: &config::Database, connecting: &mut Config, role: DatabaseRole) {
    connecting
        .application_name(role.name().replace('_', "-"))
        .connect_timeout(config.connect_timeout);
}
