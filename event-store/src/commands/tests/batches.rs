//! Several commands at once.

use domain::kernel::{
    Id,
    testing::toy::{Book, Loan},
};
use futures_util::future::join_all;
use ulid::Ulid;

use super::{CommandSettings, Library, Order, Outcome, Receipt, code, events, id};
use crate::{BatchError, CommandError, Log, Repeat};

impl Library {
    async fn all(&self, orders: &[Order]) -> Result<Vec<Receipt>, BatchError> {
        self.commands.execute_all(orders, None).await
    }

    async fn positions(&self) -> u64 {
        self.log.head(self.tenant).await.unwrap()
    }

    async fn numbers(&self) -> Vec<u64> {
        self.log.series(self.tenant, &["loan".to_owned()]).await.unwrap()
    }
}

/// A batch under a name, as its client sends it each time.
fn named(name: u128, mut orders: Vec<Order>) -> (Vec<Order>, Option<Repeat>) {
    let repeat = Repeat { id: Ulid(name), request_hash: [7; 32] };
    for (place, order) in orders.iter_mut().enumerate() {
        repeat.identify(place, order);
    }
    (orders, Some(repeat))
}

#[tokio::test]
async fn each_is_decided_on_what_the_earlier_ones_leave() {
    let library = Library::new();
    let (books, loans): ([Id<Book>; 2], [Id<Loan>; 2]) = ([id(), id()], [id(), id()]);
    let receipts = library
        .all(&[
            library.acquire(books[0], "1"),
            library.acquire(books[1], "2"),
            library.lend(loans[0], books[0]),
            library.renew(loans[0], 3000),
            library.lend(loans[1], books[1]),
            library.give_back(loans[0]),
            library.withdraw(books[0]),
            library.withdraw(books[0]),
        ])
        .await
        .unwrap();
    let told: Vec<_> = receipts
        .iter()
        .map(|receipt| (receipt.version, receipt.position, events(receipt), receipt.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (1, 1, vec!["book.acquired"], Outcome::Executed),
            (1, 2, vec!["book.acquired"], Outcome::Executed),
            (1, 3, vec!["loan.lent"], Outcome::Executed),
            (2, 4, vec!["loan.renewed"], Outcome::Executed),
            (1, 5, vec!["loan.lent"], Outcome::Executed),
            (3, 6, vec!["loan.returned"], Outcome::Executed),
            (2, 7, vec!["book.withdrawn"], Outcome::Executed),
            (2, 7, vec![], Outcome::AlreadyApplied),
        ]
    );
    assert_eq!(library.numbers().await, [2]);
    // What is remembered afterwards is what was stored.
    assert_eq!(library.done(library.renew(loans[1], 3000)).await.version, 2);
}

#[tokio::test]
async fn one_refusal_leaves_nothing_and_is_named() {
    let library = Library::new();
    let (book, loan) = (id(), id());
    let orders = [
        library.acquire(book, "1"),
        library.lend(loan, book),
        library.renew(loan, 3000),
        library.renew(loan, 3001),
        library.renew(loan, 3002),
        library.withdraw(book),
    ];
    let refused = library.all(&orders).await.unwrap_err();
    assert_eq!((refused.index, code(&refused.error)), (Some(4), "LOAN_TOO_MANY_RENEWALS"));
    assert_eq!(library.positions().await, 0);
    let absent = library.all(&[library.withdraw(book), library.acquire(book, "1")]).await;
    let absent = absent.unwrap_err();
    assert_eq!((absent.index, *absent.error), (Some(0), CommandError::NotFound("book")));
    assert_eq!(library.all(&orders[..4]).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_state_that_an_earlier_one_ends_cannot_be_used() {
    let library = Library::new();
    let (book, loan) = (id(), id());
    library.done(library.acquire(book, "1")).await;
    let refused = library.all(&[library.withdraw(book), library.lend(loan, book)]).await;
    let refused = refused.unwrap_err();
    assert_eq!((refused.index, code(&refused.error)), (Some(1), "LOAN_NO_SUCH_BOOK"));
    // The id of one that is of another type is none.
    let mixed = [library.acquire(id(), "2"), library.lend(Id::new(book.ulid()), book)];
    assert_eq!(library.all(&mixed).await.unwrap_err().index, Some(1));
    let left = library.lend(Id::new(book.ulid()), book);
    let mixed = library.all(&[library.acquire(book, "1"), left]).await.unwrap_err();
    assert_eq!((mixed.index, *mixed.error), (Some(1), CommandError::NotFound("loan")));
}

#[tokio::test]
async fn a_value_is_taken_once() {
    let library = Library::new();
    let (one, other) = (id(), id());
    let twice = [library.acquire(one, "1"), library.acquire(other, "1")];
    let refused = library.all(&twice).await.unwrap_err();
    assert_eq!((refused.index, code(&refused.error)), (Some(1), "claim_taken"));
    let between = [library.acquire(one, "1"), library.withdraw(one), library.acquire(other, "1")];
    assert_eq!(library.all(&between).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_version_may_be_insisted_on_in_between() {
    let library = Library::new();
    let (_, loan) = library.lent().await;
    let expecting = |order: Order, version| Order { expected_version: Some(version), ..order };
    let renewals =
        [expecting(library.renew(loan, 3000), 1), expecting(library.renew(loan, 3001), 2)];
    assert_eq!(library.all(&renewals).await.unwrap()[1].version, 3);
    let stale = library.all(&renewals).await.unwrap_err();
    let error = CommandError::Precondition { expected: 1, actual: 3 };
    assert_eq!((stale.index, *stale.error), (Some(0), error));
}

#[tokio::test]
async fn a_batch_may_only_be_validated() {
    let library = Library::new();
    let (book, loan) = (id(), id());
    let mut orders = vec![library.acquire(book, "1"), library.lend(loan, book)];
    for order in &mut orders {
        order.validate_only = true;
    }
    let receipts = library.all(&orders).await.unwrap();
    assert_eq!(receipts[1].outcome, Outcome::Validated);
    assert_eq!(receipts[1].events[0].fields.as_ref().unwrap()["number"], 1);
    assert_eq!(library.positions().await, 0);
}

#[tokio::test]
async fn a_repeated_batch_gets_the_first_answers() {
    let library = Library::new();
    let (book, loan) = (id(), id());
    let send = |orders| async {
        let (orders, repeat) = named(1, orders);
        library.commands.execute_all(&orders, repeat).await
    };
    let orders =
        || vec![library.acquire(book, "1"), library.lend(loan, book), library.withdraw(book)];
    let first = send(orders()).await.unwrap();
    // By now it would be refused.
    let again = send(orders()).await.unwrap();
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(Receipt { outcome: Outcome::Repeated, ..first.clone() }, *again);
    }
    // Made up anew for every request, the ids are those of the first.
    let minted = |order: Order| Order { id: Ulid::generate(), minted: true, ..order };
    let mut other_ids = orders();
    other_ids[0] = minted(other_ids[0].clone());
    let other_ids = send(other_ids).await.unwrap();
    assert_eq!(other_ids, again);
    assert_eq!(library.positions().await, 3);
}

#[tokio::test]
async fn a_name_stands_for_one_batch() {
    let library = Library::new();
    let (orders, repeat) = named(1, vec![library.acquire(id(), "1")]);
    library.commands.execute_all(&orders, repeat).await.unwrap();
    let (orders, repeat) = named(1, vec![library.acquire(id(), "2"), library.acquire(id(), "3")]);
    let other = repeat.map(|repeat| Repeat { request_hash: [8; 32], ..repeat });
    let refused = library.commands.execute_all(&orders, other).await.unwrap_err();
    assert_eq!((refused.index, *refused.error), (None, CommandError::CommandIdReused));
    let refused = library.commands.execute_each(orders, &[], other, 4).await;
    assert_eq!(refused, Err(CommandError::CommandIdReused));
    assert_eq!(library.positions().await, 1);
}

#[tokio::test]
async fn a_refused_batch_may_succeed_later() {
    let library = Library::new();
    let (book, loan) = (id(), id());
    let (orders, repeat) = named(1, vec![library.lend(loan, book)]);
    assert!(library.commands.execute_all(&orders, repeat).await.is_err());
    library.done(library.acquire(book, "1")).await;
    assert_eq!(library.commands.execute_all(&orders, repeat).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_repetitions_is_one_batch() {
    let library = Library::new();
    let there = library.elsewhere(&CommandSettings::default());
    let (book, loan) = (id(), id());
    let (orders, repeat) = named(1, vec![library.acquire(book, "1"), library.lend(loan, book)]);
    let send = |number: usize| {
        let commands = [&library, &there][number % 2].commands.clone();
        let orders = orders.clone();
        tokio::spawn(async move { commands.execute_all(&orders, repeat).await.unwrap() })
    };
    let mut answers = vec![];
    for answer in join_all((0..50).map(send)).await {
        let mut receipts = answer.unwrap();
        for receipt in &mut receipts {
            receipt.outcome = Outcome::Executed;
        }
        answers.push(receipts);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(library.positions().await, 2);
}

/// Batches and single commands of two processes draw from one series.
#[tokio::test(flavor = "multi_thread")]
async fn racing_batches_are_decided_anew() {
    let library = Library::new();
    let there = library.elsewhere(&CommandSettings::default());
    let run = |number: usize| {
        let commands = [&library, &there][number % 2].commands.clone();
        let (books, loans): ([Id<Book>; 2], [Id<Loan>; 2]) = ([id(), id()], [id(), id()]);
        let orders = vec![
            library.acquire(books[0], &format!("a{number}")),
            library.lend(loans[0], books[0]),
            library.acquire(books[1], &format!("b{number}")),
            library.lend(loans[1], books[1]),
        ];
        tokio::spawn(async move {
            if number % 4 == 3 {
                for order in orders {
                    commands.execute(order).await.unwrap();
                }
            } else {
                commands.execute_all(&orders, None).await.unwrap();
            }
        })
    };
    for outcome in join_all((0..40).map(run)).await {
        outcome.unwrap();
    }
    assert_eq!((library.positions().await, library.numbers().await), (160, vec![80]));
}

#[tokio::test]
async fn each_for_itself_has_its_own_result() {
    let library = Library::new();
    let (book, loan) = (id(), id());
    let orders = vec![
        library.lend(id(), id()),
        library.acquire(book, "1"),
        library.lend(loan, book),
        library.renew(loan, 3000),
        library.acquire(id(), "1"),
        library.renew(loan, 3001),
    ];
    // That the book must be there first, only the caller knows.
    let after = [(2, 1), (4, 1)];
    let (orders, repeat) = named(1, orders);
    let run = || library.commands.execute_each(orders.clone(), &after, repeat, 4);
    let told = |results: Vec<Result<Receipt, CommandError>>| -> Vec<String> {
        let told = |result: Result<Receipt, CommandError>| match result {
            Ok(receipt) => format!("{} {:?}", receipt.version, events(&receipt)),
            Err(error) => code(&error).to_owned(),
        };
        results.into_iter().map(told).collect()
    };
    let expected = [
        "LOAN_NO_SUCH_BOOK",
        "1 [\"book.acquired\"]",
        "1 [\"loan.lent\"]",
        "2 [\"loan.renewed\"]",
        "claim_taken",
        "3 [\"loan.renewed\"]",
    ];
    assert_eq!(told(run().await.unwrap()), expected);
    assert_eq!(told(run().await.unwrap()), expected, "the first answers again");
    assert_eq!(library.positions().await, 4);
}
