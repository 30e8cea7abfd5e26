//! Whether a session is in the role it was asked for.

use deadpool_postgres::{Hook, HookError};
use tokio_postgres::SimpleQueryMessage;

use super::DatabaseRole;

/// Asked simply, so that nothing is prepared on the way.
const WHO: &str =
    "SELECT current_user, session_user, current_setting('TimeZone') IN ('UTC', 'Etc/UTC')";

/// Refuses a new connection that is in another role, or counts time by another
/// zone. One whose options were dropped on the way would work, with rights it
/// should not have: a superuser's pass every policy.
pub(super) fn checked(role: DatabaseRole) -> Hook {
    Hook::async_fn(move |client, _| {
        Box::pin(async move {
            let answer = client.simple_query(WHO).await.map_err(HookError::Backend)?;
            let row = answer.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            let column = |place| row.and_then(|row| row.get(place)).unwrap_or_default();
            let (user, login, wanted) = (column(0), column(1), role.name());
            if user != wanted {
                return Err(HookError::message(format!(
                    "its sessions are in role {user}, not in {wanted}; let them begin there: \
                     ALTER ROLE {login} SET role = '{wanted}'"
                )));
            }
            if column(2) != "t" {
                return Err(HookError::message(format!(
                    "its sessions do not count time in UTC; let them: \
                     ALTER ROLE {login} SET timezone = 'UTC'"
                )));
            }
            Ok(())
        })
    })
}
