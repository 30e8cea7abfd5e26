//! Who the demo is about.

use ulid::Ulid;

/// A tenant of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoTenant {
    /// Its id, always the same.
    pub id: Ulid,
    /// Its name.
    pub name: &'static str,
    /// The currency it bills in.
    pub(super) currency: &'static str,
    /// What it charges in tax, in basis points.
    pub(super) tax_rate: i64,
    /// How many customers it has at scale 1.
    pub(super) customers: u32,
    /// What it sells, and for how much in minor units.
    pub(super) catalogue: &'static [(&'static str, i64)],
}

pub(super) fn all() -> Vec<DemoTenant> {
    vec![
        DemoTenant {
            id: Ulid(0x0199_0000_0000_0000_0000_0000_0000_0001),
            name: "Karoo Kitchen",
            currency: "ZAR",
            tax_rate: 1_500,
            customers: 40,
            catalogue: &[
                ("Catering, lunch for a team", 24_900),
                ("Platter of seasonal fruit", 38_500),
                ("Coffee beans, 1 kg", 31_000),
                ("Private dinner, per seat", 65_000),
                ("Monthly canteen contract", 1_850_000),
            ],
        },
        DemoTenant {
            id: Ulid(0x0199_0000_0000_0000_0000_0000_0000_0002),
            name: "Protea Filings",
            currency: "ZAR",
            tax_rate: 1_500,
            customers: 30,
            catalogue: &[
                ("Registration of a private company", 149_000),
                ("Annual return", 45_000),
                ("Change of directors", 62_500),
                ("Name reservation", 17_500),
                ("Beneficial ownership filing", 98_000),
            ],
        },
        DemoTenant {
            id: Ulid(0x0199_0000_0000_0000_0000_0000_0000_0003),
            name: "Baobab Digital",
            currency: "USD",
            tax_rate: 0,
            customers: 25,
            catalogue: &[
                ("Consulting, per hour", 14_000),
                ("Support retainer, monthly", 250_000),
                ("Hosting, monthly", 49_900),
                ("Design sprint", 780_000),
                ("Security review", 420_000),
            ],
        },
    ]
}
