//! A list that is followed by the clients that the protocols' makers wrote,
//! over a wire that is cut again and again, with tokens that expire.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Stdio},
    time::Duration,
};

use event_store::TenantId;
use serde_json::{Value, json};
use tests::Client;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::{broadcast, mpsc},
    time::timeout,
};

use super::{Site, programs};

/// The way to a server that a test can cut.
struct Wire {
    address: SocketAddr,
    cuts: broadcast::Sender<()>,
}

impl Wire {
    async fn to(url: &str) -> Self {
        let server = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (cuts, address) = (broadcast::channel(16).0, listener.local_addr().unwrap());
        let cutting = cuts.clone();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (server, mut cut) = (server.clone(), cutting.subscribe());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { address, cuts }
    }

    fn cut(&self) {
        let _ = self.cuts.send(());
    }
}

/// A program that follows the customers of a tenant.
struct Follower {
    program: Child,
    told: mpsc::UnboundedReceiver<Value>,
}

impl Follower {
    fn start(client: &Client, wire: &Wire, way: &str, next_token: &str) -> Self {
        let mut script = programs().script("dist/follow.js");
        let url = format!("http://{}/graphql", wire.address);
        script.arg(way).envs(client.graphql_environment()).env("GRAPHQL_URL", url);
        if !next_token.is_empty() {
            script.env("GRAPHQL_NEXT_TOKEN", format!("Bearer {next_token}"));
        }
        let mut program = script.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { program, told }
    }

    async fn next(&mut self) -> Value {
        let told = timeout(Duration::from_secs(30), self.told.recv()).await;
        told.unwrap().unwrap()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

async fn open_customer(client: &Client, number: usize) -> String {
    let body = json!({
        "name": format!("Customer {number}"), "email": format!("c{number}@example.com"),
        "currency": "ZAR", "payment_terms_days": 14,
    });
    client.command("billing/customer/open", body).await.unwrap().id().to_owned()
}

/// What a follower has told.
#[derive(Default)]
struct Told {
    /// How often each id.
    ids: BTreeMap<String, usize>,
    /// How often it had to connect again.
    breaks: usize,
}

impl Told {
    /// Listens until all of these are told.
    async fn until(&mut self, follower: &mut Follower, ids: &[String]) {
        while !ids.iter().all(|id| self.ids.contains_key(id)) {
            let line = follower.next().await;
            let Some(new) = line["ids"].as_array() else {
                self.breaks += usize::from(line["cut"] == true || line["ended"] == true);
                continue;
            };
            assert_eq!(line["reload"], false, "{line}");
            for id in new {
                *self.ids.entry(id.as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
    }
}

async fn without_a_gap_or_a_double(way: &str) {
    programs();
    let site = Site::start(|serving| serving).await;
    let client = site.client();
    let wire = Wire::to(client.graphql_environment()[0].1).await;
    let mut follower = Follower::start(&client, &wire, way, "");
    let mut told = Told::default();
    for round in 0..6 {
        let mut ids = vec![];
        for number in 0..10 {
            ids.push(open_customer(&client, round * 10 + number).await);
            // It is connected: it has told of those before.
            if round > 0 && number == 4 {
                wire.cut();
            }
        }
        told.until(&mut follower, &ids).await;
    }
    assert!(told.breaks >= 5, "{} breaks", told.breaks);
    assert_eq!(told.ids.len(), 60);
    assert!(told.ids.values().all(|times| *times == 1), "{:?}", told.ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_resumes_without_a_gap_or_a_double() {
    without_a_gap_or_a_double("ws").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_sse_resumes_without_a_gap_or_a_double() {
    without_a_gap_or_a_double("sse").await;
}

async fn beyond_an_expired_token(way: &str, expected: Value) {
    programs();
    let site = Site::start(|serving| serving).await;
    let lasting = site.client();
    let token = |seconds: &str| {
        let tenant = TenantId(site.served.tenants[0]).to_string();
        let arguments = ["token", "--tenant", &tenant, "--lifetime", seconds];
        tokio::task::block_in_place(|| site.served.tool(&arguments).unwrap()).trim().to_owned()
    };
    let short = lasting.with_token(&token("5"));
    let wire = Wire::to(lasting.graphql_environment()[0].1).await;
    let mut follower = Follower::start(&short, &wire, way, &token("600"));
    let before = open_customer(&lasting, 1).await;
    Told::default().until(&mut follower, &[before]).await;
    let end = loop {
        let line = follower.next().await;
        if line.get("closed").is_some() || line.get("refused").is_some() {
            break line;
        }
    };
    assert_eq!(end, expected);
    let after = open_customer(&lasting, 2).await;
    let mut told = Told::default();
    told.until(&mut follower, std::slice::from_ref(&after)).await;
    assert_eq!(told.ids, BTreeMap::from([(after, 1)]), "only what is new is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_goes_on_with_a_new_token() {
    let reason = "the token expired; connect again with a new one";
    beyond_an_expired_token("ws", json!({ "closed": 4403, "reason": reason })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_sse_goes_on_with_a_new_token() {
    beyond_an_expired_token("sse", json!({ "refused": ["AUTHN"] })).await;
}
