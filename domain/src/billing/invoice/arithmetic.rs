//! What lines and discounts come to, in one fixed order: net of each line,
//! discounts on the whole spread by largest remainder, tax rounded once per
//! rate, total.

use std::collections::BTreeMap;

use super::line::{BilledLine, Discount, Line, Tax};
use crate::kernel::{BasisPoints, Currency, Money};

/// What a draft comes to.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::billing) struct Bill {
    pub(in crate::billing) lines: Vec<BilledLine>,
    pub(in crate::billing) taxes: Vec<Tax>,
    pub(in crate::billing) net: Money,
    pub(in crate::billing) tax: Money,
    pub(in crate::billing) total: Money,
}

/// Adds up a draft.
pub(in crate::billing) fn bill(
    lines: &[Line],
    discounts: impl IntoIterator<Item = Discount>,
    currency: Currency,
) -> Bill {
    let mut nets: Vec<Money> = lines.iter().map(|line| line.net).collect();
    for discount in discounts {
        nets = discounted(&nets, discount, currency);
    }
    let lines: Vec<BilledLine> = lines
        .iter()
        .zip(nets)
        .map(|(line, net)| BilledLine {
            line_id: line.line_id.clone(),
            tax_rate: line.tax_rate,
            net,
        })
        .collect();
    let taxes = taxes(&lines, currency);
    let net = sum(lines.iter().map(|line| line.net), currency);
    let tax = sum(taxes.iter().map(|tax| tax.tax), currency);
    Bill { lines, taxes, net, tax, total: net + tax }
}

/// Adds amounts up.
pub(super) fn sum(amounts: impl IntoIterator<Item = Money>, currency: Currency) -> Money {
    amounts.into_iter().fold(Money::zero(currency), |sum, amount| sum + amount)
}

/// Splits money in proportion to other money.
pub(super) fn spread(whole: Money, over: impl IntoIterator<Item = Money>) -> Vec<Money> {
    let weights: Vec<u64> =
        over.into_iter().map(|part| u64::try_from(part.minor).unwrap_or(0)).collect();
    whole.split(&weights)
}

fn discounted(nets: &[Money], discount: Discount, currency: Currency) -> Vec<Money> {
    let left = sum(nets.iter().copied(), currency);
    let off = match discount {
        Discount::Rate(rate) => left.share(rate),
        // A coupon for more than there is takes what there is.
        Discount::Amount(amount) => amount.money().min(left),
    };
    let parts = spread(off, nets.iter().copied());
    nets.iter().zip(parts).map(|(net, part)| *net - part).collect()
}

fn taxes(lines: &[BilledLine], currency: Currency) -> Vec<Tax> {
    let mut by_rate: BTreeMap<BasisPoints, Vec<Money>> = BTreeMap::new();
    for line in lines {
        by_rate.entry(line.tax_rate).or_default().push(line.net);
    }
    by_rate
        .into_iter()
        .map(|(rate, nets)| {
            let taxable = sum(nets, currency);
            Tax { rate, taxable, tax: taxable.share(rate) }
        })
        .collect()
}
