//! How a connection is made.

use secrecy::ExposeSecret;
use tokio_postgres::Config;

use super::{DatabaseError, DatabaseRole};
use crate::config;

/// The configured database in a role, from the first moment of a session.
pub(super) fn of(config: &config::Database, role: DatabaseRole) -> Result<Config, DatabaseError> {
    let url = config.url.expose_secret();
    if url.is_empty() {
        return Err(DatabaseError::NotConfigured);
    }
    // The words of the parser could show parts of the secret.
    let mut connecting: Config = url.parse().map_err(|_| DatabaseError::BadUrl)?;
    let [statement, lock, idle] = match role {
        DatabaseRole::Owner | DatabaseRole::Projector => [0; 3],
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
    connecting
        .options(options)
        .application_name(role_name.replace('_', "-"))
        .connect_timeout(config.connect_timeout);
    Ok(connecting)
}
