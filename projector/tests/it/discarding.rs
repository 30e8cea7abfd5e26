//! What somebody decided to leave out stays out, whatever is folded again.

use domain::kernel::{
    Id,
    testing::toy::{Book, Loan},
};
use event_store::pg::{ulid, uuid};
use projector::{Discard, Discarded, Which, rebuild};
use ulid::Ulid;

use crate::{
    library::{Library, Tenant},
    poison::{brief, desk, forgive, patient, quarantined, refused_for_a_while},
};

fn discard(tenant: &Tenant<'_>, stream: Ulid, position: u64, held: bool) -> Discard {
    Discard {
        read_model: "shelf".to_owned(),
        tenant: tenant.id,
        stream,
        position,
        held,
        reason: "sold by mistake".to_owned(),
        actor: "operator:thandi".to_owned(),
    }
}

#[tokio::test]
async fn what_was_discarded_is_left_out_for_ever() {
    let library = Library::open().await;
    let (ill, well) = (library.tenant().await, library.tenant().await);
    let unknown = Id::<Book>::new(Ulid::generate());
    let loan = ill.lend(unknown).await;
    ill.busy(1).await;
    ill.give_back(loan, unknown).await;
    well.busy(1).await;
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    assert_eq!(brief(&library).await, [quarantined("shelf", 1, 1, 1)]);

    // It takes the very event, a reason and somebody.
    let desk = desk(&library);
    let right = discard(&ill, loan.ulid(), 1, false);
    for (wrong, why) in [
        (Discard { position: 7, ..right.clone() }, "by the event at position 1, not 7"),
        (Discard { tenant: well.id, ..right.clone() }, "no such stream is quarantined"),
        (Discard { reason: " ".to_owned(), ..right.clone() }, "needs a reason"),
        (Discard { actor: String::new(), ..right.clone() }, "needs an actor"),
        (Discard { read_model: "shelves".to_owned(), ..right.clone() }, "but: shelf, on_loan"),
    ] {
        let error = desk.discard(&wrong).await.unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert_eq!(desk.discarded(Which::default()).await.unwrap(), []);

    // The next event of the stream cannot be folded either.
    assert_eq!(desk.discard(&right).await.unwrap(), 1);
    projector.step_until_idle().await.unwrap();
    assert_eq!(brief(&library).await, [quarantined("shelf", 7, 1, 0)]);
    assert_eq!(desk.discard(&discard(&ill, loan.ulid(), 7, true)).await.unwrap(), 1);
    assert_eq!(projector.step_until_idle().await.unwrap().lifted, 1);
    assert_eq!(brief(&library).await, []);

    // By a rebuild, by another program, and by whoever looks.
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap();
    assert_eq!(brief(&library).await, []);
    patient(&library).step_until_idle().await.unwrap();
    let verified = projector::verify(
        &owner,
        &library.registry,
        &library.ring,
        &projector::Scope::default(),
        |_| {},
    )
    .await
    .unwrap();
    assert_eq!((verified.discarded, verified.quarantined, verified.found), (2, 0, 0));
    let kept = desk.discarded(Which::default()).await.unwrap();
    let Discarded { read_model, tenant, stream, reason, actor, error, .. } = &kept[0];
    assert_eq!((read_model.as_str(), *tenant, stream), ("shelf", ill.id, &loan.to_string()));
    assert_eq!((reason.as_str(), actor.as_str()), ("sold by mistake", "operator:thandi"));
    assert!(error.contains("does not exist"), "{error}");
    for change in
        ["UPDATE log.discarded_events SET reason = 'x'", "DELETE FROM log.discarded_events"]
    {
        let client = owner.get().await.unwrap();
        assert_eq!(client.execute(change, &[]).await.unwrap(), 0, "{change}");
    }
    assert_eq!(library.number("SELECT count(*) FROM log.discarded_events").await, 2);
    library.close().await;
}

#[tokio::test]
async fn a_discard_leaves_the_rest_of_the_stream_in() {
    let library = Library::open().await;
    let (tenant, book) = refused_for_a_while(&library).await;
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    let sql = "SELECT stream_id FROM log.quarantined_streams";
    let stream: uuid::Uuid = library.rows(sql, &[]).await[0].get(0);
    let desk = desk(&library);
    let discarded = desk.discard(&discard(&tenant, ulid(stream), 4, false)).await;
    assert_eq!(discarded.unwrap(), 1);
    let left = async || {
        let sql = "SELECT times_lent, withdrawn, updated_position FROM read.shelf_v1
                   WHERE book = $1";
        let rows = library.rows(sql, &[&uuid(book.ulid())]).await;
        (rows[0].get::<_, i64>(0), rows[0].get::<_, bool>(1), rows[0].get::<_, i64>(2))
    };
    assert_eq!(projector.step_until_idle().await.unwrap().lifted, 1);
    // The lending at 4 is gone, the return at 6 is not.
    assert_eq!(left().await, (1, true, 6));
    // The constraint goes with the table; what was discarded does not come back.
    let owner = library.pool("tenantry_owner");
    rebuild(&owner, &library.registry, &library.ring, "shelf", |_| {}).await.unwrap();
    assert_eq!(left().await, (1, true, 6));
    library.verified().await;
    library.close().await;
}

#[tokio::test]
async fn an_erasure_leaves_out_what_was_discarded() {
    let library = Library::open().await;
    let (tenant, book) = refused_for_a_while(&library).await;
    let mut projector = patient(&library);
    projector.step_until_idle().await.unwrap();
    let sql = "SELECT stream_id FROM log.quarantined_streams";
    let stream: uuid::Uuid = library.rows(sql, &[]).await[0].get(0);
    desk(&library).discard(&discard(&tenant, ulid(stream), 4, false)).await.unwrap();
    assert_eq!(projector.step_until_idle().await.unwrap().lifted, 1);
    let row = async || {
        let sql = "SELECT times_lent, updated_position FROM read.shelf_v1 WHERE book = $1";
        let rows = library.rows(sql, &[&uuid(book.ulid())]).await;
        (rows[0].get::<_, i64>(0), rows[0].get::<_, i64>(1))
    };
    // Folded, the lending at 4 would be refused by the table.
    tenant.erase(Id::<Loan>::new(ulid(stream))).await;
    assert_eq!(projector.step_until_idle().await.unwrap().stuck, 0);
    assert_eq!(library.number("SELECT min(erasures) FROM log.checkpoints").await, 1);
    assert_eq!(row().await, (1, 6));
    assert_eq!(brief(&library).await, []);
    // And would come back where the table could take it.
    forgive(&library).await;
    let loan = tenant.lend(Id::new(Ulid::generate())).await;
    tenant.erase(loan).await;
    projector.step_until_idle().await.unwrap();
    assert_eq!(library.number("SELECT min(erasures) FROM log.checkpoints").await, 2);
    assert_eq!(row().await, (1, 6));
    assert_eq!(brief(&library).await, [quarantined("shelf", 9, 1, 0)]);
    library.verified().await;
    library.close().await;
}
