//! What happens to a tenant, day by day.

use domain::kernel::{Date, Timestamp};
use serde_json::{Value, json};
use ulid::Ulid;

use super::{Demo, DemoTenant, random::Chance};

/// Commands that follow one another.
pub(super) type Story = Vec<Step>;

/// One command of a story.
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) aggregate: &'static str,
    pub(super) id: Ulid,
    pub(super) command: Value,
}

/// A customer of a tenant.
#[derive(Clone)]
struct Customer {
    id: Ulid,
    wallet: Option<Ulid>,
    /// Whether its invoices are usually paid late or not at all.
    slow: bool,
}

const FIRST: &[&str] = &[
    "Amber",
    "Blue Crane",
    "Cedar",
    "Dune",
    "Ember",
    "Fynbos",
    "Granite",
    "Harbour",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lagoon",
    "Marula",
    "Northwind",
    "Ochre",
    "Pelican",
    "Quiver",
    "River",
    "Savanna",
    "Thorn",
    "Umber",
    "Veld",
    "Willow",
    "Yarrow",
    "Zephyr",
];
const SECOND: &[&str] = &[
    "Bakery",
    "Books",
    "Clinic",
    "Consulting",
    "Crafts",
    "Design",
    "Engineering",
    "Estates",
    "Foods",
    "Garage",
    "Institute",
    "Labs",
    "Logistics",
    "Media",
    "Motors",
    "Outfitters",
    "Partners",
    "Press",
    "Studios",
    "Systems",
    "Textiles",
    "Tours",
    "Trading",
    "Works",
];

/// The stories of one tenant, those of each day in a list of their own: a
/// story may count on all earlier days.
pub(super) fn days(demo: &Demo, tenant: &DemoTenant) -> Vec<Vec<Story>> {
    let days = i32::try_from(demo.days.max(2)).unwrap_or(i32::MAX);
    let first = demo.until.days().saturating_sub(days - 1);
    let day = |n: i32| Date::from_days(first + n).unwrap_or(demo.until);
    let (customers, opening) = customers(demo, tenant, day(0));
    let mut all: Vec<Vec<Story>> = (0..days).map(|_| vec![]).collect();
    if let Some(stories) = all.first_mut() {
        *stories = opening;
    }
    for n in 1..days {
        let mut chance = Chance::new(demo.seed, &[tenant.name, "day", &n.to_string()]);
        let usual = if weekend(day(n)) { 1 } else { 8 };
        let count = (chance.between(usual / 2, usual * 3 / 2)) * i64::from(demo.scale);
        for i in 0..count {
            let mut chance =
                Chance::new(demo.seed, &[tenant.name, "sale", &n.to_string(), &i.to_string()]);
            let Some(customer) = chance.pick(&customers).cloned() else { continue };
            sale(&mut all, n, day, tenant, &customer, &mut chance);
        }
        wallet_day(&mut all, n, day, tenant, &customers, &mut chance);
    }
    all
}

fn weekend(day: Date) -> bool {
    // 1970-01-01 was a Thursday.
    matches!((day.days() + 3).rem_euclid(7), 5 | 6)
}

fn customers(demo: &Demo, tenant: &DemoTenant, day: Date) -> (Vec<Customer>, Vec<Story>) {
    (0..tenant.customers * demo.scale)
        .map(|i| {
            let mut chance = Chance::new(demo.seed, &[tenant.name, "customer", &i.to_string()]);
            let name =
                |words: &[&'static str], c: &mut Chance| c.pick(words).copied().unwrap_or_default();
            let name = format!("{} {}", name(FIRST, &mut chance), name(SECOND, &mut chance));
            let email = format!("accounts.{i}@{}.example", name.to_lowercase().replace(' ', "-"));
            let id = chance.id();
            let wallet = chance.percent(40).then(|| chance.id());
            let customer = Customer { id, wallet, slow: chance.percent(25) };
            let terms = *chance.pick(&[7, 14, 30, 30]).unwrap_or(&30);
            let mut story = vec![step(
                day,
                480,
                "customer",
                id,
                json!({ "open": {
                    "name": name, "email": email, "currency": tenant.currency,
                    "payment_terms_days": terms,
                }}),
            )];
            if let Some(wallet) = wallet {
                story.push(step(
                    day,
                    485,
                    "wallet",
                    wallet,
                    json!({ "open": {
                        "customer_id": format!("cus_{id}"), "currency": tenant.currency,
                    }}),
                ));
            }
            (customer, story)
        })
        .unzip()
}

/// An invoice and, mostly, its payment some days later.
fn sale(
    all: &mut [Vec<Story>],
    n: i32,
    day: impl Fn(i32) -> Date,
    tenant: &DemoTenant,
    customer: &Customer,
    chance: &mut Chance,
) {
    let invoice = chance.id();
    let minute = chance.between(8 * 60, 17 * 60);
    let mut story = vec![step(
        day(n),
        minute,
        "invoice",
        invoice,
        json!({ "draft": {
            "customer_id": format!("cus_{}", customer.id), "currency": tenant.currency,
        }}),
    )];
    let mut net = 0;
    let lines = chance.between(1, 4);
    for line in 1..=lines {
        let Some((what, price)) = chance.pick(tenant.catalogue).copied() else { continue };
        let quantity = if price > 200_000 { 1 } else { chance.between(1, 6) };
        net += price * quantity;
        story.push(step(
            day(n),
            minute + line,
            "invoice",
            invoice,
            json!({ "add-line": {
                "line_id": line.to_string(), "description": what, "quantity": quantity,
                "unit_price": { "minor": price, "currency": tenant.currency },
                "tax_rate": tenant.tax_rate,
            }}),
        ));
    }
    if chance.percent(8) {
        push(all, n, story);
        return; // A draft that is still being written.
    }
    story.push(step(day(n), minute + lines + 2, "invoice", invoice, json!({ "issue": {} })));
    push(all, n, story);
    // Tax is rounded once per rate, half up, as the invoice does it.
    let total = net + (net * tenant.tax_rate + 5_000) / 10_000;
    aftermath(all, n, day, tenant, customer, (invoice, total), chance);
}

/// What becomes of an issued invoice.
fn aftermath(
    all: &mut [Vec<Story>],
    n: i32,
    day: impl Fn(i32) -> Date,
    tenant: &DemoTenant,
    customer: &Customer,
    (invoice, total): (Ulid, i64),
    chance: &mut Chance,
) {
    let later =
        n + i32::try_from(chance.between(1, if customer.slow { 50 } else { 20 })).unwrap_or(1);
    if chance.percent(3) {
        push(
            all,
            n + 1,
            vec![step(
                day(n + 1),
                600,
                "invoice",
                invoice,
                json!({ "void": {
                    "reason": "billed in error",
                }}),
            )],
        );
    } else if chance.percent(4) {
        let part = money(total / 10 + 1, tenant);
        push(
            all,
            n + 1,
            vec![step(
                day(n + 1),
                610,
                "invoice",
                invoice,
                json!({ "credit": {
                    "credit_id": "goodwill", "reason": "unsatisfactory", "what": { "amount": part },
                }}),
            )],
        );
        pay(all, later.max(n + 2), &day, tenant, (invoice, total - total / 10 - 1), chance);
    } else if chance.percent(12) {
        pay(all, later, &day, tenant, (invoice, total / 2), chance);
        pay(all, later + 7, &day, tenant, (invoice, total - total / 2), chance);
    } else {
        pay(all, later, &day, tenant, (invoice, total), chance);
    }
}

/// A payment through the sandbox provider: usually fine, sometimes declined
/// first, sometimes unknown for a while.
fn pay(
    all: &mut [Vec<Story>],
    n: i32,
    day: impl Fn(i32) -> Date,
    tenant: &DemoTenant,
    (invoice, amount): (Ulid, i64),
    chance: &mut Chance,
) {
    if amount < 1 {
        return;
    }
    let (id, minute) = (chance.id(), chance.between(0, 23 * 60));
    let amount = money(amount, tenant);
    let on = |minutes, command| step(day(n), minute + minutes, "payment", id, command);
    let attempt = |name: &str| {
        json!({ "request-authorization": {
            "attempt_id": name, "provider": "sandbox",
        }})
    };
    let mut story = vec![on(
        0,
        json!({ "create": {
            "amount": amount, "purpose": { "invoice": format!("inv_{invoice}") },
            "method_ref": "tok_ok", "capture": "auto",
        }}),
    )];
    if chance.percent(5) {
        story.push(on(1, attempt("first")));
        story.push(on(
            2,
            json!({ "record-authorization": {
                "attempt_id": "first", "outcome": { "declined": { "code": "insufficient_funds" } },
            }}),
        ));
    }
    story.push(on(3, attempt("second")));
    if chance.percent(4) {
        story.push(on(
            4,
            json!({ "record-authorization": {
                "attempt_id": "second", "outcome": "unknown",
            }}),
        ));
    }
    story.push(on(
        6,
        json!({ "record-authorization": { "attempt_id": "second", "outcome": {
            "authorized": { "provider_ref": format!("sb_{id}"), "amount": amount },
        }}}),
    ));
    story.push(on(
        8,
        json!({ "record-capture": { "capture_id": "second", "outcome": {
            "captured": { "provider_ref": format!("sb_{id}_c") },
        }}}),
    ));
    push(all, n, story);
}

/// Bookings in the wallets of a few customers.
fn wallet_day(
    all: &mut [Vec<Story>],
    n: i32,
    day: impl Fn(i32) -> Date,
    tenant: &DemoTenant,
    customers: &[Customer],
    chance: &mut Chance,
) {
    for customer in customers {
        let Some(wallet) = customer.wallet.filter(|_| chance.percent(10)) else { continue };
        let amount = chance.between(5_000, 200_000);
        let spent = chance.between(1, amount);
        push(
            all,
            n,
            vec![
                step(
                    day(n),
                    700,
                    "wallet",
                    wallet,
                    json!({ "credit": {
                        "reference": format!("top-up-{n}"), "amount": money(amount, tenant),
                        "contra_account": "bank",
                    }}),
                ),
                step(
                    day(n),
                    720,
                    "wallet",
                    wallet,
                    json!({ "place-hold": {
                        "hold_id": format!("hold-{n}"), "amount": money(spent, tenant),
                        "purpose": "an order",
                    }}),
                ),
                step(
                    day(n),
                    780,
                    "wallet",
                    wallet,
                    json!({ "capture-hold": {
                        "hold_id": format!("hold-{n}"), "reference": format!("order-{n}"),
                        "amount": money(spent, tenant), "contra_account": "sales", "last": true,
                    }}),
                ),
            ],
        );
    }
}

fn money(minor: i64, tenant: &DemoTenant) -> Value {
    json!({ "minor": minor, "currency": tenant.currency })
}

fn step(day: Date, minute: i64, aggregate: &'static str, id: Ulid, command: Value) -> Step {
    Step { at: day.start().plus_seconds(minute * 60), aggregate, id, command }
}

/// Puts a story on its day. What would happen after the last day, does not.
fn push(all: &mut [Vec<Story>], n: i32, story: Story) {
    if let Some(stories) = usize::try_from(n).ok().and_then(|n| all.get_mut(n)) {
        stories.push(story);
    }
}
