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
    let timeout = match role {
        DatabaseRole::Owner | DatabaseRole::Projector => 0,
        DatabaseRole::Command | DatabaseRole::Query | DatabaseRole::Worker => {
            config.statement_timeout.as_millis()
        }
    };
    let own = connecting.get_options().unwrap_or_default();
    let role_name = role.name();
    let options =
        format!("{own} -c role={role_name} -c statement_timeout={timeout} -c timezone=UTC");
    connecting
        .options(options)
        .application_name(role_name.replace('_', "-"))
        .connect_timeout(config.connect_timeout);
    Ok(connecting)
}
