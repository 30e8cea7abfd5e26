//! Servers on real sockets, and their end.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use super::super::{Limits, Server, bind, serve};
use crate::{health::Health, shutdown::Shutdown};

const SERVER: Server = Server {
    limits: Limits { max_body_bytes: 64, request_timeout: Duration::from_secs(30) },
    threads: 1,
    grace: Duration::from_secs(20),
};

async fn ask(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_and_port_zero_takes_a_free_one() {
    let first = bind("127.0.0.1:0").unwrap();
    let taken = first.address().to_string();
    assert_ne!(first.address().port(), 0);
    assert_eq!(
        bind(&taken).unwrap_err().to_string(),
        format!(
            "cannot listen on {taken}: the address is in use; stop what uses it, \
             or choose another port (0 takes a free one)"
        )
    );
    let nonsense = bind("nonsense").unwrap_err().to_string();
    assert!(nonsense.starts_with("cannot listen on nonsense: "), "{nonsense}");
    let foreign = bind("192.0.2.1:80").unwrap_err().to_string();
    assert!(
        foreign.ends_with("; name an address of this machine, or 0.0.0.0 for all"),
        "{foreign}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_before_the_end() {
    let listener = bind("127.0.0.1:0").unwrap();
    let address = listener.address();
    let shutdown = Shutdown::new();
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let work = {
        let (arrived, go_on) = (Arc::clone(&arrived), Arc::clone(&go_on));
        move || {
            let (arrived, go_on) = (Arc::clone(&arrived), Arc::clone(&go_on));
            async move {
                arrived.notify_one();
                go_on.notified().await;
                HttpResponse::Ok().body("finished")
            }
        }
    };
    let ending = shutdown.clone();
    let serving = tokio::spawn(async move {
        let routes = move |config: &mut web::ServiceConfig| {
            config.route("/work", web::get().to(work.clone()));
        };
        serve(listener, SERVER, &ending, routes).await
    });
    let mut working = ask(address, "/work").await;
    arrived.notified().await;
    shutdown.begin();
    // Nobody new is let in.
    while TcpStream::connect(address).await.is_ok() {}
    go_on.notify_one();
    let mut answer = String::new();
    working.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("finished"), "{answer}");
    tokio::time::timeout(Duration::from_secs(10), serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_has_an_end() {
    let listener = bind("127.0.0.1:0").unwrap();
    let address = listener.address();
    let shutdown = Shutdown::new();
    let arrived = Arc::new(Notify::new());
    let noted = Arc::clone(&arrived);
    let stuck = move || {
        noted.notify_one();
        std::future::pending::<HttpResponse>()
    };
    let ending = shutdown.clone();
    let serving = tokio::spawn(async move {
        let routes = move |config: &mut web::ServiceConfig| {
            config.route("/stuck", web::get().to(stuck.clone()));
        };
        serve(listener, Server { grace: Duration::from_secs(1), ..SERVER }, &ending, routes).await
    });
    let _waiting = ask(address, "/stuck").await;
    arrived.notified().await;
    shutdown.begin();
    tokio::time::timeout(Duration::from_secs(10), serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_an_api_tells_how_it_is() {
    let listener = bind("127.0.0.1:0").unwrap();
    let address = listener.address();
    let shutdown = Shutdown::new();
    let health = Health::new(&shutdown).check("self", || async { Ok::<_, String>(()) });
    let ending = shutdown.clone();
    let serving = tokio::spawn(async move { health.serve(listener, &ending).await });
    let mut stream = ask(address, "/readyz HTTP/1.1\r\nConnection: close\r\nX-Rest:").await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"ready\""), "{answer}");
    shutdown.begin();
    serving.await.unwrap().unwrap();
}
