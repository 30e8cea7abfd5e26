//! Live queries of clients that come back, read slowly, or are very many.

use std::time::Duration;

use domain::kernel::{
    EventCodec,
    testing::toy::{Loan, LoanEvent},
};
use event_store::pg::uuid;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    socket::Socket,
    stage::{Stage, eventually},
    tenant::Tenant,
};

#[tokio::test]
async fn counts_are_followed_and_told_when_they_change() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let first = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let query = "subscription { openLoanGroups(by: [{field: STANDING}]) \
                 { nodes { key { standing } count } } }";
    socket.subscribe("1", query).await;
    let groups = |all: &[(&str, u32)]| {
        let nodes: Vec<Value> = all
            .iter()
            .map(|(standing, count)| json!({ "key": { "standing": standing }, "count": count }))
            .collect();
        json!({ "openLoanGroups": { "nodes": nodes } })
    };
    assert_eq!(socket.next("1").await, groups(&[("FINE", 1)]));
    // What changes no count is not told.
    tenant.renew(first, "2026-03-01").await;
    stage.fold().await;
    socket.silence().await;
    tenant.lend(book, 2, "2026-02-01").await;
    stage.fold().await;
    assert_eq!(socket.next("1").await, groups(&[("FINE", 2)]));
    tenant.remind(first).await;
    stage.fold().await;
    assert_eq!(socket.next("1").await, groups(&[("FINE", 1), ("REMINDED", 1)]));
    stage.close().await;
}

#[tokio::test]
async fn counts_change_with_what_they_are_filtered_by() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let query = "subscription { openLoanGroups(filter: {book: {title: {eq: \"Emma\"}}}) \
                 { nodes { count } } }";
    socket.subscribe("1", query).await;
    let counted = |count: u64| json!({ "openLoanGroups": { "nodes": [{ "count": count }] } });
    assert_eq!(socket.next("1").await, counted(1));
    // Only the table of the books moves on.
    let moved = "BEGIN; UPDATE read.shelf_v1 SET title = 'Emmanuel';
                 UPDATE log.checkpoints SET erasures = erasures + 1 WHERE consumer = 'shelf_v1';
                 COMMIT";
    stage.admin.batch_execute(moved).await.unwrap();
    assert_eq!(socket.next("1").await, counted(0));
    stage.close().await;
}

#[tokio::test]
async fn every_live_answer_says_where_it_stands() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let follow =
        |after: &str| format!("subscription {{ openLoan(id: \"{loan}\"{after}) {{ until }} }}");
    socket.subscribe("1", &follow("")).await;
    let heard = socket.hear().await;
    let told = &heard["payload"]["extensions"]["consistency"];
    assert_eq!((&told["position"], &told["lag"]), (&json!("2"), &json!(0)), "{heard:#}");
    // A row is told again only if it has changed since.
    socket.subscribe("2", &follow(", afterPosition: \"2\"")).await;
    socket.silence().await;
    socket.subscribe("3", &follow(", afterPosition: \"1\"")).await;
    assert_eq!(socket.next("3").await["openLoan"]["until"], "2026-02-01");
    tenant.renew(loan, "2026-03-01").await;
    stage.fold().await;
    for _ in 0..3 {
        let heard = socket.hear().await;
        assert_eq!(heard["payload"]["data"]["openLoan"]["until"], "2026-03-01", "{heard:#}");
        assert_eq!(heard["payload"]["extensions"]["consistency"]["position"], "3");
    }
    stage.close().await;
}

#[tokio::test]
async fn a_live_answer_says_where_all_that_it_is_read_from_stands() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let row = format!("subscription {{ openLoan(id: \"{loan}\") {{ book {{ title }} }} }}");
    let list = "subscription { onLoan(afterPosition: 0) { nodes { book { title } } } }";
    let groups = "subscription { openLoanGroups(by: [{field: BOOK_ID}], \
                  filter: {book: {readership: {readers: {gt: 0}}}}) \
                  { nodes { count key { book { title } } } } }";
    let two = json!({ "on_loan": "2", "shelf": "2" });
    let three = json!({ "on_loan": "2", "readership": "2", "shelf": "2" });
    for (id, query, expected) in
        [("row", &*row, &two), ("list", list, &two), ("groups", groups, &three)]
    {
        socket.subscribe(id, query).await;
        let heard = socket.hear().await;
        let told = &heard["payload"]["extensions"]["consistency"];
        assert_eq!(&told["readModels"], expected, "{heard:#}");
        assert_eq!((&told["position"], &told["lag"]), (&json!("2"), &json!(0)));
    }
    stage.close().await;
}

#[tokio::test]
async fn whoever_has_seen_another_log_is_told_the_row_again() {
    let stage = Stage::open().await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let follow = |after: u64| {
        format!(
            "subscription {{ shelvedBook(id: \"{book}\", afterPosition: {after}) {{ title }} }}"
        )
    };
    socket.subscribe("seen", &follow(1)).await;
    socket.silence().await;
    // As after a restore to an earlier moment.
    socket.subscribe("lost", &follow(999)).await;
    assert_eq!(socket.next("lost").await["shelvedBook"]["title"], "Emma");
    stage.close().await;
}

#[tokio::test]
async fn whoever_was_away_for_too_long_reads_the_list_again() {
    let stage = Stage::with(|config| config.query_api.max_resumed_events = 5).await;
    let tenant = stage.tenant().await;
    let book = tenant.acquire("Emma").await;
    let loan = tenant.lend(book, 1, "2026-02-01").await;
    for day in 1..=10 {
        tenant.renew(loan, &format!("2026-03-{day:02}")).await;
    }
    stage.fold().await;
    let mut socket = Socket::of(&tenant).await;
    let follow = |after: u64| {
        format!(
            "subscription {{ onLoan(afterPosition: {after}) \
             {{ position reload nodes {{ until }} removed }} }}"
        )
    };
    let reload = json!({ "position": "12", "reload": true, "nodes": [], "removed": [] });
    socket.subscribe("late", &follow(2)).await;
    assert_eq!(socket.next("late").await["onLoan"], reload);
    // So does one that has seen what this log does not have.
    socket.subscribe("lost", &follow(999)).await;
    assert_eq!(socket.next("lost").await["onLoan"], reload);
    // Both go on from there.
    tenant.renew(loan, "2026-04-01").await;
    stage.fold().await;
    for _ in 0..2 {
        let heard = socket.hear().await;
        let told = json!({ "position": "13", "reload": false, "removed": [],
                           "nodes": [{ "until": "2026-04-01" }] });
        assert_eq!(heard["payload"]["data"]["onLoan"], told, "{heard:#}");
    }
    socket.subscribe("near", &follow(9)).await;
    let told = socket.next("near").await["onLoan"].clone();
    assert_eq!((&told["reload"], &told["position"]), (&json!(false), &json!("13")));
    stage.close().await;
}

/// A live query whose first answer does not wait for anything to happen.
const ANSWERED_AT_ONCE: &str = "subscription { openLoanGroups { nodes { count } } }";

#[tokio::test]
async fn live_queries_are_counted_by_tenant_and_altogether() {
    let stage = Stage::with(|config| {
        config.query_api.max_tenant_subscriptions = 2;
        config.query_api.max_subscriptions = 3;
    })
    .await;
    let (ours, theirs) = (stage.tenant().await, stage.tenant().await);
    let (mut one, mut other) = (Socket::of(&ours).await, Socket::of(&theirs).await);
    let query = "subscription { shelf { position } }";
    let refused = async |socket: &mut Socket| {
        let heard = socket.hear().await;
        assert_eq!(heard["type"], "error", "{heard:#}");
        assert_eq!(heard["payload"][0]["extensions"]["code"], "RATE_LIMIT");
        heard["payload"][0]["message"].as_str().unwrap().to_owned()
    };
    for id in ["1", "2", "3"] {
        one.subscribe(id, query).await;
    }
    let expected = "2 live queries of this tenant are being followed; end some first";
    assert_eq!(refused(&mut one).await, expected);
    for id in ["1", "2"] {
        other.subscribe(id, query).await;
    }
    let expected = "3 live queries of this server are being followed; end some first";
    assert_eq!(refused(&mut other).await, expected);
    // One that ends makes room.
    one.say(&json!({ "type": "complete", "id": "1" })).await;
    other.subscribe("q", "{ __typename }").await;
    other.next("q").await;
    assert_eq!(other.hear().await["type"], "complete");
    eventually("there is room", || async {
        let mut late = Socket::of(&theirs).await;
        late.subscribe("1", ANSWERED_AT_ONCE).await;
        late.hear().await["type"] == "next"
    })
    .await;
    stage.close().await;
}

/// Renews all loans of a tenant in one statement.
async fn renew_all(tenant: &Tenant<'_>, until: &str) {
    let event = LoanEvent::Renewed { until: until.parse().unwrap() };
    let payload = EventCodec::<Loan>::new().encode(&event).unwrap().payload;
    let sql = "WITH open AS (
                   SELECT e.*, row_number() OVER (ORDER BY position) AS n,
                       (SELECT max(l.version) FROM log.events AS l
                        WHERE l.tenant_id = e.tenant_id AND l.stream_id = e.stream_id) AS last
                   FROM log.events AS e WHERE tenant_id = $1 AND type = 'loan.lent'
               ), head AS (
                   UPDATE log.heads SET position = position + (SELECT count(*) FROM open)
                   WHERE tenant_id = $1
                   RETURNING position - (SELECT count(*) FROM open) AS before, recorded_at
               )
               INSERT INTO log.events (tenant_id, position, stream_id, version, stream_type, type,
                   schema_version, codec, event_id, occurred_at, recorded_at, actor, command_id,
                   correlation_id, payload)
               SELECT tenant_id, head.before + n, stream_id, last + 1, stream_type, 'loan.renewed',
                   1, 1, gen_random_uuid(), head.recorded_at, head.recorded_at, actor,
                   gen_random_uuid(), gen_random_uuid(), $2
               FROM open, head";
    tenant.stage.admin.execute(sql, &[&uuid(tenant.id), &payload]).await.unwrap();
    tenant.stage.fold().await;
}

/// Loans enough that telling of all of them takes some hundred kilobytes.
async fn many(tenant: &Tenant<'_>) {
    let book = tenant.acquire("Emma").await;
    for number in 0..150 {
        tenant.lend(book, number, "2026-02-01").await;
    }
    tenant.stage.fold().await;
}

/// All that is open, at length.
fn lengthy() -> String {
    let fields: Vec<String> = (0..30).map(|n| format!("a{n}: id")).collect();
    let fields = fields.join(" ");
    format!("subscription {{ onLoan(afterPosition: 0) {{ position nodes {{ {fields} }} }} }}")
}

/// A connection that holds little of what nobody reads.
async fn narrow(stage: &Stage) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(stage.address.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_client_of_events_that_reads_nothing_is_given_up() {
    let stage = Stage::with(|config| {
        config.query_api.client_timeout = Duration::from_millis(400);
        config.query_api.max_tenant_subscriptions = 1;
    })
    .await;
    let tenant = stage.tenant().await;
    many(&tenant).await;
    let mut client = narrow(&stage).await;
    let body = json!({ "query": lengthy() }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nAccept: text/event-stream\r\n\
         Content-Length: {}\r\n\r\n{body}",
        stage.address,
        tenant.token,
        body.len()
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 15];
    client.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    // The only one there may be is given up, and another can be followed.
    let refused = async || {
        let request = tenant
            .request(&json!({ "query": ANSWERED_AT_ONCE }))
            .header("accept", "text/event-stream");
        let first = request.send().await.unwrap().chunk().await.unwrap().unwrap();
        String::from_utf8_lossy(&first).contains("RATE_LIMIT")
    };
    assert!(refused().await, "it is followed");
    let mut days = (1..=28).cycle();
    eventually("it is given up", || {
        let day = days.next().unwrap();
        let (tenant, refused) = (&tenant, &refused);
        async move {
            renew_all(tenant, &format!("2026-05-{day:02}")).await;
            !refused().await
        }
    })
    .await;
    // Should it read after all, it is told at the end.
    let mut rest = vec![];
    timeout(Duration::from_secs(20), client.read_to_end(&mut rest)).await.ok();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("the client read too slowly; ask again"), "{} bytes", rest.len());
    stage.close().await;
}

#[tokio::test]
async fn a_socket_that_is_not_read_is_closed() {
    let stage = Stage::with(|config| {
        config.query_api.client_timeout = Duration::from_millis(400);
        config.query_api.max_tenant_subscriptions = 50;
    })
    .await;
    let tenant = stage.tenant().await;
    many(&tenant).await;
    let mut socket = Socket::over(narrow(&stage).await, &tenant).await;
    for id in 0..50 {
        socket.subscribe(&id.to_string(), &lengthy()).await;
    }
    // Nothing piles up while nobody reads: it is closed, and all are ended that
    // it followed.
    eventually("others can be followed", || async {
        let mut other = Socket::of(&tenant).await;
        other.subscribe("1", ANSWERED_AT_ONCE).await;
        other.hear().await["type"] == "next"
    })
    .await;
    drop(socket);
    stage.close().await;
}

/// Ten thousand with `TENANTRY_SOAK`, fewer otherwise.
fn idle_queries() -> usize {
    if std::env::var_os("TENANTRY_SOAK").is_some() { 10_000 } else { 1_000 }
}

/// The memory of this process, which is server and clients in one, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[expect(clippy::print_stdout, reason = "a figure to be written down")]
#[tokio::test]
async fn idle_live_queries_cost_little() {
    let all = idle_queries();
    let stage = Stage::open().await;
    let tenants = join_all((0..all / 500).map(|_| stage.tenant())).await;
    for tenant in &tenants {
        let book = tenant.acquire("Emma").await;
        tenant.lend(book, 1, "2026-02-01").await;
    }
    stage.fold().await;
    let query = "subscription { onLoan(filter: {number: {gt: 0}}) { position nodes { number } } }";
    let mut sockets = vec![];
    for tenant in &tenants {
        for _ in 0..10 {
            sockets.push(Socket::of(tenant).await);
        }
    }
    let before = resident();
    for socket in &mut sockets {
        for id in 0..50 {
            socket.subscribe(&id.to_string(), query).await;
        }
        // It is answered after all of them are followed.
        socket.say(&json!({ "type": "ping" })).await;
        assert_eq!(socket.hear().await["type"], "pong");
    }
    let each = (resident() - before) / all as u64;
    println!("{all} idle live queries: {} KiB, {each} KiB each", resident() - before);
    assert!(each < 64, "{each} KiB for each idle live query");
    // They are idle, not dead.
    let tenant = &tenants[0];
    let book = tenant.acquire("Ulysses").await;
    tenant.lend(book, 2, "2026-02-01").await;
    stage.fold().await;
    for _ in 0..50 {
        let heard = sockets[0].hear().await;
        assert_eq!(heard["payload"]["data"]["onLoan"]["nodes"][0]["number"], "2", "{heard:#}");
    }
    drop(sockets);
    stage.close().await;
}
