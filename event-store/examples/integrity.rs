//! Measures sealing, auditing and proving on a database that this fills.
//!
//! `cargo run --release -p event-store --example integrity -- URL [EVENTS] [TENANTS]`
//!
//! The URL is that of a superuser and an empty database.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]
#![expect(clippy::unwrap_used, reason = "a measurement that fails is none")]

use std::time::Instant;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use ed25519_dalek::SigningKey;
use event_store::{
    integrity::{Keyring, Proofs, Scope, Sealer, audit},
    pg::{migrate, provision, uuid},
};
use futures_util::{StreamExt, stream};
use tokio_postgres::{Config, NoTls};
use ulid::Ulid;

/// Events of about two hundred bytes.
const FILL: &str = "INSERT INTO log.events
    SELECT $1, n, md5((n / 5)::text)::uuid, n % 5 + 1, 'loan', 'loan.extended', 1, 1,
        md5(n::text)::uuid, now(), now(), 'user:01J9ZQ8V5M3N8T1W2X4Y6Z7A8B', md5(n::text)::uuid,
        md5(n::text)::uuid, NULL, NULL, NULL, decode(repeat(md5(n::text), 6), 'hex')
    FROM generate_series(1, $2::bigint) AS n";

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let config: Config = args.next().unwrap().parse().unwrap();
    let mut number = |default: u64| args.next().map_or(default, |text| text.parse().unwrap());
    let (events, tenants) = (number(1_000_000), number(1));
    let (mut admin, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    migrate(&mut admin).await.unwrap();
    let each = i64::try_from(events / tenants).unwrap();
    let ids: Vec<Ulid> = (0..tenants).map(|_| Ulid::generate()).collect();
    for tenant in &ids {
        provision(&admin, *tenant, "measured").await.unwrap();
        admin.execute(FILL, &[&uuid(*tenant), &each]).await.unwrap();
        let head = "UPDATE log.heads SET position = $2 WHERE tenant_id = $1";
        admin.execute(head, &[&uuid(*tenant), &each]).await.unwrap();
    }
    for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
        admin.batch_execute(statement).await.unwrap();
    }

    let keyring = Keyring::signing("measured", SigningKey::from_bytes(&[1; 32]), &[]);
    let sealer = Sealer::new(pool(&config, "tenantry_worker"), keyring.clone());
    let began = Instant::now();
    stream::iter(&ids)
        .for_each_concurrent(
            2,
            async |tenant| {
                while sealer.seal(*tenant).await.unwrap().is_some() {}
            },
        )
        .await;
    rate("sealed", events, began);

    let proofs = Proofs::new(pool(&config, "tenantry_query"), keyring.clone());
    let began = Instant::now();
    let asked = 2_000_u64;
    for number in 0..asked {
        let position = number.wrapping_mul(7_919) % u64::try_from(each).unwrap() + 1;
        let tenant = ids.first().unwrap();
        let _proof = proofs.inclusion(*tenant, position, None).await.unwrap();
    }
    rate("proofs of inclusion, one after the other", asked, began);

    let owner = pool(&config, "tenantry_owner");
    for _ in 0..2 {
        let began = Instant::now();
        let audited = audit(&owner, &keyring, &Scope::default(), |_| {}).await.unwrap();
        assert_eq!((audited.found, audited.sealed), (0, events));
        rate("audited", events, began);
    }
}

fn rate(what: &str, count: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "for people to look at")]
    let rate = count as f64 / seconds;
    println!("{what}: {count} in {seconds:.2} s, {rate:.0}/s");
}

fn pool(config: &Config, role: &str) -> Pool {
    let mut config = config.clone();
    config.options(format!("-c role={role}"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling)).max_size(4).build().unwrap()
}
