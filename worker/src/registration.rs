//! Where a reaction begins.
//!
//! A reaction must answer whatever happens from now on, and nothing that
//! happened before anybody had thought of it: no old order may be charged
//! because of a duty that was invented today. So a reaction is registered,
//! once for the whole database, in one transaction that
//!
//! - puts it at the end of every log that exists, as the transaction sees it:
//!   events that are being written at the same time come after that end, and
//!   are answered;
//! - leaves a mark that it is registered.
//!
//! A tenant in whose log a registered reaction has no place came later: there
//! the reaction begins at the first event.
//!
//! There is one exception: the first registration in a database. Nobody has
//! reacted to anything yet, because no worker ever ran; so that nothing is
//! lost between the first command and the first worker, all reactions of that
//! time begin at the first event everywhere. A worker without any reaction
//! counts as one that ran.
//!
//! The place of a reaction is never set back. One that is taken out and put in
//! again under its name goes on where it was; under another name it is new.

use std::collections::BTreeSet;

use domain::kernel::{ReactionEntry, Registry};
use tokio_postgres::Client;
use uuid::Uuid;

/// The tenant of marks, which is none: no log has the last of all ids.
const NOBODY: Uuid = Uuid::max();

/// The mark of the first registration.
const FIRST: &str = "reactions";

/// Registers the reactions that are not yet known to the database. Meant for
/// migrations; a worker does it too, before it begins.
///
/// # Errors
/// When the database refuses.
pub async fn register(
    client: &mut Client,
    registry: &Registry,
) -> Result<(), tokio_postgres::Error> {
    let consumers: Vec<String> = registry.reactions().iter().map(ReactionEntry::consumer).collect();
    let transaction = client.transaction().await?;
    let lock = "SELECT pg_advisory_xact_lock(hashtext('tenantry.reactions'))";
    transaction.batch_execute(lock).await?;
    let marks = "SELECT consumer FROM log.checkpoints WHERE tenant_id = $1";
    let known: BTreeSet<String> =
        transaction.query(marks, &[&NOBODY]).await?.iter().map(|row| row.get(0)).collect();
    let mut new: Vec<String> =
        consumers.into_iter().filter(|consumer| !known.contains(consumer)).collect();
    if known.contains(FIRST) {
        transaction.execute(include_str!("sql/register.sql"), &[&new]).await?;
    } else {
        new.push(FIRST.to_owned());
    }
    transaction.execute(include_str!("sql/begin.sql"), &[&NOBODY, &new]).await?;
    transaction.commit().await
}
