//! A history that might have been: thousands of tenants of very different
//! size, streams of one to a thousand events, written all at the same time.
//! The same seed makes the same history.

use anyhow::Result;
use domain::{
    kernel::EventCodec,
    payments::{Wallet, WalletEvent},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use ulid::Ulid;

/// Streams that are written to at the same time.
const OPEN: usize = 100;
/// How long streams get, and of how many in a thousand: so made that most
/// streams are short, and most events in long ones.
pub(super) const LENGTHS: [(i64, u32); 4] = [(1, 716), (5, 140), (20, 141), (1_000, 3)];
/// When it all began, in milliseconds since 1970.
const BEGINNING: u64 = 1_735_689_600_000;
/// How many events of the history happen in a second.
const PER_SECOND: u64 = 1_000;

/// An event of the history.
pub(super) struct Event {
    /// The tenant's place.
    pub(super) tenant: usize,
    pub(super) stream: Ulid,
    pub(super) version: i64,
    pub(super) id: Ulid,
    pub(super) command: Ulid,
    /// Whether the command's outcome is kept.
    pub(super) remembered: bool,
    /// Microseconds since 1970.
    pub(super) at: i64,
    pub(super) form: usize,
}

/// What an event says. Its bytes are those of a real one.
pub(super) struct Form {
    pub(super) name: String,
    pub(super) schema_version: i16,
    pub(super) payload: Vec<u8>,
}

/// The history as far as it was told.
pub(super) struct History {
    chance: ChaCha8Rng,
    /// For each tenant the share of all that come before it and its own.
    shares: Vec<f64>,
    open: Vec<Stream>,
    /// How many events.
    pub(super) told: u64,
    pub(super) forms: Vec<Form>,
}

/// A stream, and how many events of it there are.
#[derive(Clone, Copy)]
struct Stream {
    tenant: usize,
    id: Ulid,
    version: i64,
    length: i64,
}

impl History {
    pub(super) fn new(seed: u64, tenants: usize) -> Result<Self> {
        let mut sum = 0.0;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let weights = (0..tenants).map(|rank| 1.0 / (rank + 10) as f64);
        let mut shares: Vec<f64> = weights
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        for share in &mut shares {
            *share /= sum;
        }
        Ok(Self {
            chance: ChaCha8Rng::seed_from_u64(seed),
            shares,
            open: vec![],
            told: 0,
            forms: forms()?,
        })
    }

    /// Tells the next event.
    pub(super) fn next(&mut self) -> Event {
        while self.open.len() < OPEN {
            let stream = self.begin();
            self.open.push(stream);
        }
        let place = self.chance.random_range(0..self.open.len());
        let mut stream = self.open.swap_remove(place);
        stream.version += 1;
        if stream.version < stream.length {
            self.open.push(stream);
        }
        self.told += 1;
        // What clients choose as a command's id has no order.
        let command = Ulid(self.chance.random());
        let remembered = self.told.is_multiple_of(2);
        Event {
            tenant: stream.tenant,
            stream: stream.id,
            version: stream.version,
            id: self.id(),
            command,
            remembered,
            at: i64::try_from(self.now() * 1_000).unwrap_or(i64::MAX),
            form: match stream.version {
                1 => 0,
                version => 1 + usize::try_from(version).unwrap_or(0) % (self.forms.len() - 1),
            },
        }
    }

    /// Any tenant, the large ones more often than the small.
    fn tenant(&mut self) -> usize {
        let share: f64 = self.chance.random();
        self.shares.partition_point(|upper| *upper < share).min(self.shares.len() - 1)
    }

    fn begin(&mut self) -> Stream {
        let mut drawn = self.chance.random_range(0..1_000);
        let mut length = 1;
        for (candidate, share) in LENGTHS {
            length = candidate;
            if drawn < share {
                break;
            }
            drawn -= share;
        }
        // The first streams are in the midst of their lives.
        let length = if self.told == 0 { self.chance.random_range(1..=length) } else { length };
        Stream { tenant: self.tenant(), id: self.id(), version: 0, length }
    }

    fn id(&mut self) -> Ulid {
        Ulid::from_parts(self.now(), self.chance.random())
    }

    fn now(&self) -> u64 {
        BEGINNING + self.told * 1_000 / PER_SECOND
    }
}

/// A wallet's opening, then what may follow it, of 200 to 330 bytes.
fn forms() -> Result<Vec<Form>> {
    let codec = EventCodec::<Wallet>::new();
    let long = "as agreed in the framework contract with the wholesaler of the northern region";
    let money = json!({ "minor": 1_250_000, "currency": "ZAR" });
    let amount = json!({ "minor": 12_500, "currency": "ZAR" });
    let booking = json!({
        "reference": format!("invoice 2025-000417, {long}"),
        "amount": amount,
        "contra_account": "clearing:transfer",
        "balance": money,
    });
    let hold = json!({
        "hold_id": "hold-2025-000417",
        "amount": amount,
        "purpose": format!("goods on order 2025-000417, {long}, to be delivered before the month ends"),
        "expires_at": null,
    });
    let opening = json!({
        "customer_id": format!("cus_{}", Ulid(1)),
        "overdraft_limit": money,
    });
    [
        json!({ "opened": opening }),
        json!({ "credited": booking }),
        json!({ "hold_placed": hold }),
        json!({ "debited": booking }),
    ]
    .into_iter()
    .map(|event| {
        let event: WalletEvent = serde_json::from_value(event)?;
        let encoded = codec.encode(&event)?;
        Ok(Form {
            name: encoded.name.to_owned(),
            schema_version: i16::try_from(encoded.schema_version)?,
            payload: encoded.payload,
        })
    })
    .collect()
}
