//! Pasts that are put into tables while everything is killed.

use event_store::{TenantId, pg::uuid};
use tokio_postgres::Client;
use ulid::Ulid;

use super::{SOME, Site, eventually, times};

/// The tables of the past, each with the columns that look the same wherever
/// they stand: what is sealed does not.
async fn tables(owner: &Client) -> Vec<(String, String)> {
    let sql = "SELECT c.relname::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
               FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
               WHERE c.relnamespace = 'past'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
                   AND NOT a.attisdropped AND a.attname <> 'tenant_id'
                   AND format_type(a.atttypid, NULL) <> 'bytea'
               GROUP BY c.relname";
    let rows = owner.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// How many rows are in one of the two and not in the other.
async fn differences(owner: &Client, tenant: Ulid, past: Ulid) -> i64 {
    let mut differences = 0;
    for (table, columns) in tables(owner).await {
        let (then, now) = (
            format!("SELECT {columns} FROM past.{table} WHERE tenant_id = $1"),
            format!("SELECT {columns} FROM read.{table} WHERE tenant_id = $2"),
        );
        let sql = format!(
            "SELECT (SELECT count(*) FROM ({then} EXCEPT ALL {now}) AS more)
                 + (SELECT count(*) FROM ({now} EXCEPT ALL {then}) AS fewer)"
        );
        let row = owner.query_one(&sql, &[&uuid(past), &uuid(tenant)]).await.unwrap();
        differences += row.get::<_, i64>(0);
    }
    differences
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_is_whole_whoever_is_killed_while_it_is_filled() {
    let mut site = Site::start();
    let mut load = site.load();
    load.further(SOME * times(3)).await.unwrap();
    let told = load.stop().await.unwrap();
    tests::check(&site.served, &told).await.unwrap();
    let owner = site.served.owner().await.unwrap();
    let tenant = site.served.tenants[0];
    let (id, reason) = (TenantId(tenant).to_string(), "to see it whole");
    let start = ["past", "start", "--tenant", &id, "--reason", reason];
    let past = tokio::task::block_in_place(|| site.served.tool(&start).unwrap());
    let past = Ulid::from_string(past.trim().trim_start_matches("past_")).unwrap();
    let filled = "SELECT count(*) FROM log.past_tables WHERE erasures IS NOT NULL";
    for least in 1..=times(3) {
        // Not before something was done, so that all is done in the end.
        let least = i64::try_from(least).unwrap();
        eventually("another table is filled", async || {
            owner.query_one(filled, &[]).await.unwrap().get::<_, i64>(0) >= least
        })
        .await;
        tokio::task::block_in_place(|| {
            site.served.kill().unwrap();
            site.served.go().unwrap();
        });
    }
    let all = i64::try_from(tables(&owner).await.len()).unwrap();
    eventually("all tables are filled", async || {
        owner.query_one(filled, &[]).await.unwrap().get::<_, i64>(0) == all
    })
    .await;
    assert_eq!(differences(&owner, tenant, past).await, 0);
    // A difference would be seen.
    let sql = "DELETE FROM read.invoices_v1 WHERE ctid = (
                   SELECT ctid FROM read.invoices_v1 WHERE tenant_id = $1 LIMIT 1)";
    if owner.execute(sql, &[&uuid(tenant)]).await.unwrap() > 0 {
        assert_eq!(differences(&owner, tenant, past).await, 1);
    }
    let listed = tokio::task::block_in_place(|| site.served.tool(&["past", "list"]).unwrap());
    assert!(listed.contains("  ready  ") && listed.contains(reason), "{listed}");
}
