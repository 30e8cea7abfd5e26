//! Hands the stories to the command path.

use std::sync::Arc;

use domain::kernel::Actor;
use event_store::{CommandError, Commands, Order, Outcome, request_hash};
use futures_util::{StreamExt, TryStreamExt, stream};
use ulid::Ulid;

use super::{Demo, DemoTenant, story};

/// Stories of one tenant and day that are told at once.
const AT_ONCE: usize = 24;

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{tenant}: {aggregate} {command}: {source}")]
pub struct DemoError {
    tenant: &'static str,
    aggregate: &'static str,
    command: String,
    source: CommandError,
}

/// How far a demo has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Commands given.
    pub commands: u64,
    /// Commands there will be.
    pub of: u64,
}

/// Gives all commands of a demo. Tenants must have logs. Commands that were
/// given before change nothing.
///
/// # Errors
/// When a command is refused or the log is away.
pub async fn run(
    commands: &Arc<Commands>,
    demo: &Demo,
    progress: impl Fn(Progress) + Sync,
) -> Result<Progress, DemoError> {
    let histories: Vec<_> =
        demo.tenants().into_iter().map(|tenant| (tenant, story::days(demo, &tenant))).collect();
    let of =
        histories.iter().flat_map(|(_, days)| days.iter().flatten()).map(Vec::len).sum::<usize>();
    let given = std::sync::atomic::AtomicU64::new(0);
    let count = || {
        let commands = 1 + given.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        progress(Progress { commands, of: of as u64 });
    };
    let tenants = histories.into_iter().map(|(tenant, days)| {
        let count = &count;
        async move {
            for (day, stories) in days.into_iter().enumerate() {
                stream::iter(stories.into_iter().enumerate().map(Ok))
                    .try_for_each_concurrent(AT_ONCE, |(place, story)| {
                        tell(commands, demo.seed, tenant, (day, place), story, count)
                    })
                    .await?;
            }
            Ok(())
        }
    });
    stream::iter(tenants).buffer_unordered(usize::MAX).try_collect::<Vec<()>>().await?;
    Ok(Progress { commands: of as u64, of: of as u64 })
}

async fn tell(
    commands: &Commands,
    seed: u64,
    tenant: DemoTenant,
    (day, place): (usize, usize),
    story: story::Story,
    count: &(impl Fn() + Sync),
) -> Result<(), DemoError> {
    for (number, step) in story.into_iter().enumerate() {
        let body = step.command.to_string();
        let name = [seed, day as u64, place as u64, number as u64].map(u64::to_be_bytes).concat();
        let hash = request_hash(&[&name, &step.id.to_bytes()]);
        let command_id =
            Ulid::from_bytes(std::array::from_fn(|i| hash.get(i).copied().unwrap_or_default()));
        let order = Order {
            request_hash: Some(request_hash(&[body.as_bytes()])),
            ..Order::new(
                command_id,
                tenant.id,
                (step.aggregate, step.id),
                body.into_bytes(),
                (Actor::system("demo"), step.at),
            )
        };
        let failed = |source| DemoError {
            tenant: tenant.name,
            aggregate: step.aggregate,
            command: step.command.to_string(),
            source,
        };
        let receipt = commands.execute(order).await.map_err(failed)?;
        debug_assert!(receipt.outcome != Outcome::Validated, "the demo stores what it does");
        count();
    }
    Ok(())
}
