//! What it takes to have a log cold, beside what it takes to have it hot.

use std::{sync::Arc, time::Instant};

use chrono::Utc;
use domain::kernel::Registry;
use ed25519_dalek::SigningKey;
use event_store::{
    cold::{Cold, CoolOrder, Cooler, Segments},
    history::{History, Part, Stretch},
    integrity::{Keyring, Sealer},
    keys::{KeyRing, NoKeys},
    pg::{TenantRead, ulid, unsigned},
};
use projector::rebuild;
use tokio_postgres::{Client, Config};
use ulid::Ulid;

use super::{pool, rate};

/// Measures a hot log, moves all of it, and measures again.
pub(crate) async fn measure(config: &Config, admin: &Client, registry: &Arc<Registry>, total: u32) {
    let folder = std::env::temp_dir().join(format!("tenantry-cold-{}", Ulid::generate()));
    let place = folder.to_str().unwrap();
    size(admin, "hot", total).await;
    for _ in 0..2 {
        read(config, admin, registry, total, &History::default()).await;
    }
    let keyring = Keyring::signing("measured", SigningKey::from_bytes(&[1; 32]), &[]);
    let sealer = Sealer::new(pool(config, "tenantry_worker"), keyring.clone());
    for one in sealer.behind().await.unwrap() {
        while sealer.seal(one.tenant).await.unwrap().is_some() {}
    }
    let history = || History::with_cold(Cold::open(place, 128 << 20).unwrap());
    let cold = pool(config, "tenantry_cold");
    let cooler =
        Cooler::new(cold, keyring, history(), Segments { least: 1, ..Segments::default() });
    let mut bytes = 0;
    let moving = async {
        for tenant in cooler.tenants().await.unwrap() {
            let order = CoolOrder { tenant, recorded_by: Utc::now() };
            while let Some(cooled) = cooler.cool(order).await.unwrap() {
                bytes += cooled.bytes;
            }
        }
    };
    rate("moved", total, moving).await;
    println!(
        "    {:.0} bytes of objects per event",
        f64::from(u32::try_from(bytes).unwrap()) / f64::from(total)
    );
    admin.batch_execute("VACUUM FULL ANALYZE log.events").await.unwrap();
    size(admin, "cold", total).await;
    for _ in 0..2 {
        read(config, admin, registry, total, &history()).await;
    }
    std::fs::remove_dir_all(folder).unwrap();
}

async fn size(admin: &Client, what: &str, total: u32) {
    let sql = "SELECT pg_total_relation_size('log.events'), count(*) FROM log.events";
    let row = admin.query_one(sql, &[]).await.unwrap();
    let (bytes, rows): (i64, i64) = (row.get(0), row.get(1));
    println!(
        "{what}: {rows} rows of {total} events in the table, {} bytes per event of the log",
        bytes / i64::from(total)
    );
}

async fn read(
    config: &Config,
    admin: &Client,
    registry: &Arc<Registry>,
    total: u32,
    history: &History,
) {
    let owner = pool(config, "tenantry_owner");
    let keys = KeyRing::new(pool(config, "tenantry_owner"), Arc::new(NoKeys));
    let keys = Arc::new(keys.with_history(history.clone()));
    for read_model in ["shelf", "on_loan"] {
        let rebuilding = rebuild(&owner, registry, &keys, read_model, |_| {});
        rate(&format!("rebuilt {read_model}"), total, rebuilding).await.unwrap();
    }
    let heads = admin.query("SELECT tenant_id, position FROM log.heads", &[]).await.unwrap();
    let reader = pool(config, "tenantry_query");
    let reading = async {
        let client = reader.get().await.unwrap();
        for row in &heads {
            let (tenant, head) = (ulid(row.get(0)), unsigned(row.get(1)));
            let mut after = 0;
            while after < head {
                let stretch = Stretch { tenant, after, until: head, types: None, limit: 2_000 };
                let session = TenantRead { client: &client, tenant };
                let events = history.stretch(&session, stretch).await.unwrap();
                after = events.last().unwrap().position().unwrap();
            }
        }
    };
    rate("read by 2000", total, reading).await;
    let first = heads.first().unwrap();
    let (tenant, head) = (ulid(first.get(0)), unsigned(first.get(1)));
    let client = reader.get().await.unwrap();
    let session = TenantRead { client: &client, tenant };
    let positions: Vec<u64> = (1..200).map(|number| number * 7_919 % head + 1).collect();
    let events = history.at(&session, tenant, &positions).await.unwrap();
    let streams = events.iter().map(|event| event.stored().unwrap().envelope.stream_id);
    let mut took = vec![];
    for stream in streams {
        let part = Part { tenant, stream, after: 0, until: u64::MAX, limit: 1_000 };
        let begun = Instant::now();
        assert!(!history.stream(&session, part).await.unwrap().is_empty());
        took.push(begun.elapsed());
    }
    println!(
        "a stream loaded in {:?} (p50), {:?} (p99)",
        super::at(&mut took, 50),
        super::at(&mut took, 99)
    );
}
