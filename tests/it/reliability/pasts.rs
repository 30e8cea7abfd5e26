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
    let tool =
        |site: &Site, order: &[&str]| tokio::task::block_in_place(|| site.served.tool(order));
    let past = tool(&site, &start).unwrap();
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
    let listed = tool(&site, &["past", "list"]).unwrap();
    assert!(listed.contains("  ready  ") && listed.contains(reason), "{listed}");
    asked_for_again(&site, &owner, past).await;
}

/// Whoever asks for a past that there is gets it, and is on record; nobody gets
/// one that is about to go.
async fn asked_for_again(site: &Site, owner: &Client, past: Ulid) {
    let (tenant, known) = (TenantId(site.served.tenants[0]).to_string(), format!("past_{past}"));
    let sql = "SELECT position::text FROM log.pasts";
    let position: String = owner.query_one(sql, &[]).await.unwrap().get(0);
    let start = |by: &str, reason: &str| {
        let order = ["past", "start", "--tenant", &tenant, "--at", &position, "--by", by];
        let order = [&order[..], &["--reason", reason]].concat();
        tokio::task::block_in_place(|| site.served.tool(&order))
    };
    for _ in 0..2 {
        assert_eq!(start("nomsa", "a court asks").unwrap().trim(), known);
    }
    let reasons = "SELECT reason FROM log.pasts";
    let kept: String = owner.query_one(reasons, &[]).await.unwrap().get(0);
    assert_eq!(kept, "to see it whole; operator:nomsa: a court asks");
    let soon = "UPDATE log.pasts SET expires_at = now() + interval '30 seconds'";
    owner.batch_execute(soon).await.unwrap();
    let refused = start("nomsa", "a court asks").unwrap_err().to_string();
    assert!(refused.contains("expires now or is being removed; ask again once"), "{refused}");
    owner.batch_execute("UPDATE log.pasts SET expires_at = now()").await.unwrap();
    let left = "SELECT count(*) FROM log.pasts";
    eventually("it is gone", async || {
        owner.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    assert_ne!(start("nomsa", "a court asks").unwrap().trim(), known);
}
