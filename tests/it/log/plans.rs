//! The append looks everything up by an index, whatever the statistics say: its
//! plans are taken from the server and read.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
};

use tests::Database;
use tokio_postgres::{AsyncMessage, Client, NoTls};
use uuid::Uuid;

/// A session that is told the plan of every statement it runs, also inside of
/// functions.
struct Explained {
    client: Client,
    plans: Arc<Mutex<Vec<String>>>,
}

impl Explained {
    async fn on(database: &Database) -> Self {
        let (client, mut connection) = database.config().connect(NoTls).await.unwrap();
        let plans = Arc::new(Mutex::new(vec![]));
        let heard = plans.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notice(notice) = message {
                    heard.lock().unwrap().push(notice.message().to_owned());
                }
            }
        });
        client
            .batch_execute(
                "LOAD 'auto_explain';
                 SET auto_explain.log_min_duration = 0;
                 SET auto_explain.log_nested_statements = on;
                 SET auto_explain.log_analyze = on;
                 SET auto_explain.log_timing = off;
                 SET client_min_messages = log",
            )
            .await
            .unwrap();
        Self { client, plans }
    }

    /// One call that uses everything the append can look up, several times, so
    /// that the plans are the generic ones.
    async fn append(&self, tenant: Uuid) -> String {
        self.plans.lock().unwrap().clear();
        for turn in 0..3 {
            let stream = Uuid::new_v4();
            let verdicts: Vec<String> = self
                .client
                .query_one(
                    "SELECT verdicts::text[] FROM log.append(
                         false, ARRAY[$1, $1]::uuid[], ARRAY[$2, gen_random_uuid()],
                         '{thing,thing}', '{0,1}', '{0,0}', '{1,1}', '{null,null}',
                         ARRAY[gen_random_uuid(), gen_random_uuid()], '{\"\\\\x01\",\"\\\\x01\"}',
                         '{now,now}', '{a,a}', ARRAY[$2, $2], '{null,null}', '{null,null}',
                         '{null,null}',
                         '{1,2}', '{1,1}', ARRAY[gen_random_uuid(), gen_random_uuid()],
                         '{thing.made,thing.made}', '{1,1}', '{1,1}', '{\"\\\\x80\",\"\\\\x80\"}',
                         '{1,1,1}', '{t,r,n}', ARRAY['email', 'email', $3],
                         ARRAY[$3, $3 || 'r', ''], '{null,null,1}', '{null,null,1}',
                         ARRAY[$2, null, null], '{null,null,null}',
                         '{1}', ARRAY[gen_random_uuid()], '{0}',
                         '{1}', ARRAY[$2], '{\"\\\\x01\"}', '{1}',
                         '{1}', '{1}', ARRAY[$2])",
                    &[&tenant, &stream, &stream.to_string()],
                )
                .await
                .unwrap()
                .get(0);
            assert_eq!(verdicts, ["s", "v"], "turn {turn}");
        }
        // What was said before an answer has come before it.
        let plans = std::mem::take(&mut *self.plans.lock().unwrap());
        plans.into_iter().filter(|plan| plan.contains("Query Text")).collect::<Vec<_>>().join("\n")
    }
}

/// The tables that the append looks something up in, and the index it must use.
const LOOK_UPS: [(&str, &str); 6] = [
    ("heads", "heads_pkey"),
    ("events", "events_by_stream"),
    ("commands_default", "commands_default_pkey"),
    ("claims", "claims_pkey"),
    ("series", "series_pkey"),
    ("subject_keys", "subject_keys_pkey"),
];

/// Every table is read by its index, with a condition on it, and gives few rows.
fn check(plans: &str, when: &str) {
    for (table, index) in LOOK_UPS {
        let scan = format!("Scan using {index} on {table} ");
        let backwards = format!("Scan Backward using {index} on {table} ");
        let found = plans.contains(&scan) || plans.contains(&backwards);
        assert!(found, "{when}: no look-up by {index} in\n{plans}");
    }
    let lines: Vec<&str> = plans.lines().map(str::trim).collect();
    for (place, line) in lines.iter().enumerate() {
        assert!(!line.contains("Seq Scan") && !line.contains("Bitmap"), "{when}: {line}\n{plans}");
        if line.contains("Index Scan") || line.contains("Index Only Scan") {
            let condition = lines.get(place + 1).is_some_and(|next| next.contains("Index Cond"));
            assert!(condition, "{when}: all of an index is read: {line}\n{plans}");
            let removed = lines.iter().skip(place + 1).take_while(|next| !next.contains("->"));
            let removed = removed.filter(|next| next.starts_with("Rows Removed")).count();
            assert_eq!(removed, 0, "{when}: more is read than asked: {line}\n{plans}");
        }
    }
}

async fn fill(owner: &Client, tenant: Uuid) {
    for table in ["events", "commands_default", "claims", "series", "subject_keys", "heads"] {
        let off = format!("ALTER TABLE log.{table} SET (autovacuum_enabled = off)");
        owner.batch_execute(&off).await.unwrap();
    }
    let rows = "
        INSERT INTO log.heads (tenant_id) SELECT gen_random_uuid() FROM generate_series(1, 5000);
        INSERT INTO log.events
        SELECT '{tenant}', 1000 + i, gen_random_uuid(), 1, 'thing', 'thing.made', 1, 1,
            gen_random_uuid(), now(), now(), 'system:test', gen_random_uuid(), gen_random_uuid(),
            NULL, NULL, NULL, '\\x80'
        FROM generate_series(1, 50000) AS i;
        INSERT INTO log.commands
        SELECT '{tenant}', gen_random_uuid(), '\\x01', gen_random_uuid(), 1, 1, 1,
            now() + interval '99 years'
        FROM generate_series(1, 20000);
        INSERT INTO log.claims SELECT '{tenant}', 'email', i::text, gen_random_uuid()
        FROM generate_series(1, 20000) AS i;
        INSERT INTO log.series SELECT '{tenant}', 's' || i, 1 FROM generate_series(1, 20000) AS i;
        INSERT INTO log.subject_keys (tenant_id, subject_id, tenant_key)
        SELECT '{tenant}', gen_random_uuid(), 1 FROM generate_series(1, 20000)";
    owner.batch_execute(&rows.replace("{tenant}", &tenant.to_string())).await.unwrap();
}

#[tokio::test]
async fn every_look_up_of_an_append_is_by_an_index() {
    let database = Database::new().await.unwrap();
    let owner = database.owner().await.unwrap();
    let tenant = event_store::pg::uuid(database.tenant().await.unwrap());
    let early = Explained::on(&database).await;
    check(&early.append(tenant).await, "on empty tables");
    owner.batch_execute("ANALYZE").await.unwrap();
    check(&Explained::on(&database).await.append(tenant).await, "on tables known to be empty");
    fill(&owner, tenant).await;
    check(&early.append(tenant).await, "on large tables, planned when they were empty");
    let late = Explained::on(&database).await;
    check(&late.append(tenant).await, "on large tables believed to be empty");
    owner.batch_execute("ANALYZE").await.unwrap();
    check(&Explained::on(&database).await.append(tenant).await, "on tables known to be large");
}
