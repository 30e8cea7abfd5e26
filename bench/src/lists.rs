//! Lists over HTTP: the query API beside PostGraphile, on the same tables of
//! the same database, asked for the same rows.
//!
//! The peer verifies no token: its tenant is fixed. It runs a process per
//! core, as it does in production.

use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use domain::{Platform, kernel::Registry};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    http::Connection,
    load::{Measured, load_with},
    report::{Report, Row},
    running::{Running, Up, program},
};

/// Connections that ask, each one request at a time.
const CONNECTIONS: [usize; 2] = [1, 32];

/// The rows both are asked for: what they are, the query of each, and the
/// column that shows whether they are the same.
const LISTS: [(&str, &str, &str, &str); 4] = [
    (
        "20 newest",
        "{ rows: invoices(first: 20, orderBy: [{ field: DRAFTED_AT, direction: DESC }, { field: ID }])
             { nodes { id number status totalMinor dueMinor draftedAt } } }",
        "{ rows: allInvoices(first: 20, orderBy: [DRAFTED_AT_DESC, ROW_ID_ASC])
             { nodes { rowId number status totalMinor dueMinor draftedAt } } }",
        "/totalMinor",
    ),
    (
        "20 filtered and sorted",
        r#"{ rows: invoices(first: 20, orderBy: [{ field: DUE_ON, direction: DESC }, { field: NUMBER }],
                filter: { status: { eq: PAID }, totalMinor: { gte: "100000" } })
             { nodes { id number status totalMinor dueOn } } }"#,
        r#"{ rows: allInvoices(first: 20, orderBy: [DUE_ON_DESC, NUMBER_ASC],
                filter: { status: { equalTo: "paid" }, totalMinor: { greaterThanOrEqualTo: "100000" } })
             { nodes { rowId number status totalMinor dueOn } } }"#,
        "/number",
    ),
    (
        "20 with the row each points to",
        "{ rows: invoices(first: 20, orderBy: [{ field: DRAFTED_AT, direction: DESC }, { field: ID }])
             { nodes { id number totalMinor draftedAt customer { id name currency } } } }",
        "{ rows: allInvoices(first: 20, orderBy: [DRAFTED_AT_DESC, ROW_ID_ASC])
             { nodes { rowId number totalMinor draftedAt customer { rowId name currency } } } }",
        "/customer/name",
    ),
    (
        "20 with 5 rows that point to each",
        "{ rows: customers(first: 20, orderBy: [{ field: NAME }, { field: OPENED_AT }])
             { nodes { id name invoices(first: 5, orderBy: [{ field: NUMBER }])
                 { nodes { id number totalMinor } } } } }",
        "{ rows: allCustomers(first: 20, orderBy: [NAME_ASC, OPENED_AT_ASC])
             { nodes { rowId name invoices(first: 5, orderBy: [NUMBER_ASC])
                 { nodes { rowId number totalMinor } } } } }",
        "/invoices/nodes/0/number",
    ),
];

pub(crate) async fn run(folder: &Path, report: &mut Report, seconds: u64) -> Result<()> {
    let length = Duration::from_secs(seconds);
    let up = Up::start(folder, &["--demo"]).await?;
    fill(folder)?;
    let tenant = up.endpoints.tenants.first().context("there is no tenant")?.id.clone();
    let peer = Peer::start(&up.endpoints.postgres, &tenant)?;
    let (_, ours) = up.hosts();
    let (ours, bearer) = (ours.to_owned(), format!("Authorization: Bearer {}\r\n", up.token()));
    let theirs = peer.host.clone();
    settled(&ours, &bearer).await?;
    ready(&theirs).await?;
    for (case, query, peer_query, column) in LISTS {
        let asked = [(&ours, bearer.as_str(), query), (&theirs, "", peer_query)];
        let [mine, other] = asked.map(|(host, headers, query)| shown(host, headers, query, column));
        let (mine, other) = (mine.await?, other.await?);
        ensure!(!mine.is_empty() && mine == other, "{case}: {mine:?} is not {other:?}");
        for connections in CONNECTIONS {
            let [mine, other] = asked.map(|asked| side(asked, connections, length));
            let (other, mine) = (other.await?, mine.await?);
            let case = format!("{case}, {connections} connections");
            report.add(Row::more_is_better(
                "lists",
                &case,
                "queries/s",
                mine.per_second,
                other.per_second,
            ));
            report.latencies("lists", &case, &mine, &other);
        }
    }
    let memory = up.process.resident_mib()?;
    report.add(Row::alone("lists", "all roles in one process, afterwards", "MiB", memory));
    Ok(())
}

/// A history of 200 thousand events more for the tenants of the demo.
fn fill(folder: &Path) -> Result<()> {
    let status = Command::new(program()?)
        .args(["demo", "--seed=2", "--events=200000", "--data"])
        .arg(folder)
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "filling the log failed");
    Ok(())
}

/// PostGraphile in processes of its own.
struct Peer {
    host: String,
    _process: Running,
}

impl Peer {
    fn start(postgres: &str, tenant: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("postgraphile");
        let installed = Command::new("npm")
            .args(["ci", "--silent"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .status()
            .context("npm is needed for the peer")?;
        ensure!(installed.success(), "npm ci failed in {}", folder.display());
        let tenant: event_store::TenantId = tenant.parse()?;
        let tenant = Uuid::from_u128(tenant.0.0).to_string();
        // The kernel chooses the port; it is free again for the peer.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Running::start(
            Command::new(folder.join("node_modules/node/bin/node"))
                .arg("server.mjs")
                .arg(port.to_string())
                .arg(format!("{postgres}&options=-c%20role%3Dtenantry_query"))
                .arg(tenant)
                .arg(tables()?)
                .current_dir(&folder)
                .envs([("NODE_ENV", "production"), ("GRAPHILE_ENV", "production")]),
        )?;
        Ok(Self { host: format!("127.0.0.1:{port}"), _process: process })
    }
}

/// How the peer is to name the tables, and what points where.
fn tables() -> Result<String> {
    let registry = Registry::of::<Platform>()?;
    let table = |name: &str| {
        let entry = registry.read_model(name).with_context(|| format!("{name} is gone"))?;
        anyhow::Ok(format!("read.{}", entry.table_name()))
    };
    let (invoices, customers) = (table("invoices")?, table("customers")?);
    let points = format!(
        "(tenant_id, customer_id) references {customers} (tenant_id, id)\
         |@fieldName customer|@foreignFieldName invoices"
    );
    let tags = json!({
        invoices: { "tags": { "name": "invoices", "foreignKey": points } },
        customers: { "tags": { "name": "customers" } },
    });
    Ok(tags.to_string())
}

fn body(query: &str) -> String {
    json!({ "query": query }).to_string()
}

async fn ask(host: &str, headers: &str, query: &str) -> Result<Value> {
    let mut connection = Connection::open(host).await?;
    let answer = connection.post("/graphql", headers, &body(query)).await?;
    let answer: Value = serde_json::from_slice(&answer.body)?;
    ensure!(answer.get("errors").is_none(), "{answer}");
    Ok(answer)
}

/// A column of the rows that a query answers.
async fn shown(host: &str, headers: &str, query: &str, column: &str) -> Result<Vec<Value>> {
    let answer = ask(host, headers, query).await?;
    let rows = answer.pointer("/data/rows/nodes").and_then(Value::as_array);
    let rows = rows.with_context(|| format!("no rows in {answer}"))?;
    Ok(rows.iter().map(|row| row.pointer(column).cloned().unwrap_or_default()).collect())
}

/// Waits until every read model has come to the end of the log.
async fn settled(host: &str, bearer: &str) -> Result<()> {
    for _ in 0..600 {
        let answer = ask(
            host,
            bearer,
            "{ invoices(first: 1) { nodes { id } } customers(first: 1) { nodes { id } } }",
        )
        .await?;
        if answer.pointer("/extensions/consistency/lag") == Some(&json!(0)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the read models did not come to the end of the log within a minute")
}

/// Waits until the peer answers.
async fn ready(host: &str) -> Result<()> {
    let mut last = None;
    for _ in 0..300 {
        match ask(host, "", "{ __typename }").await {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(last.context("never asked")?).context("PostGraphile did not get ready")
}

async fn side(
    (host, headers, query): (&String, &str, &str),
    connections: usize,
    length: Duration,
) -> Result<Measured> {
    let body = body(query);
    let mut callers = vec![];
    for _ in 0..connections {
        callers.push((Connection::open(host).await?, headers.to_owned(), body.clone()));
    }
    load_with(callers, length, |(mut connection, headers, body)| async move {
        let answer = connection.post("/graphql", &headers, &body).await?;
        ensure!(answer.status == 200, "status {}", answer.status);
        Ok((connection, headers, body))
    })
    .await
}
