//! The claims of a tenant, as the store keeps them.

use std::collections::BTreeMap;

use ulid::Ulid;

use crate::kernel::Claim;

use super::Broken;

type Owner = (&'static str, Ulid);

/// Who has which unique value, and how far each series has come.
#[derive(Clone, Default)]
pub(super) struct Register {
    taken: BTreeMap<(&'static str, String), Owner>,
    series: BTreeMap<String, u64>,
}

impl Register {
    /// The last number taken from a series.
    pub(super) fn last(&self, series: &str) -> u64 {
        self.series.get(series).copied().unwrap_or(0)
    }

    /// Takes in the claims of one append, unless a value belongs to somebody
    /// else: then the answer is no.
    ///
    /// # Errors
    /// When a number is not the next of its series: in a world where one
    /// command follows the other, no store would ever accept it.
    pub(super) fn accepts(&mut self, owner: Owner, claims: &[Claim]) -> Result<bool, Broken> {
        let mut next = self.clone();
        for claim in claims {
            match claim {
                Claim::Take { scope, key, .. } => {
                    let holder = next.taken.entry((scope, key.clone())).or_insert(owner);
                    if *holder != owner {
                        return Ok(false);
                    }
                }
                Claim::Release { scope, key, .. } => {
                    let key = (*scope, key.clone());
                    if next.taken.get(&key) == Some(&owner) {
                        next.taken.remove(&key);
                    }
                }
                Claim::Number { series, number } => {
                    let last = next.series.entry(series.clone()).or_insert(0);
                    if *number != *last + 1 {
                        return Err(format!(
                            "Claims: number {number} of {series} is taken, the next is {}; \
                             does references() name the series?",
                            *last + 1
                        ));
                    }
                    *last = *number;
                }
            }
        }
        *self = next;
        Ok(true)
    }
}
