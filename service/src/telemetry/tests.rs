//! Lines as they are read, and traces as they arrive.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
};

use serde_json::json;

use super::{follow, install, meter, metrics_text, testing::Captured, trace_parent};
use crate::config::Config;

#[derive(Debug, thiserror::Error)]
#[error("the reactor stopped")]
struct Outer(#[source] std::io::Error);

#[test]
fn a_json_line_shows_its_own_fields_and_those_of_all_spans_around_it() {
    let log = Captured::json();
    let outer = tracing::info_span!(
        "outer",
        request.id = "req-1",
        tenant.id = tracing::field::Empty,
        depth = 1
    );
    let _outer = outer.enter();
    outer.record("tenant.id", "tnt_1");
    tracing::info_span!("inner", depth = 2, otel.kind = "server").in_scope(|| {
        let error = Outer(std::io::Error::other("it is \"cold\""));
        let error: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error, ratio = 0.5, ok = false, "a \"message\"\n{}", "in two lines");
    });
    tracing::debug!(depth = 3, "another");
    let mut lines = log.lines();
    let time = lines[0]["timestamp"].take();
    assert!(time.as_str().unwrap().parse::<domain::kernel::Timestamp>().is_ok(), "{time}");
    assert_eq!(
        lines[0],
        json!({
            "timestamp": null, "level": "WARN", "service": "test",
            "target": "service::telemetry::tests", "message": "a \"message\"\nin two lines",
            "error": "the reactor stopped: it is \"cold\"", "ratio": 0.5, "ok": false,
            "depth": 2, "request_id": "req-1", "tenant_id": "tnt_1",
        })
    );
    assert_eq!(lines[1]["depth"], 3);
    assert_eq!(log.text().lines().next().unwrap().matches("depth").count(), 1);
    assert!(log.text().starts_with("{\"timestamp\":\""));
}

#[test]
fn a_text_line_is_for_people() {
    let log = Captured::text_form();
    let span = tracing::info_span!("outer", tenant.id = "tnt_1");
    span.in_scope(|| tracing::info!(count = 3, name = "two words", "appended"));
    let text = log.text();
    let (time, rest) = text.split_once(' ').unwrap();
    assert_eq!(time.len(), "09:30:00.123".len());
    assert_eq!(rest, "INFO  appended count=3 name=\"two words\" tenant_id=tnt_1\n");
}

#[test]
fn metrics_have_the_names_they_were_given() {
    meter().u64_counter("things_total").with_description("Things.").build().add(2, &[]);
    meter().f64_histogram("thing_seconds").build().record(0.003, &[]);
    let text = metrics_text().unwrap();
    for line in [
        "# HELP things_total Things.",
        "# TYPE things_total counter",
        "things_total 2",
        "thing_seconds_bucket{le=\"0.0025\"} 0",
        "thing_seconds_bucket{le=\"0.005\"} 1",
        "thing_seconds_count 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
}

#[test]
fn installing_twice_is_no_mistake_and_a_wrong_filter_is_one() {
    let config = Config::default().telemetry;
    let first = install(&config, "test").unwrap();
    let second = install(&config, "test").unwrap();
    drop((first, second));
    let wrong = super::config::Telemetry { filter: "a=b=c".to_owned(), ..config };
    let error = install(&wrong, "test").unwrap_err().to_string();
    assert!(error.starts_with("telemetry.filter is \"a=b=c\": "), "{error}");
}

const OUTSIDE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Not a test by itself: a process that sends traces to a collector.
#[test]
#[ignore = "runs only as the child of another test"]
fn a_process_that_is_traced() {
    let mut config = Config::default().telemetry;
    config.otlp_endpoint = std::env::var("COLLECTOR").unwrap();
    let guard = install(&config, "traced").unwrap();
    let request = tracing::info_span!("request", otel.name = tracing::field::Empty);
    follow(&request, OUTSIDE);
    request.record("otel.name", "POST /v1/things");
    let at = request.in_scope(|| trace_parent(&tracing::Span::current())).unwrap();
    let later = tracing::info_span!("later.step");
    super::link(&later, &at);
    later.in_scope(|| {});
    writeln!(std::io::stdout(), "\nat {at}").unwrap();
    drop((request, later));
    drop(guard);
}

#[test]
fn a_trace_is_followed_into_the_process_and_out_of_it() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "telemetry::tests::a_process_that_is_traced", "--ignored", "--nocapture"])
        .env("COLLECTOR", format!("http://{}", collector.local_addr().unwrap()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (stream, _) = collector.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let at = output.lines().find_map(|line| line.strip_prefix("at ")).unwrap();

    // The process says where it is: in the trace from outside, in a new span.
    assert!(at.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && at.ends_with("-01"), "{at}");
    assert_ne!(at, OUTSIDE);
    let bytes = |hex: &str| -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    };
    let count = |part: &[u8]| body.windows(part.len()).filter(|window| *window == part).count();
    assert_eq!(
        count(&bytes("4bf92f3577b34da6a3ce929d0e0e4736")),
        2,
        "the span, and the link to it"
    );
    assert_eq!(count(&bytes("00f067aa0ba902b7")), 1, "the span's parent");
    assert_eq!(count(&bytes(at.split('-').nth(2).unwrap())), 2, "the span, and the link to it");
    for name in ["POST /v1/things", "later.step", "traced"] {
        assert_eq!(count(name.as_bytes()), 1, "{name}");
    }
}
