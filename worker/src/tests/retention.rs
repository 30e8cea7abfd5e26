//! Outcomes are kept for as long as the worker is told.

use super::{street::Street, toy::Plain};
use crate::Settings;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_makes_room_for_outcomes_as_long_as_the_retention() {
    let street = Street::new().await;
    let reaching = "SELECT count(*) FROM log.command_partitions
                    WHERE until_time >= now() + interval '200 days'";
    assert_eq!(street.count(reaching).await, 0);
    let worker =
        street.worker_with::<Plain>(Settings { retention_days: 200, ..Settings::default() });
    for _ in 0..2 {
        worker.forget_outcomes().await.unwrap();
        assert_eq!(street.count(reaching).await, 1, "made once");
    }
}
