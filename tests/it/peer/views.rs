//! Views that the peer has kept, beside our read models; over the program
//! itself, as whoever moves in would do it.

use std::{process::Command, sync::Arc};

use cqrs_es::{
    AggregateContext, EventEnvelope, EventStore, View,
    persist::{GenericQuery, PersistedEventStore},
};
use domain::kernel::{
    Timestamp,
    testing::{text, toy},
};
use postgres_es::{PostgresEventRepository, PostgresViewRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::{
    Asked, OurStore, Peer, PeerStore,
    tally::{Add, Tally, TallyCommand},
};

/// The program with the toy beside the product.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// A view as a team would write it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShelfView {
    book: String,
    title: String,
    withdrawn: bool,
    times_lent: u32,
    seen: u32,
}

impl View<Peer<toy::Book>> for ShelfView {
    fn update(&mut self, event: &EventEnvelope<Peer<toy::Book>>) {
        self.seen += 1;
        match &event.payload.0 {
            toy::BookEvent::Acquired { title, .. } => {
                self.book.clone_from(&event.aggregate_id);
                self.title = title.to_string();
            }
            toy::BookEvent::Withdrawn { .. } => self.withdrawn = true,
        }
    }
}

/// A library with two books, one of them withdrawn, and its view.
async fn library() -> PeerStore {
    let peer = PeerStore::new().await;
    peer.run("CREATE TABLE shelf_view (view_id text PRIMARY KEY, version bigint NOT NULL, payload json NOT NULL)").await;
    let views =
        PostgresViewRepository::<ShelfView, Peer<toy::Book>>::new("shelf_view", peer.pool.clone());
    let query = GenericQuery::new(Arc::new(views));
    let cqrs = postgres_cqrs(peer.pool.clone(), vec![Box::new(query)], ());
    let give = async |id: &str, command| {
        let now = Timestamp::from_micros(1);
        let asked = Asked::<toy::Book> { tenant: Ulid(1), id: Ulid(1), command, now };
        let given = (asked.command.clone(), asked.facts());
        cqrs.execute(id, given).await.unwrap();
    };
    let acquire = |isbn: &str, title: &str| {
        toy::BookCommand::Acquire(toy::Acquire { isbn: text(isbn), title: text(title) })
    };
    give("book-1", acquire("1", "SICP")).await;
    give("book-2", acquire("2", "TAOCP")).await;
    give("book-2", toy::BookCommand::Withdraw(toy::Withdraw {})).await;
    peer
}

fn run(peer: &PeerStore, ours: &OurStore, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(PROGRAM)
        .args(["--database", &ours.database.url, "import"])
        .args(arguments)
        .env("TENANTRY_SOURCE", &peer.database.url)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_from_beginning_to_end() {
    let (peer, ours) = (library().await, OurStore::new().await);
    let arguments =
        ["postgres-es", "--tenant", "library", "--create-tenants", "--order", "physical"];
    let with = |more: &[&'static str]| [&arguments[..], more].concat();

    let (code, told, said) = run(&peer, &ours, &with(&["--dry-run"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(told.contains("3 events in 2 streams; 0 were imported before, 3 are new"), "{told}");
    assert!(told.contains("library  3 events, new"), "{told}");
    assert!(told.contains("book acquired 1.0   →  book.acquired v1 "), "{told}");
    assert!(told.contains("nothing was written: this was a dry run"), "{told}");

    let (code, told, said) = run(&peer, &ours, &with(&["--diff-view", "shelf_view:shelf"]));
    assert_eq!(code, Some(0), "{told}{said}");
    assert!(told.contains("3 events were imported"), "{told}");
    assert!(said.contains("2 rows of shelf_view compared with shelf: no difference"), "{said}");
    assert!(said.contains("only one side has it: last_lent_at, loan, seen"), "{said}");

    // A view that has gone astray is found out.
    peer.run(
        "UPDATE shelf_view SET payload = jsonb_set(payload::jsonb, '{title}', '\"SCIP\"')
             WHERE view_id = 'book-1';
         DELETE FROM shelf_view WHERE view_id = 'book-2';
         INSERT INTO shelf_view VALUES ('book-3', 1, '{}')",
    )
    .await;
    let (code, told, said) = run(&peer, &ours, &with(&["--diff-view", "shelf_view:shelf"]));
    assert_eq!(code, Some(3), "{told}{said}");
    assert!(told.contains("shelf book-1 title: was \"SCIP\", is \"SICP\""), "{told}");
    assert!(told.contains("shelf book-3: is in the old view alone"), "{told}");
    assert!(told.contains(": is in the read model alone"), "{told}");
    assert!(said.contains("3 differences"), "{said}");

    // Who still reads the old table.
    let owner = ours.database.owner().await.unwrap();
    let tenant = event_store::pg::tenants(&owner).await.unwrap().remove(0);
    let tenant = event_store::TenantId(tenant.id).to_string();
    let (code, sql, said) = run(&peer, &ours, &["compatibility-view", "--tenant", &tenant]);
    assert_eq!(code, Some(0), "{said}");
    owner.batch_execute(&sql).await.unwrap();
    let rows: i64 = owner
        .query_one("SELECT count(*) FROM postgres_es.events WHERE aggregate_id = 'book-2'", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(rows, 2);
}

/// The statements of the guide that freeze the old table.
fn freeze() -> &'static str {
    let guide = include_str!("../../../docs/migrate-from-postgres-es.md");
    guide.split("```sql\n").nth(1).unwrap().split("```").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_over_after_which_the_old_program_reads_on() {
    let (peer, ours) = (PeerStore::new().await, OurStore::new().await);
    let tenant = ours.database.tenant().await.unwrap();
    let id = Ulid::generate();
    let add = |count| Asked::<Tally> {
        tenant,
        id,
        command: TallyCommand::Add(Add { count }),
        now: Timestamp::from_micros(1),
    };
    let arguments = ["postgres-es", "--tenant", "a tenant"];
    let import = |expected: &str| {
        let (code, told, said) = run(&peer, &ours, &arguments);
        assert_eq!(code, Some(0), "{said}");
        assert!(told.contains(expected), "{told}");
    };
    peer.give(&add(1)).await.unwrap();
    import("1 events were imported");
    peer.give(&add(2)).await.unwrap();
    peer.run(freeze()).await;
    let given = (add(9).command, add(9).facts());
    let frozen = peer.framework::<Tally>().execute(&id.to_string(), given).await.unwrap_err();
    assert!(frozen.to_string().contains("the events have moved"), "{frozen}");
    import("1 events were imported");

    // Life goes on here, and the import is over.
    ours.give(&add(4)).await.unwrap();
    let (code, _, said) = run(&peer, &ours, &arguments);
    assert_eq!(code, Some(1));
    assert!(said.contains("has 1 events that were not imported"), "{said}");

    let owner = ours.database.owner().await.unwrap();
    let view = event_store::import::compatibility_view(tenant);
    owner.batch_execute(&view).await.unwrap();
    let pool = sqlx::PgPool::connect(&ours.database.url).await.unwrap();
    let repository =
        PostgresEventRepository::new(pool).with_tables("postgres_es.events", "snapshots");
    let store = PersistedEventStore::<_, Peer<Tally>>::new_event_store(repository);
    let theirs = store.load_aggregate(&id.to_string()).await.unwrap().aggregate().0.clone();
    assert_eq!(theirs, Tally { total: 7 });
    assert_eq!(ours.held::<Tally>(tenant, id).await.state, theirs);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_come_from_a_file() {
    let (peer, ours) = (library().await, OurStore::new().await);
    let file = tempfile::NamedTempFile::new().unwrap();
    let rules = r#"
        order = "physical"
        tenant = { pattern = '^([a-z]+)-' }
        [types.book]
        name = "volume"
        [types.book.events.acquired]
        name = "bought"
        versions = { "1.0" = 2 }
        fields = { isbn = "number" }
    "#;
    std::fs::write(file.path(), rules).unwrap();
    let path = file.path().to_str().unwrap();
    let arguments = ["postgres-es", "--create-tenants", "--rules", path];
    let (code, told, said) = run(&peer, &ours, &arguments);
    assert_eq!(code, Some(0), "{said}");
    assert!(told.contains("book acquired 1.0   →  volume.bought v2 "), "{told}");
    assert!(told.contains("not declared here, stored as it is"), "{told}");

    std::fs::write(file.path(), "tennant = 1").unwrap();
    let (code, _, said) = run(&peer, &ours, &arguments);
    assert_eq!(code, Some(1));
    assert!(said.contains("unknown field `tennant`"), "{said}");
    let (code, _, said) = run(&peer, &ours, &["postgres-es", "--tenant", "a", "--tenant-sql", "b"]);
    assert_eq!(code, Some(2), "{said}");
}
