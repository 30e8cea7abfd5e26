//! Tests of the command path, over a log in memory.

mod batches;
mod caching;
mod contention;
mod snapshots;
mod watched;

use std::sync::Arc;

use domain::kernel::{
    Actor, Timestamp,
    testing::toy::{Book, Loan, Toy},
};
use domain::kernel::{Id, Kind};
use serde_json::{Value, json};
use ulid::Ulid;

use super::{CommandError, CommandSettings, Commands, Order, Outcome, Receipt};
use crate::MemoryLog;

/// A library over a log of its own.
struct Library {
    log: Arc<MemoryLog>,
    commands: Arc<Commands>,
    tenant: Ulid,
}

impl Library {
    fn new() -> Self {
        Self::with(&CommandSettings::default())
    }

    fn with(settings: &CommandSettings) -> Self {
        let log = Arc::new(MemoryLog::default());
        let tenant = Ulid::generate();
        log.provision(tenant);
        let commands = Commands::with::<Toy>(log.clone(), settings);
        Self { log, commands, tenant }
    }

    /// The same log in the hands of another process, which remembers nothing.
    fn elsewhere(&self, settings: &CommandSettings) -> Self {
        let commands = Commands::with::<Toy>(self.log.clone(), settings);
        Self { log: self.log.clone(), commands, tenant: self.tenant }
    }

    fn acquire(&self, book: Id<Book>, isbn: &str) -> Order {
        order(self.tenant, book, &json!({ "acquire": { "isbn": isbn, "title": "a title" } }))
    }

    fn withdraw(&self, book: Id<Book>) -> Order {
        order(self.tenant, book, &json!({ "withdraw": {} }))
    }

    fn lend(&self, loan: Id<Loan>, book: Id<Book>) -> Order {
        let lend = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
        order(self.tenant, loan, &json!({ "lend": lend }))
    }

    fn renew(&self, loan: Id<Loan>, year: u32) -> Order {
        let until = format!("{year}-01-01");
        order(self.tenant, loan, &json!({ "renew": { "until": until } }))
    }

    fn give_back(&self, loan: Id<Loan>) -> Order {
        order(self.tenant, loan, &json!({ "return": {} }))
    }

    async fn run(&self, order: Order) -> Result<Receipt, CommandError> {
        self.commands.execute(order).await
    }

    async fn done(&self, order: Order) -> Receipt {
        self.run(order).await.unwrap()
    }

    /// A book that is lent out.
    async fn lent(&self) -> (Id<Book>, Id<Loan>) {
        let (book, loan) = (id(), id());
        self.done(self.acquire(book, "1")).await;
        self.done(self.lend(loan, book)).await;
        (book, loan)
    }
}

fn id<K: Kind>() -> Id<K> {
    Id::new(Ulid::generate())
}

fn order<K: Kind>(tenant: Ulid, id: Id<K>, command: &Value) -> Order {
    Order::new(
        Ulid::generate(),
        tenant,
        (K::TYPE, id.ulid()),
        serde_json::to_vec(command).unwrap(),
        (Actor::system("test"), Timestamp::from_micros(1_768_467_600_000_000)),
    )
}

/// The code with which a command was refused.
fn code(refused: &CommandError) -> &str {
    match refused {
        CommandError::Refused { code, .. } => code,
        other => other.reason(),
    }
}

fn events(receipt: &Receipt) -> Vec<&str> {
    receipt.events.iter().map(|event| event.name.as_str()).collect()
}

/// Waits for something that happens in the background.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), seen).await.unwrap()
}
