//! Load: so many callers, each with one call under way at a time.

use std::time::{Duration, Instant};

use anyhow::Result;

/// One measured run.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

/// How long calls are made before they are measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// Keeps every caller calling for `length`, after a second of warm-up. A call
/// takes the caller and gives it back.
pub(crate) async fn load_with<C, F, R>(
    callers: Vec<C>,
    length: Duration,
    call: F,
) -> Result<Measured>
where
    C: Send + 'static,
    F: Fn(C) -> R + Clone + Send + 'static,
    R: Future<Output = Result<C>> + Send,
{
    let warm = Instant::now() + WARM_UP;
    let end = warm + length;
    let mut running = tokio::task::JoinSet::new();
    for mut caller in callers {
        let call = call.clone();
        running.spawn(async move {
            let mut times = vec![];
            loop {
                let started = Instant::now();
                if started >= end {
                    return anyhow::Ok(times);
                }
                caller = call(caller).await?;
                if started >= warm {
                    times.push(started.elapsed());
                }
            }
        });
    }
    let mut times = vec![];
    while let Some(finished) = running.join_next().await {
        times.extend(finished??);
    }
    Ok(Measured::of(times, length))
}

impl Measured {
    /// Sums up the times of all calls made within `length`.
    pub(crate) fn of(mut times: Vec<Duration>, length: Duration) -> Self {
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a rate to show")]
        let per_second = times.len() as f64 / length.as_secs_f64();
        Self { per_second, p50: at(500), p95: at(950), p99: at(990), p999: at(999) }
    }
}
