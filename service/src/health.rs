//! What a platform asks a process: does it live, is it ready, how is it doing.
//!
//! `/livez` says that it answers at all. `/readyz` asks everything it needs in
//! order to work. `/metrics` is for Prometheus.

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpResponse,
    http::header::CONTENT_TYPE,
    web::{self, Data, ServiceConfig},
};
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;

use crate::{
    http::{self, Limits, Listener, Problem, Server},
    shutdown::Shutdown,
    telemetry::metrics_text,
};

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The checks of a process. Cheap to copy.
#[derive(Clone, Default)]
pub struct Health {
    checks: Vec<(Arc<str>, Check)>,
    shutdown: Shutdown,
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize)]
struct Report {
    status: &'static str,
    checks: serde_json::Map<String, serde_json::Value>,
}

/// How one check went.
#[derive(Debug, Serialize)]
struct Outcome {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    duration_ms: u64,
}

impl Health {
    /// A process that is ready until its end begins.
    #[must_use]
    pub fn new(shutdown: &Shutdown) -> Self {
        Self { checks: vec![], shutdown: shutdown.clone() }
    }

    /// Adds something that must be well for the process to be ready. Whatever
    /// is wrong is told in the error.
    #[must_use]
    pub fn check<F, E>(mut self, name: &str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + 'static,
    {
        let check: Check = Arc::new(move || {
            let outcome = check();
            Box::pin(async move { outcome.await.map_err(|error| error.to_string()) })
        });
        self.checks.push((name.into(), check));
        self
    }

    /// Adds `/livez`, `/readyz` and `/metrics` to a server.
    pub fn routes(&self, config: &mut ServiceConfig) {
        config
            .app_data(Data::new(self.clone()))
            .route("/livez", web::get().to(livez))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(metrics));
    }

    /// Serves nothing else, for processes without an API of their own, until
    /// the end begins.
    ///
    /// # Errors
    /// When the system fails the server.
    pub async fn serve(self, listener: Listener, shutdown: &Shutdown) -> io::Result<()> {
        let limits = Limits { max_body_bytes: 1024, request_timeout: PATIENCE * 2 };
        let server = Server { limits, threads: 1, grace: PATIENCE };
        http::serve(listener, server, shutdown, move |config| self.routes(config)).await
    }

    /// Asks all checks at the same time.
    async fn report(&self) -> Report {
        let asked = self.checks.iter().map(|(name, check)| async move {
            let began = Instant::now();
            let outcome = match tokio::time::timeout(PATIENCE, check()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
            };
            if let Err(reason) = &outcome {
                tracing::warn!(check = &**name, reason, "not ready");
            }
            let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let state = if outcome.is_ok() { "ok" } else { "failed" };
            let outcome = Outcome { state, reason: outcome.err(), duration_ms };
            (name.to_string(), serde_json::to_value(outcome).unwrap_or_default())
        });
        let checks: serde_json::Map<_, _> = join_all(asked).await.into_iter().collect();
        let well = checks.values().all(|outcome| outcome.get("state") == Some(&"ok".into()));
        let status = match (self.shutdown.begun(), well) {
            (true, _) => "stopping",
            (false, true) => "ready",
            (false, false) => "not ready",
        };
        Report { status, checks }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|(name, _)| name)).finish()
    }
}

async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({ "status": "alive" }))
}

async fn readyz(health: Data<Health>) -> HttpResponse {
    let report = health.report().await;
    let mut answer = match report.status {
        "ready" => HttpResponse::Ok(),
        _ => HttpResponse::ServiceUnavailable(),
    };
    answer.json(report)
}

async fn metrics() -> Result<HttpResponse, Problem> {
    let text = metrics_text().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(text))
}
