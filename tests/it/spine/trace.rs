//! One trace follows a command from HTTP through the log into the projection.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span,
};
use prost::Message;
use serde_json::json;
use tests::{Client, Up};

use super::PROGRAM;

/// A collector that hands on every span it is sent.
fn collector() -> (String, mpsc::Receiver<Span>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let sender = sender.clone();
            std::thread::spawn(move || serve(stream, &sender));
        }
    });
    (address, receiver)
}

fn serve(mut stream: std::net::TcpStream, sender: &mpsc::Sender<Span>) {
    let mut buffer = vec![];
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(read) = stream.read(&mut chunk) {
        if read == 0 {
            return;
        }
        buffer.extend_from_slice(&chunk[..read]);
        while let Some((request, rest)) = whole_request(&buffer) {
            let sent = ExportTraceServiceRequest::decode(request.as_slice()).unwrap();
            for resource in sent.resource_spans {
                for scope in resource.scope_spans {
                    for span in scope.spans {
                        let _ = sender.send(span);
                    }
                }
            }
            buffer = rest;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    }
}

/// The body of a complete request, and what follows it.
fn whole_request(buffer: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
    let length: usize =
        text.lines().find_map(|line| line.strip_prefix("content-length:"))?.trim().parse().ok()?;
    let body = buffer.get(head..head + length)?;
    Some((body.to_vec(), buffer[head + length..].to_vec()))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_follows_a_command_into_the_projection() {
    let (address, spans) = collector();
    let up =
        Up::start_with(PROGRAM, &[], &[("TENANTRY__TELEMETRY__OTLP_ENDPOINT", &address)]).unwrap();
    let client = Client::of(&up.endpoints, 0);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let body = json!({
        "name": "Ada", "email": "ada@example.com", "currency": "ZAR", "payment_terms_days": 14,
    });
    let headers = [("traceparent", parent.as_str())];
    let opened = client.command_with("billing/customer/open", body, &headers).await.unwrap();
    assert_eq!(opened.status, 201, "{opened:?}");
    let token = opened.header("consistency-token").to_owned();
    client.query("{ customers { totalCount } }", Some(&token)).await.unwrap();
    // The end sends what is left.
    assert_eq!(tokio::task::block_in_place(|| up.stop()).unwrap(), Some(0));

    let trace: Vec<u8> =
        (0..16).map(|i| u8::from_str_radix(&trace[2 * i..2 * i + 2], 16).unwrap()).collect();
    let (mut within, mut linked) = (BTreeSet::new(), BTreeSet::new());
    while let Ok(span) = spans.recv_timeout(Duration::from_secs(2)) {
        if span.trace_id == trace {
            within.insert(span.name.clone());
        }
        if span.links.iter().any(|link| link.trace_id == trace) {
            linked.insert(span.name);
        }
    }
    assert!(within.iter().any(|name| name.starts_with("POST ")), "{within:?}");
    assert!(within.contains("command.customer.open"), "{within:?}");
    assert!(
        linked.iter().chain(&within).any(|name| name.starts_with("read.")),
        "no projection among {linked:?} or {within:?}"
    );
}
