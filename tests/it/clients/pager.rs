//! A long list that is scrolled through while its rows change.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::Stdio,
};

use domain::{Platform, kernel::Registry};
use serde_json::json;
use tokio_postgres::Client as Owner;
use uuid::Uuid;

use super::{Site, programs};

/// The rows at the beginning.
const ROWS: i32 = 100_000;

/// Rows on a page.
const PAGE: i32 = 5_000;

/// The list, in an order in which twenty rows are equal each time.
struct List {
    owner: Owner,
    tenant: Uuid,
    table: String,
}

impl List {
    async fn fill(site: &Site) -> Self {
        let registry = Registry::of::<Platform>().unwrap();
        let table = format!("read.{}", registry.read_model("customers").unwrap().table_name());
        let owner = site.served.owner().await.unwrap();
        let list = Self { owner, tenant: Uuid::from_u128(site.served.tenants[0].0), table };
        list.insert(1, ROWS, 0).await;
        list.run("ANALYZE {table}").await;
        list
    }

    async fn run(&self, sql: &str) {
        let sql = sql.replace("{table}", &self.table).replace("{tenant}", &self.tenant.to_string());
        self.owner.batch_execute(&sql).await.unwrap();
    }

    /// Rows, their ids counted from one number to another, each opened so many
    /// seconds after a full minute.
    async fn insert(&self, from: i32, to: i32, seconds: i32) {
        self.run(&format!(
            "INSERT INTO {{table}} (tenant_id, id, name, currency, payment_terms_days, status,
                 opened_at, updated_position)
             SELECT '{{tenant}}', lpad(to_hex(n), 32, '0')::uuid, 'Row ' || n, 'ZAR', 14, 'open',
                 timestamptz '2026-01-01' + n * 7919 % 5000 * interval '1 minute'
                     + {seconds} * interval '1 second', 0
             FROM generate_series({from}, {to}) AS n"
        ))
        .await;
    }

    /// What happens to rows while they are read. Every tenth of the first ones
    /// goes sooner or later, every tenth changes its place, others change
    /// without moving, and new ones come everywhere.
    async fn change(&self, round: i32) {
        let new = ROWS + round * 100;
        self.insert(new + 1, new + 50, 30).await;
        self.run(&format!(
            "DELETE FROM {{table}} WHERE tenant_id = '{{tenant}}' AND name LIKE 'Row %0'
                 AND id IN (SELECT lpad(to_hex(n * 10), 32, '0')::uuid
                     FROM generate_series({round} * 500 + 1, {round} * 500 + 500) AS n);
             UPDATE {{table}} SET opened_at = timestamptz '2026-01-01'
                     + mod(abs(hashtext(id::text)), 5000) * interval '1 minute' + interval '45 s'
                 WHERE tenant_id = '{{tenant}}' AND id IN (
                     SELECT lpad(to_hex(n * 10 + 1), 32, '0')::uuid
                     FROM generate_series({round} * 500 + 1, {round} * 500 + 500) AS n);
             UPDATE {{table}} SET name = name || '!', payment_terms_days = {round}
                 WHERE tenant_id = '{{tenant}}' AND id IN (
                     SELECT lpad(to_hex(n * 10 + 2), 32, '0')::uuid
                     FROM generate_series({round} * 500 + 1, {round} * 500 + 500) AS n)"
        ))
        .await;
    }

    /// The rows that stay where they are, in their order.
    async fn steady(&self) -> Vec<String> {
        let sql = format!(
            "SELECT id FROM {} WHERE tenant_id = $1 AND id <= $2
             ORDER BY opened_at DESC, id",
            self.table
        );
        let last = Uuid::from_u128(ROWS.unsigned_abs().into());
        let rows = self.owner.query(&sql, &[&self.tenant, &last]).await.unwrap();
        let ids = rows.iter().map(|row| row.get::<_, Uuid>(0).as_u128());
        ids.filter(|id| id % 10 > 1).map(shown).collect()
    }
}

/// An id as clients see it.
fn shown(id: u128) -> String {
    format!("cus_{}", ulid::Ulid(id))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_stays_is_seen_once_however_others_change() {
    let programs = programs();
    let site = Site::start(|it| {
        it.set("TENANTRY__QUERY_API__MAX_PAGE", &PAGE.to_string())
            .set("TENANTRY__QUERY_API__MAX_COMPLEXITY", &(PAGE * 10).to_string())
    })
    .await;
    let list = List::fill(&site).await;
    let steady = list.steady().await;
    let seen = tempfile::NamedTempFile::new().unwrap();
    let client = site.client();
    let mut pager = programs
        .script("dist/pager.js")
        .arg(PAGE.to_string())
        .arg(seen.path())
        .envs(client.graphql_environment())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // After each page it reads, something happens to the list.
    let mut rounds = 0;
    for line in BufReader::new(pager.stdout.take().unwrap()).lines() {
        if line.unwrap().starts_with("page ") {
            list.change(rounds).await;
            // Commands change it as well, in the usual way.
            let new = json!({
                "name": format!("New {rounds}"), "email": format!("new{rounds}@example.com"),
                "currency": "ZAR", "payment_terms_days": 14,
            });
            let opened = client.command("billing/customer/open", new).await.unwrap();
            assert_eq!(opened.status, 201, "{opened:?}");
            rounds += 1;
        }
    }
    assert!(pager.wait().unwrap().success());
    assert!(rounds >= ROWS / PAGE - 3, "{rounds} rounds are too few to tell anything");

    let seen = std::fs::read_to_string(seen.path()).unwrap();
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for id in seen.lines() {
        *times.entry(id).or_default() += 1;
    }
    let not_once: Vec<_> = steady.iter().filter(|id| times.get(id.as_str()) != Some(&1)).collect();
    assert!(not_once.is_empty(), "{} of {}", not_once.len(), steady.len());
    let in_order: Vec<&str> = {
        let steady: std::collections::BTreeSet<_> = steady.iter().map(String::as_str).collect();
        seen.lines().filter(|id| steady.contains(id)).collect()
    };
    assert!(in_order.iter().eq(steady.iter()), "rows that stay come in their order");
    // What came, went or moved was seen, too, so the list did change.
    assert!(seen.lines().count() > steady.len());
}
