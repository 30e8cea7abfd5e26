//! Objects that are missing or damaged are named, and nothing else suffers.

use chrono::Utc;
use event_store::{
    Log, TenantId,
    cold::{CoolOrder, Cooler, Segments},
    integrity::{Audited, Kind, Scope, audit},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{Cellar, SEGMENT};
use crate::archive::world::somebody;

async fn audited(cellar: &Cellar) -> Audited {
    let pool = cellar.world.database.pool("tenantry_owner").unwrap();
    let scope = Scope { history: cellar.history(), ..Scope::default() };
    audit(&pool, &cellar.keyring, &scope, |_| {}).await.unwrap()
}

/// What somebody is told who reads from a position on.
async fn told(cellar: &Cellar, tenant: Ulid, after: u64) -> String {
    let end = CancellationToken::new();
    let read = cellar.log(&end).read_tenant(tenant, after, 10).await;
    end.cancel();
    read.unwrap_err().to_string()
}

async fn cold_and_second_object() -> (Cellar, Ulid, std::path::PathBuf, Vec<u8>) {
    let cellar = Cellar::filled(12).await;
    let tenant = somebody();
    cellar.cool(tenant).await;
    assert_eq!(audited(&cellar).await.differences, []);
    let object = cellar.objects(tenant).remove(1);
    let content = std::fs::read(&object).unwrap();
    (cellar, tenant, object, content)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_named_by_readers_and_by_the_audit() {
    let (cellar, tenant, object, content) = cold_and_second_object().await;
    std::fs::remove_file(&object).unwrap();
    let said = told(&cellar, tenant, SEGMENT).await;
    let id = TenantId(tenant).to_string();
    let name = object.file_name().unwrap().to_str().unwrap();
    for part in ["positions 51 to 100", &id, name, "is missing", "put it back from a copy"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let found = audited(&cellar).await.differences;
    let brief: Vec<_> = found.iter().map(|one| (one.kind, one.first, one.last)).collect();
    assert_eq!(brief, [(Kind::MissingSegment, 51, 100)]);
    assert!(found[0].to_string().contains(name), "{}", found[0]);
    let output = cellar.command(&["proof", "audit"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    // What lies elsewhere is read as before; and once it is back, so is this.
    let end = CancellationToken::new();
    assert_eq!(cellar.log(&end).read_tenant(tenant, 0, 50).await.unwrap().len(), 50);
    std::fs::write(&object, content).unwrap();
    assert_eq!(cellar.log(&end).read_tenant(tenant, SEGMENT, 10).await.unwrap().len(), 10);
    assert_eq!(audited(&cellar).await.differences, []);
    end.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_reads_any_number_of_segments() {
    let cellar = Cellar::filled(12).await;
    let tenant = somebody();
    let pool = cellar.world.database.pool("tenantry_cold").unwrap();
    let segments = Segments { least: 1, most: 1, ..Segments::default() };
    let cooler = Cooler::new(pool, cellar.keyring.clone(), cellar.history(), segments);
    let order = CoolOrder { tenant, recorded_by: Utc::now() };
    while cooler.cool(order).await.unwrap().is_some() {}
    let objects = cellar.objects(tenant);
    // More than are looked up at once.
    assert!(objects.len() > 150, "{} segments", objects.len());
    let whole = audited(&cellar).await;
    assert_eq!(whole.differences, []);
    let all = "SELECT sum(position)::bigint FROM log.heads WHERE $1::uuid IS NOT NULL";
    assert_eq!(whole.events.cast_signed(), cellar.world.number(all, Ulid::nil()).await);
    std::fs::remove_file(&objects[0]).unwrap();
    std::fs::remove_file(&objects[140]).unwrap();
    let found = audited(&cellar).await.differences;
    let brief: Vec<_> = found.iter().map(|one| (one.kind, one.first, one.last)).collect();
    assert_eq!(brief, [(Kind::MissingSegment, 1, 1), (Kind::MissingSegment, 141, 141)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_named_whatever_was_done_to_it() {
    let (cellar, tenant, object, content) = cold_and_second_object().await;
    let other = std::fs::read(&cellar.objects(tenant)[0]).unwrap();
    let mut flipped = content.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [flipped, content[..40].to_vec(), vec![], other] {
        std::fs::write(&object, damaged).unwrap();
        let said = told(&cellar, tenant, SEGMENT + 3).await;
        assert!(said.contains("is damaged") && said.contains("positions 51 to 100"), "{said}");
        let found = audited(&cellar).await.differences;
        let brief: Vec<_> = found.iter().map(|one| (one.kind, one.first, one.last)).collect();
        assert_eq!(brief, [(Kind::DamagedSegment, 51, 100)]);
    }
}

/// Somebody with all rights writes another history into the object, and its
/// SHA-256 into the catalogue.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_forged_with_its_checksum_is_found_out() {
    let (cellar, tenant, object, content) = cold_and_second_object().await;
    let mut text = zstd::decode_all(&*content).unwrap();
    // An event that is nowhere else: its last byte is of its payload.
    let in_table = "SELECT count(*) FROM log.events WHERE tenant_id = $1 AND position = 50 + ";
    let (mut at, mut place) = (48, 0);
    loop {
        place += 1;
        let length = u32::from_be_bytes(text[at..at + 4].try_into().unwrap());
        at += 4 + length as usize;
        if cellar.world.number(&format!("{in_table}{place}"), tenant).await == 0 {
            break;
        }
    }
    text[at - 1] ^= 1;
    let packed = zstd::encode_all(&*text, 3).unwrap();
    std::fs::write(&object, &packed).unwrap();
    let owner = cellar.world.owner().await;
    owner
        .execute(
            "UPDATE log.segments SET sha256 = sha256($2), bytes = length($2)
             WHERE tenant_id = $1 AND first_position = 51",
            &[&event_store::pg::uuid(tenant), &packed],
        )
        .await
        .unwrap();
    let found = audited(&cellar).await.differences;
    let brief: Vec<_> = found.iter().map(|one| (one.kind, one.first, one.last)).collect();
    assert_eq!(brief, [(Kind::AlteredRow, 50 + place, 50 + place)]);
    // Nor does it come back into the table.
    cellar.warm(tenant, 100).await;
    let pool = cellar.world.database.pool("tenantry_cold").unwrap();
    let refused = event_store::cold::warm(&pool, &cellar.history(), tenant, 0).await.unwrap_err();
    assert!(refused.to_string().contains("are not what was sealed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_which_the_table_has_nothing_left_is_named() {
    let cellar = Cellar::filled(12).await;
    let tenant = somebody();
    cellar.cool(tenant).await;
    let owner = cellar.world.owner().await;
    let kept = "SELECT min(position) FROM log.events WHERE tenant_id = $1";
    let kept = cellar.world.number(kept, tenant).await;
    let sql = "DELETE FROM log.events WHERE tenant_id = $1 AND position = $2";
    assert_eq!(owner.execute(sql, &[&event_store::pg::uuid(tenant), &kept]).await.unwrap(), 1);
    let found = audited(&cellar).await.differences;
    let brief: Vec<_> = found.iter().map(|one| (one.kind, one.first, one.last)).collect();
    assert_eq!(brief, [(Kind::DeletedRow, kept, kept)]);
    assert!(found[0].to_string().contains("tenantry tenant warm"), "{}", found[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_were_deleted_or_altered_are_told_apart_from_those_that_moved() {
    let cellar = Cellar::filled(12).await;
    let tenant = somebody();
    let head = cellar.world.head(tenant).await.cast_signed();
    // Half of it is moved.
    cellar.try_cool(tenant).await.unwrap().unwrap();
    cellar.try_cool(tenant).await.unwrap().unwrap();
    let owner = cellar.world.owner().await;
    let kept = "SELECT min(position) FROM log.events WHERE tenant_id = $1 AND position <= 100";
    let kept = cellar.world.number(kept, tenant).await;
    owner
        .batch_execute(&format!(
            "DELETE FROM log.events WHERE tenant_id = '{id}' AND position = {head};
             UPDATE log.events SET actor = 'user:1' WHERE tenant_id = '{id}' AND position = {kept}",
            id = event_store::pg::uuid(tenant)
        ))
        .await
        .unwrap();
    let found = audited(&cellar).await.differences;
    let brief: Vec<_> = found.iter().map(|one| (one.kind, one.first, one.last)).collect();
    assert_eq!(brief, [(Kind::InsertedRow, kept, kept), (Kind::DeletedRow, head, head)]);
}
