//! Many who want the same.

use std::sync::Arc;

use domain::kernel::Id;
use domain::{Platform, billing::Customer, payments::Wallet};
use futures_util::future::join_all;
use serde_json::{Value, json};
use ulid::Ulid;

use super::{Order, id, order};
use crate::{Commands, Log, MemoryLog};

struct Purse {
    log: Arc<MemoryLog>,
    tenant: Ulid,
    wallet: Id<Wallet>,
}

impl Purse {
    async fn with(minor: i64) -> Self {
        let log = Arc::new(MemoryLog::default());
        let (tenant, wallet, customer) = (Ulid::generate(), id::<Wallet>(), id::<Customer>());
        log.provision(tenant);
        let purse = Self { log, tenant, wallet };
        let commands = purse.process();
        let open = json!({ "open": {
            "email": "a@example.com", "name": "A", "currency": "ZAR", "payment_terms_days": 30,
        } });
        commands.execute(order(tenant, customer, &open)).await.unwrap();
        let open = json!({ "open": { "customer_id": customer, "currency": "ZAR" } });
        commands.execute(order(tenant, wallet, &open)).await.unwrap();
        commands.execute(purse.book("credit", "first", minor)).await.unwrap();
        purse
    }

    fn process(&self) -> Arc<Commands> {
        Commands::new::<Platform>(self.log.clone())
    }

    fn book(&self, way: &str, reference: &str, minor: i64) -> Order {
        let booking = json!({
            "reference": reference,
            "amount": { "minor": minor, "currency": "ZAR" },
            "contra_account": "bank",
        });
        order(self.tenant, self.wallet, &json!({ way: booking }))
    }

    async fn balance(&self) -> i64 {
        let events =
            self.log.read_stream(self.tenant, self.wallet.ulid(), 0, 10_000).await.unwrap();
        let balances = events.iter().filter_map(|event| {
            let fields: Value = rmp_serde::from_slice(&event.payload).ok()?;
            fields.pointer("/balance/minor")?.as_i64()
        });
        balances.last().unwrap()
    }
}

/// Two processes, two hundred debits, money for half of them.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_spends_what_is_not_there_and_nothing_is_lost() {
    let purse = Purse::with(100 * 7).await;
    let processes = [purse.process(), purse.process()];
    let debits = (0..200).map(|number| {
        let order = purse.book("debit", &format!("debit-{number}"), 7);
        let process = processes[number % 2].clone();
        tokio::spawn(async move { process.execute(order).await })
    });
    let outcomes: Vec<_> =
        join_all(debits).await.into_iter().map(|outcome| outcome.unwrap()).collect();
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert_eq!((done, refused.len()), (100, 100));
    assert!(refused.iter().all(|error| super::code(error).starts_with("WALLET_")), "{refused:?}");
    assert_eq!(purse.balance().await, 0);
}

/// A refusal on what was remembered here would be wrong by now.
#[tokio::test]
async fn money_that_came_in_elsewhere_can_be_spent() {
    let purse = Purse::with(1).await;
    let (here, there) = (purse.process(), purse.process());
    assert!(here.execute(purse.book("debit", "one", 2)).await.is_err());
    there.execute(purse.book("credit", "two", 1)).await.unwrap();
    here.execute(purse.book("debit", "one", 2)).await.unwrap();
    assert_eq!(purse.balance().await, 0);
}
