//! Commands over HTTP: the command API beside a minimal service on actix-web
//! and postgres-es, each in a process of its own, on the same server.

use std::{process::Command, time::Duration};

use anyhow::{Result, ensure};
use domain::kernel::ActorKind;
use service::{
    auth::{Issuer, Key, TokenRequest},
    config::Config,
};
use ulid::Ulid;

use crate::{
    http::Connection,
    load::{Measured, load_with},
    report::{Report, Row},
    running::{Running, program},
    server::Server,
};

/// Runs both sides at 64 and 256 connections.
pub(crate) async fn run(server: &Server, report: &mut Report, seconds: u64) -> Result<()> {
    let length = Duration::from_secs(seconds);
    let folder = tempfile::tempdir()?;
    let key_file = folder.path().join("key.pem");
    let key = Key::open_or_create(&key_file)?;
    let issuer = Issuer::new(&key, &Config::default().auth)?;

    let peer_url = server.peer_url("commands_peer").await?;
    let peer = Running::start(Command::new(std::env::current_exe()?).args([
        "--peer",
        &peer_url,
        "--peer-key",
        &key_file.to_string_lossy(),
        "--peer-listen",
        "127.0.0.1:18091",
    ]))?;
    let database = server.log_database("commands").await?;
    let tenants: Vec<Ulid> = (0..16).map(|_| Ulid::generate()).collect();
    for tenant in &tenants {
        database.provision(*tenant).await?;
    }
    let ours = Running::start(
        Command::new(program()?)
            .args(["serve", "command-api", "--database", database.url()])
            .env("TENANTRY__AUTH__SIGNING_KEY_FILE", &key_file)
            .env("TENANTRY__COMMAND_API__LISTEN", "127.0.0.1:18090")
            .env("TENANTRY__TELEMETRY__FILTER", "warn"),
    )?;
    let tokens = tenants
        .iter()
        .map(|tenant| {
            Ok(issuer.mint(&TokenRequest {
                tenant: *tenant,
                subject: "bench".to_owned(),
                roles: vec!["admin".to_owned()],
                lifetime: None,
                kind: ActorKind::User,
            })?)
        })
        .collect::<Result<Vec<String>>>()?;
    for connections in [64, 256] {
        let body = r#"{"text":"a wallet for a customer in rand"}"#;
        let theirs =
            side("127.0.0.1:18091", "/accounts/open", body, &tokens, connections, length).await?;
        let body = format!(r#"{{"customer_id":"cus_{}","currency":"ZAR"}}"#, Ulid::generate());
        let path = "/v1/payments/wallet/open";
        let ours = side("127.0.0.1:18090", path, &body, &tokens, connections, length).await?;
        let case = format!("{connections} connections");
        report.add(Row::more_is_better(
            "commands",
            &case,
            "commands/s",
            ours.per_second,
            theirs.per_second,
        ));
        report.latencies("commands", &case, &ours, &theirs);
    }
    drop((peer, ours));
    Ok(())
}

async fn side(
    host: &'static str,
    path: &'static str,
    body: &str,
    tokens: &[String],
    connections: usize,
    length: Duration,
) -> Result<Measured> {
    ready(host).await?;
    let mut callers = vec![];
    for place in 0..connections {
        let token = tokens.get(place % tokens.len()).cloned().unwrap_or_default();
        callers.push((Connection::open(host).await?, token, body.to_owned()));
    }
    load_with(callers, length, move |(mut connection, token, body)| async move {
        let headers =
            format!("Authorization: Bearer {token}\r\nIdempotency-Key: {}\r\n", Ulid::generate());
        let answer = connection.post(path, &headers, &body).await?;
        ensure!(
            answer.status == 201,
            "status {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok((connection, token, body))
    })
    .await
}

/// Waits until somebody listens.
async fn ready(host: &str) -> Result<()> {
    for _ in 0..600 {
        if Connection::open(host).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Connection::open(host).await.map(drop)
}
