//! Several commands of one tenant at once, each for itself.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use super::{CommandError, Commands, Order, Receipt};

/// The results, each with its order's place.
type Results = Vec<(usize, Result<Receipt, CommandError>)>;

impl Commands {
    /// Runs lanes at the same time, so many at most, and the orders of each one
    /// after the other.
    pub(super) async fn run_lanes(
        &self,
        orders: Vec<Order>,
        after: &[(usize, usize)],
        at_once: usize,
    ) -> Vec<Result<Receipt, CommandError>> {
        let lanes = lanes(orders, after).into_iter().map(|lane| async move {
            let mut results = Results::with_capacity(lane.len());
            for (place, order) in lane {
                results.push((place, self.execute(order).await));
            }
            results
        });
        let results = stream::iter(lanes).buffer_unordered(at_once.max(1));
        let mut results: Results = results.map(stream::iter).flatten().collect().await;
        results.sort_by_key(|(place, _)| *place);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

/// Puts orders of the same aggregate, and orders that must come after others,
/// into the same lane, in their order.
fn lanes(orders: Vec<Order>, after: &[(usize, usize)]) -> Vec<Vec<(usize, Order)>> {
    let mut lane_of: Vec<usize> = (0..orders.len()).collect();
    let mut last = BTreeMap::new();
    let same = orders.iter().enumerate().filter_map(|(place, order)| {
        last.insert((order.tenant, order.id), place).map(|earlier| (place, earlier))
    });
    let links: Vec<(usize, usize)> = same.chain(after.iter().copied()).collect();
    for (one, other) in links {
        let (Some(one), Some(other)) = (lane_of.get(one), lane_of.get(other)) else { continue };
        let (kept, joined) = (*one.min(other), *one.max(other));
        for lane in lane_of.iter_mut().filter(|lane| **lane == joined) {
            *lane = kept;
        }
    }
    let mut lanes: BTreeMap<usize, Vec<(usize, Order)>> = BTreeMap::new();
    for ((place, order), lane) in orders.into_iter().enumerate().zip(lane_of) {
        lanes.entry(lane).or_default().push((place, order));
    }
    lanes.into_values().collect()
}
