//! What is remembered between commands.

use std::sync::Arc;

use domain::kernel::testing::toy::{Book, Toy};
use ulid::Ulid;

use super::{Library, id, until, watched::Watched};
use crate::{CommandSettings, Commands, MemoryLog};

fn watched() -> (Arc<Watched>, Library) {
    let (log, tenant) = (Arc::new(MemoryLog::default()), Ulid::generate());
    log.provision(tenant);
    let watched = Arc::new(Watched::open(log.clone()));
    let commands = Commands::new::<Toy>(watched.clone());
    (watched, Library { log, commands, tenant })
}

#[tokio::test]
async fn memory_is_bounded_across_all_types() {
    let cache_bytes = 64 * 1024;
    let library = Library::with(&CommandSettings { cache_bytes, ..CommandSettings::default() });
    for number in 0..500 {
        let (book, loan) = (id(), id());
        library.done(library.acquire(book, &number.to_string())).await;
        library.done(library.lend(loan, book)).await;
        assert!(library.commands.kept_bytes() <= cache_bytes);
    }
    assert!(library.commands.kept_bytes() > cache_bytes / 2, "{}", library.commands.kept_bytes());
}

#[tokio::test]
async fn what_was_used_last_is_kept() {
    let (log, library) = watched();
    let (_, loan) = library.lent().await;
    let before = log.reads();
    library.done(library.renew(loan, 3000)).await;
    assert_eq!(log.reads(), before, "the loan was in memory");
}

#[tokio::test]
async fn a_forgotten_tenant_is_read_again() {
    let (log, library) = watched();
    let (_, loan) = library.lent().await;
    library.commands.forget(Ulid::generate());
    library.done(library.renew(loan, 3000)).await;
    let before = log.reads();
    library.commands.forget(library.tenant);
    assert_eq!(library.commands.kept_bytes(), 0);
    library.done(library.renew(loan, 3001)).await;
    assert!(log.reads() > before);
    let before = log.reads();
    library.done(library.give_back(loan)).await;
    assert_eq!(log.reads(), before, "what is read afterwards is kept again");
}

#[tokio::test]
async fn what_is_in_use_while_its_tenant_is_forgotten_is_not_kept() {
    let (log, library) = watched();
    let (_, loan) = library.lent().await;
    let held = log.appends.forget_permits(usize::MAX);
    let (commands, renew) = (library.commands.clone(), library.renew(loan, 3000));
    let running = tokio::spawn(async move { commands.execute(renew).await });
    until(async || (log.arrived.available_permits() == 3).then_some(())).await;
    library.commands.forget(library.tenant);
    log.appends.add_permits(held);
    running.await.unwrap().unwrap();
    let before = log.reads();
    library.done(library.renew(loan, 3001)).await;
    assert!(log.reads() > before);
}

/// Another process may have made it so: a refusal is only told after a look at
/// the log.
#[tokio::test]
async fn nobody_is_refused_because_of_what_was() {
    let here = Library::new();
    let there = here.elsewhere(&CommandSettings::default());
    let (book, loan) = (id::<Book>(), id());
    assert!(here.run(here.lend(loan, book)).await.is_err());
    there.done(there.acquire(book, "1")).await;
    here.done(here.lend(loan, book)).await;
    there.done(there.give_back(loan)).await;
    there.done(there.withdraw(book)).await;
    // The book's state is remembered here as it was when it could be lent.
    assert!(here.run(here.lend(id(), book)).await.is_err());
}
