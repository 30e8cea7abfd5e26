//! What is not moved, and who may not move it.

use chrono::Utc;
use event_store::{
    Log, TenantId,
    cold::{CoolError, CoolOrder, Cooler, Segments},
    integrity::Keyring,
    pg::{PgLogSettings, uuid},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::Cellar;
use crate::archive::world::somebody;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_moved_that_is_young_unsealed_or_unseen() {
    let cellar = Cellar::filled(2).await;
    let (tenant, owner) = (somebody(), cellar.world.owner().await);
    let head = cellar.world.head(tenant).await;
    let cooler = cellar.cooler();
    let long_ago = CoolOrder { tenant, recorded_by: Utc::now() - chrono::TimeDelta::days(1) };
    assert_eq!(cooler.cool(long_ago).await.unwrap(), None);
    let id = uuid(tenant);
    let stands = format!(
        "UPDATE log.checkpoints SET position = 30
         WHERE tenant_id = '{id}' AND consumer = (SELECT min(consumer) FROM log.checkpoints)"
    );
    owner.batch_execute(&stands).await.unwrap();
    let now = CoolOrder { tenant, recorded_by: Utc::now() };
    let bounds = cooler.bounds(now).await.unwrap();
    assert_eq!((bounds.until(), bounds.head, bounds.old), (30, head, head));
    let text = TenantId(tenant).to_string();
    let arguments = ["tenant", "cool", &text, "--older-than", "0s", "--least", "1", "--dry-run"];
    let planned = cellar.says(&arguments);
    assert!(planned.contains("30 events would be moved"), "{planned}");
    assert_eq!(cellar.standing(tenant).await.0, 0);
    cellar.cool(tenant).await;
    assert_eq!(cellar.standing(tenant).await.0, 30);
    // What was written since is not sealed.
    owner.batch_execute(&stands.replace("= 30", "= 100000")).await.unwrap();
    cellar.fill(3).await;
    cellar.cool(tenant).await;
    assert_eq!(cellar.standing(tenant).await.0, head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_has_at_least_so_many_events() {
    let cellar = Cellar::filled(2).await;
    let (tenant, head) = (somebody(), cellar.world.head(somebody()).await);
    let pool = cellar.world.database.pool("tenantry_cold").unwrap();
    let segments = Segments { least: 40, most: 60, ..Segments::default() };
    let cooler = Cooler::new(pool, cellar.keyring.clone(), cellar.history(), segments);
    let order = CoolOrder { tenant, recorded_by: Utc::now() };
    while cooler.cool(order).await.unwrap().is_some() {}
    let (until, rest) = (cellar.standing(tenant).await.0, head % 60);
    assert_eq!(until, if rest < 40 { head - rest } else { head });
}

/// Times are told by the log itself, and what may be moved by counting.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_recorded_by_then_is_moved() {
    let cellar = Cellar::filled(4).await;
    let tenant = somebody();
    let events = cellar.events(tenant, 1_000).await;
    let pool = cellar.world.database.pool("tenantry_cold").unwrap();
    let (least, most) = (20, 30);
    let segments = Segments { least, most, ..Segments::default() };
    let cooler = Cooler::new(pool, cellar.keyring.clone(), cellar.history(), segments);
    for place in [7, 17, 22, 33, 47, events.len() - 2] {
        let time = events[place].envelope.recorded_at;
        let by_then = events.iter().filter(|event| event.envelope.recorded_at <= time);
        let old = by_then.count() as u64;
        let mut expected = 0;
        while old - expected >= least {
            expected = old.min(expected + most);
        }
        let order = CoolOrder { tenant, recorded_by: time.into() };
        while cooler.cool(order).await.unwrap().is_some() {}
        let bounds = cooler.bounds(order).await.unwrap();
        assert_eq!((bounds.old, bounds.cold), (old, expected), "by event {place}");
        cellar.warm(tenant, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_altered_is_left_as_it_is() {
    let cellar = Cellar::filled(2).await;
    let (tenant, owner) = (somebody(), cellar.world.owner().await);
    let alter = format!(
        "UPDATE log.events SET actor = 'user:1' WHERE tenant_id = '{}' AND position = 7",
        uuid(tenant)
    );
    owner.batch_execute(&alter).await.unwrap();
    let refused = cellar.try_cool(tenant).await.unwrap_err();
    assert!(matches!(&refused, CoolError::Integrity(error) if error.is_evidence()), "{refused}");
    assert!(refused.to_string().contains("proof audit"), "{refused}");
    // The command does not stop at it.
    let all = ["tenant", "cool", "--older-than", "0s", "--least", "1"];
    let output = cellar.command(&all).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let failed = format!("not moved: {}", TenantId(tenant));
    assert!(!output.status.success() && said.contains(&failed), "{said}");
    let moved = "SELECT count(DISTINCT tenant_id) FROM log.segments WHERE tenant_id <> $1";
    assert!(cellar.world.number(moved, tenant).await > 0);
    assert_eq!((cellar.standing(tenant).await.0, cellar.objects(tenant).len()), (0, 0));
    // Nor is what somebody else has signed.
    let other = Keyring::signing("logs", ed25519_dalek::SigningKey::from_bytes(&[9; 32]), &[]);
    let pool = cellar.world.database.pool("tenantry_cold").unwrap();
    let segments = Segments { least: 1, ..Segments::default() };
    let cooler = Cooler::new(pool, other, cellar.history(), segments);
    let order = CoolOrder { tenant, recorded_by: Utc::now() };
    let refused = cooler.cool(order).await.unwrap_err();
    assert!(refused.to_string().contains("checkpoint of size"), "{refused}");
}

/// The function itself refuses, whoever calls it.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_moves_nothing_that_is_not_as_it_was_sealed() {
    let cellar = Cellar::filled(2).await;
    let (tenant, owner) = (somebody(), cellar.world.owner().await);
    let id = uuid(tenant);
    let head = cellar.world.head(tenant).await.cast_signed();
    let cool = async |first: i64, last: i64| {
        let sql = "SELECT log.cool($1, $2, $3, 'x', 1, 1, sha256(''), '')";
        owner.query_one(sql, &[&id, &first, &last]).await.map(|row| row.get::<_, bool>(0))
    };
    let said = |error: tokio_postgres::Error| error.as_db_error().unwrap().message().to_owned();
    assert!(!cool(2, 9).await.unwrap(), "positions 1 to 1 are missing");
    let unsealed = said(cool(1, head + 1).await.unwrap_err());
    assert!(unsealed.contains("is sealed up to"), "{unsealed}");
    owner
        .execute("UPDATE log.checkpoints SET position = 3 WHERE tenant_id = $1", &[&id])
        .await
        .unwrap();
    let unseen = said(cool(1, 9).await.unwrap_err());
    assert!(unseen.contains("stands at 3"), "{unseen}");
    owner
        .execute("UPDATE log.checkpoints SET position = 99 WHERE tenant_id = $1", &[&id])
        .await
        .unwrap();
    for change in
        ["payload = payload || '\\x00'", "recorded_at = recorded_at + '1 us'", "trace_parent = ''"]
    {
        owner.batch_execute("BEGIN").await.unwrap();
        let alter = format!("UPDATE log.events SET {change} WHERE tenant_id = $1 AND position = 5");
        owner.execute(&alter, &[&id]).await.unwrap();
        let altered = said(cool(1, 9).await.unwrap_err());
        assert!(altered.contains("are not what was sealed"), "{altered}");
        owner.batch_execute("ROLLBACK").await.unwrap();
    }
    assert!(cool(1, 9).await.unwrap());
    for role in ["tenantry_command", "tenantry_query", "tenantry_projector", "tenantry_worker"] {
        owner.batch_execute(&format!("SET ROLE {role}")).await.unwrap();
        let denied = said(cool(10, 19).await.unwrap_err());
        assert!(denied.contains("permission denied"), "{role}: {denied}");
        owner.batch_execute("RESET ROLE").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_a_place_says_what_it_needs() {
    let cellar = Cellar::filled(2).await;
    let (tenant, world) = (somebody(), &cellar.world);
    cellar.cool(tenant).await;
    let end = CancellationToken::new();
    let pool = world.database.pool("tenantry_command").unwrap();
    let settings = PgLogSettings { keys: world.master.clone(), ..PgLogSettings::default() };
    let log = event_store::PgLog::start(pool, &event_store::pg::Signals::silent(), &settings, &end);
    let said = log.read_tenant(tenant, 0, 1_000).await.unwrap_err().to_string();
    assert!(said.contains("name the place in cold.place"), "{said}");
    let output = world.program(&["tenant", "cool", "--older-than", "1d"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("integrity.signing_key_file"), "{said}");
    let mut command = cellar.command(&["tenant", "cool", "--older-than", "1d"]);
    let output = command.env_remove("TENANTRY__COLD__PLACE").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("cold.place"), "{said}");
    for (age, expected) in [("soon", "like 90d"), ("40000d", "at most 36500d")] {
        let output = cellar.command(&["tenant", "cool", "--older-than", age]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(expected), "{said}");
    }
    let mut command = world.command(&["serve", "worker"]);
    command.env("TENANTRY__COLD__AFTER_DAYS", "30").env("TENANTRY__COLD__PLACE", cellar.place());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("nothing is sealed here"), "{said}");
    let nobody = TenantId(Ulid::generate()).to_string();
    for action in
        [vec!["tenant", "show", &nobody], vec!["tenant", "cool", &nobody, "--older-than", "0s"]]
    {
        let output = cellar.command(&action).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("has no log here"), "{said}");
    }
    end.cancel();
}
