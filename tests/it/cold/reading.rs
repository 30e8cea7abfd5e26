//! Everybody who reads finds what is cold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use event_store::{
    Log, StoredEvent, TenantId,
    archive::{ArchiveStore, Export, Target, Until, export},
    cold::CoolOrder,
    history::{History, Part, Session, Stretch, Within},
    integrity::{Document, Proofs, Scope, audit},
    pg::TenantRead,
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::Cellar;
use crate::archive::world::somebody;

#[tokio::test(flavor = "multi_thread")]
async fn logs_and_streams_read_the_same_from_everywhere() {
    let cellar = Cellar::filled(4).await;
    let tenant = somebody();
    let hot = cellar.events(tenant, 1_000).await;
    cellar.cool(tenant).await;
    let (until, kept) = cellar.standing(tenant).await;
    assert_eq!(until, hot.len() as u64, "all of it is cold");
    assert_eq!(cellar.in_table(tenant).await, kept, "but the last of each stream");
    for at_once in [7, 50, 1_000] {
        assert!(cellar.events(tenant, at_once).await == hot, "{at_once} at a time");
    }
    let mut streams: BTreeMap<Ulid, Vec<StoredEvent>> = BTreeMap::new();
    for event in &hot {
        streams.entry(event.envelope.stream_id).or_default().push(event.clone());
    }
    assert_eq!(streams.len() as u64, kept);
    let end = CancellationToken::new();
    let log = cellar.log(&end);
    for (stream, events) in &streams {
        for after in 0..=events.len() {
            for limit in [1, 3, 1_000] {
                let read = log.read_stream(tenant, *stream, after as u64, limit).await.unwrap();
                let whole: Vec<_> = events.iter().skip(after).take(limit).cloned().collect();
                assert!(read == whole, "{stream} after {after}, {limit} at most");
            }
        }
    }
    end.cancel();
}

/// The same questions to a history that has to look in both places.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_answers_the_same_wherever_events_lie() {
    let cellar = Cellar::filled(4).await;
    let tenant = somebody();
    let hot = Questions::ask(&cellar, tenant, &History::default()).await;
    let half = hot.head / 2;
    cellar.cool(tenant).await;
    assert_eq!(Questions::ask(&cellar, tenant, &cellar.history()).await, hot);
    // The later half comes back.
    cellar.warm(tenant, half).await;
    let (until, _) = cellar.standing(tenant).await;
    assert!(0 < until && until <= half, "{until} of {}", hot.head);
    assert_eq!(Questions::ask(&cellar, tenant, &cellar.history()).await, hot);
}

/// Where a log was at a time that lies between two segments is known without
/// either: this history knows no place to fetch them from.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_between_two_segments_is_found_without_them() {
    let cellar = Cellar::filled(4).await;
    let tenant = somebody();
    let events = cellar.events(tenant, 1_000).await;
    let time = |place: usize| DateTime::<Utc>::from(events[place].envelope.recorded_at);
    let (head, first) = (events.len(), time(0));
    let end = (0..head).filter(|place| time(*place) <= first).count();
    assert!(end < head, "all was recorded at once");
    // A segment ends where time goes on.
    let order = CoolOrder { tenant, recorded_by: first };
    while cellar.cooler().cool(order).await.unwrap().is_some() {}
    assert_eq!(cellar.standing(tenant).await.0, end as u64);
    cellar.cool(tenant).await;
    let before = first - chrono::TimeDelta::microseconds(1);
    let moments = [(before, 0), (first, end as u64), (time(head - 1), head as u64)];
    let pool = cellar.world.database.pool("tenantry_query").unwrap();
    let client = pool.get().await.unwrap();
    let (session, history) = (TenantRead { client: &client, tenant }, History::default());
    for (time, expected) in moments {
        let found = history.last_by(&session, tenant, head as u64, time).await.unwrap();
        assert_eq!(found, expected, "{time}");
    }
}

/// Whoever takes only so many bytes at a time comes to the end all the same,
/// without leaving anything out.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_stops_where_there_are_bytes_enough() {
    let cellar = Cellar::filled(3).await;
    let tenant = somebody();
    let head = cellar.world.head(tenant).await;
    let hot = Pages::all(&cellar, tenant, &History::default()).await;
    cellar.cool(tenant).await;
    assert_eq!(Pages::all(&cellar, tenant, &cellar.history()).await, hot);
    // The later half comes back.
    cellar.warm(tenant, head / 2).await;
    assert_eq!(Pages::all(&cellar, tenant, &cellar.history()).await, hot);
}

/// Positions of events that were read page by page.
#[derive(Debug, PartialEq)]
struct Pages {
    stretches: Vec<Vec<u64>>,
    streams: Vec<Vec<u64>>,
    last_versions: Vec<Option<u64>>,
}

impl Pages {
    async fn all(cellar: &Cellar, tenant: Ulid, history: &History) -> Self {
        let pool = cellar.world.database.pool("tenantry_query").unwrap();
        let client = pool.get().await.unwrap();
        let session = TenantRead { client: &client, tenant };
        let head = cellar.world.head(tenant).await;
        let whole = Stretch::between(tenant, 0, head);
        let all = history.stretch(&session, whole).await.unwrap();
        let kinds: Vec<_> = all.iter().map(|event| event.stream_type().unwrap()).collect();
        let some = [kinds[0], kinds[kinds.len() / 2]];
        let mut stretches = vec![];
        for types in [None, Some(&some[..])] {
            let stretch = Stretch { types, ..whole };
            let whole = positions(&history.stretch(&session, stretch).await.unwrap());
            for bytes in [0, 4_000, usize::MAX] {
                let (mut read, mut after, mut pages) = (vec![], 0, 0);
                loop {
                    let rest = Stretch { after, ..stretch };
                    let page = history.excerpt(&session, rest, bytes).await.unwrap();
                    read.extend(positions(&page.taken));
                    pages += 1;
                    assert!(bytes > 0 || page.taken.len() <= 1, "one at a time");
                    if !page.is_cut {
                        break;
                    }
                    after = page.taken.last().unwrap().position().unwrap();
                }
                assert_eq!(read, whole, "{bytes} bytes at a time");
                let (least, most) = match bytes {
                    0 => (whole.len(), whole.len() + 1),
                    usize::MAX => (1, 1),
                    _ => (2, whole.len() / 2),
                };
                assert!((least..=most).contains(&pages), "{pages} pages of {bytes} bytes");
            }
            stretches.push(whole);
        }
        let (mut streams, mut last_versions) = (vec![], vec![]);
        let ids = all.iter().map(|event| event.stream().unwrap());
        for (stream, until) in ids.step_by(17).flat_map(|id| [(id, head / 3), (id, head)]) {
            let part = Part { tenant, stream, after: 0, until, limit: 1_000 };
            let whole = positions(&history.stream(&session, part).await.unwrap());
            for bytes in [0, 1_500] {
                let (mut read, mut after) = (vec![], 0);
                loop {
                    let rest = Part { after, ..part };
                    let page = history.stream_excerpt(&session, rest, bytes).await.unwrap();
                    read.extend(positions(&page.taken));
                    if !page.is_cut {
                        break;
                    }
                    after = page.taken.last().unwrap().version().unwrap();
                }
                assert_eq!(read, whole, "{stream}, {bytes} bytes at a time");
            }
            let last = history.last_version(&session, (tenant, stream), 0, until).await.unwrap();
            assert_eq!(last, (!whole.is_empty()).then_some(whole.len() as u64));
            streams.push(whole);
            last_versions.push(last);
        }
        Self { stretches, streams, last_versions }
    }
}

/// Answers, by positions.
#[derive(Debug, PartialEq)]
struct Questions {
    head: u64,
    stretches: Vec<Vec<u64>>,
    parts: Vec<Vec<u64>>,
    at: Vec<u64>,
    moments: Vec<u64>,
}

impl Questions {
    async fn ask(cellar: &Cellar, tenant: Ulid, history: &History) -> Self {
        let pool = cellar.world.database.pool("tenantry_query").unwrap();
        let client = pool.get().await.unwrap();
        let session = TenantRead { client: &client, tenant };
        let head = cellar.world.head(tenant).await;
        let all = history.stretch(&session, Stretch::between(tenant, 0, head)).await.unwrap();
        let kinds: Vec<String> =
            all.iter().map(|event| event.stream_type().unwrap().to_owned()).collect();
        let streams: Vec<Ulid> =
            all.iter().map(|event| event.stored().unwrap().envelope.stream_id).collect();
        let times: Vec<DateTime<Utc>> =
            all.iter().map(|event| event.recorded_at().unwrap()).collect();
        let some = [kinds[0].as_str(), kinds[kinds.len() / 2].as_str()];
        let (mut stretches, mut parts) = (vec![], vec![]);
        for types in [None, Some(&some[..1]), Some(&some[..])] {
            for (after, until) in [(0, head), (3, 4), (40, 130), (head / 2 - 30, head / 2 + 40)] {
                for limit in [1, 20, 5_000] {
                    let stretch = Stretch { tenant, after, until, types, limit };
                    stretches.push(positions(&history.stretch(&session, stretch).await.unwrap()));
                }
            }
        }
        for stream in streams.iter().step_by(17) {
            for until in [1, head / 3, head / 2, u64::MAX] {
                for (after, limit) in [(0, 2), (1, 100), (2, 1)] {
                    let part = Part { tenant, stream: *stream, after, until, limit };
                    parts.push(positions(&history.stream(&session, part).await.unwrap()));
                }
            }
        }
        let asked = [head + 9, 1, 51, 50, head / 2, head / 2 + 1, head];
        let at = positions(&history.at(&session, tenant, &asked).await.unwrap());
        let mut moments = vec![];
        let early = times[0] - chrono::TimeDelta::days(1);
        for time in times.iter().step_by(13).copied().chain([early, Utc::now()]) {
            moments.push(history.last_by(&session, tenant, head, time).await.unwrap());
        }
        Self { head, stretches, parts, at, moments }
    }
}

fn positions(events: &[event_store::history::RawEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_verified_and_built_anew_from_what_is_cold() {
    let cellar = Cellar::filled(4).await;
    let tenant = somebody();
    let before = cellar.world.everything(tenant).await;
    cellar.cool(tenant).await;
    cellar.says(&["verify"]);
    let owner = cellar.world.owner().await;
    for entry in cellar.world.registry.read_models() {
        let table = format!("read.\"{}\"", entry.table_name());
        owner.batch_execute(&format!("DELETE FROM {table}")).await.unwrap();
        cellar.says(&["rebuild", entry.name]);
    }
    let after = cellar.world.everything(tenant).await;
    for (table, rows) in &before {
        if table.starts_with("read.") {
            assert!(after[table] == *rows, "{table}");
        }
    }
    cellar.says(&["verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_of_a_cold_log_are_those_of_a_hot_one() {
    let cellar = Cellar::filled(3).await;
    let (tenant, folder) = (somebody(), tempfile::tempdir().unwrap());
    let (hot, cold) = (folder.path().join("hot"), folder.path().join("cold"));
    let world = &cellar.world;
    let until = Some(Until::Position(world.head(tenant).await / 2));
    let written = world.try_export(tenant, &hot, until, false).await.unwrap();
    cellar.cool(tenant).await;
    let store = ArchiveStore::create(cold.to_str().unwrap()).unwrap();
    let order = Export {
        tenant,
        until,
        since_archive: false,
        segment_bytes: 8 * 1024,
        keys: Some(crate::archive::world::key_file(&cold)),
    };
    let ring = cellar.ring();
    let mut owner = world.owner().await;
    let again = export(&mut owner, &world.registry, &store, &order, &ring, |_| {}).await.unwrap();
    assert_eq!(again.manifest.events, written.manifest.events);
    assert_eq!(again.manifest.last_event, written.manifest.last_event);
    let copy = world.import(&cold, Target::Name("copy".into())).await;
    assert_eq!(copy.position, again.manifest.position);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cold_is_proven_and_audited() {
    let cellar = Cellar::filled(3).await;
    let (tenant, world) = (somebody(), &cellar.world);
    let proofs =
        Proofs::new(world.database.pool("tenantry_query").unwrap(), cellar.keyring.clone());
    let (first, head) =
        (proofs.inclusion(tenant, 1, None).await.unwrap(), world.head(tenant).await);
    cellar.cool(tenant).await;
    let proofs = proofs.with_history(cellar.history());
    assert_eq!(
        serde_json::to_value(proofs.inclusion(tenant, 1, None).await.unwrap()).unwrap(),
        serde_json::to_value(first).unwrap()
    );
    for position in (1..=head).step_by(37) {
        let proof = proofs.inclusion(tenant, position, None).await.unwrap();
        let Document::Inclusion { position: at, .. } = &proof else { panic!("{proof:?}") };
        assert_eq!(*at, position);
        proof.check(&cellar.keyring.keys(tenant)).unwrap();
    }
    let scope = Scope { history: cellar.history(), ..Scope::default() };
    let pool = world.database.pool("tenantry_owner").unwrap();
    let audited = audit(&pool, &cellar.keyring, &scope, |_| {}).await.unwrap();
    assert_eq!(audited.differences, []);
    let owner = world.owner().await;
    let all = "SELECT sum(position)::bigint FROM log.heads";
    let all: i64 = owner.query_one(all, &[]).await.unwrap().get(0);
    assert_eq!(audited.events.cast_signed(), all);
    let rows = cellar.says(&["proof", "rows", "--tenant", &TenantId(tenant).to_string()]);
    assert_eq!(rows.lines().count() as u64, head);
    assert!(Within(&owner).cold(tenant).await.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_forgotten_whose_events_are_cold() {
    let cellar = Cellar::filled(3).await;
    let (tenant, world) = (somebody(), &cellar.world);
    let sql = "SELECT subject_id, count(*) FROM log.personal_data WHERE tenant_id = $1
         GROUP BY subject_id ORDER BY count(*) DESC, subject_id LIMIT 1";
    let owner = world.owner().await;
    let row = owner.query_one(sql, &[&event_store::pg::uuid(tenant)]).await.unwrap();
    let (subject, events): (uuid::Uuid, i64) = (row.get(0), row.get(1));
    let subject = event_store::pg::ulid(subject).to_string();
    cellar.cool(tenant).await;
    let id = TenantId(tenant).to_string();
    // Nobody runs who would fold the rows anew, so that is done here.
    let erasing = std::thread::spawn({
        let mut command =
            cellar.command(&["erase", "--tenant", &id, "--reason", "asked", &subject]);
        move || command.output().unwrap()
    });
    let ring = std::sync::Arc::new(cellar.ring());
    let pool = world.database.pool("tenantry_projector").unwrap();
    let settings = projector::Settings::default();
    let mut projector = projector::Projector::new(pool, world.registry.clone(), ring, settings);
    while !erasing.is_finished() {
        projector.step_until_idle().await.unwrap();
    }
    let output = erasing.join().unwrap();
    assert!(output.status.success(), "{output:?}");
    let certificate: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(certificate.to_string().contains(&format!(":{events}")), "{certificate}");
    cellar.says(&["verify"]);
}
