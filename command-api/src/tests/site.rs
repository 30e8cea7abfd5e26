//! A server of its own for each test, and somebody who may use it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::kernel::{ActorKind, Registry};
use event_store::{
    AppendError, Commands, GroupError, Log, MemoryLog, StoredEvent, testing::Intercept,
};
use reqwest::{Client, RequestBuilder, Response, header::HeaderMap};
use serde_json::{Value, json};
use service::{
    auth::{Issuer, Key, TokenRequest, Verifier},
    config::Config,
    health::Health,
    http::bind,
    shutdown::Shutdown,
};
use tokio::task::JoinHandle;
use ulid::Ulid;

use crate::{CommandApi, ReadModels, parcel::Town, run};

/// A running server.
pub(super) struct Site {
    pub(super) url: String,
    pub(super) client: Client,
    pub(super) issuer: Issuer,
    /// Whose log is written.
    pub(super) tenant: Ulid,
    /// Somebody who may give commands.
    pub(super) token: String,
    pub(super) log: Arc<dyn Log>,
    pub(super) shutdown: Shutdown,
    pub(super) running: JoinHandle<std::io::Result<()>>,
}

/// What a server is made of, when it is not made of the usual.
pub(super) struct Parts {
    pub(super) log: Arc<dyn Log>,
    pub(super) read_models: Option<Arc<dyn ReadModels>>,
    pub(super) config: Config,
}

impl Parts {
    /// With a log in memory.
    pub(super) fn in_memory(tenant: Ulid) -> Self {
        let log = MemoryLog::default();
        log.provision(tenant);
        Self::with(Arc::new(log))
    }

    pub(super) fn with(log: Arc<dyn Log>) -> Self {
        let mut config = Config::default();
        config.command_api.threads = 2;
        Self { log, read_models: None, config }
    }
}

impl Site {
    pub(super) fn new() -> Self {
        let tenant = Ulid::generate();
        Self::of(tenant, Parts::in_memory(tenant))
    }

    pub(super) fn of(tenant: Ulid, parts: Parts) -> Self {
        let Parts { log, read_models, config } = parts;
        let key = Key::generate().unwrap();
        let issuer = Issuer::new(&key, &config.auth).unwrap();
        let shutdown = Shutdown::new();
        let api = CommandApi::new(
            Arc::new(Registry::of::<Town>().unwrap()),
            Commands::new::<Town>(log.clone()),
            read_models,
            (Verifier::new(&key, &config.auth), Health::new(&shutdown)),
            &config.command_api,
        )
        .unwrap();
        let listener = bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.address());
        let end = shutdown.clone();
        let running = tokio::spawn(async move { run(api, listener, &config, &end).await });
        let token = token(&issuer, tenant, "thandi", "member");
        Self { url, client: Client::new(), issuer, tenant, token, log, shutdown, running }
    }

    /// A command of the member `thandi`.
    pub(super) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.post_as(&self.token, path).json(body)
    }

    /// A command without a body yet.
    pub(super) fn post_as(&self, token: &str, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(token)
    }

    /// A book under a new id, which is given.
    pub(super) async fn book(&self, isbn: &str) -> String {
        let body = json!({ "isbn": isbn, "title": "a title" });
        let told = told(self.post("/v1/library/book/acquire", &body)).await;
        assert_eq!(told.status, 201, "{}", told.body);
        told.body["data"]["id"].as_str().unwrap().to_owned()
    }

    /// A loan of the book until a day far away, under a new id.
    pub(super) async fn loan(&self, book: &str) -> String {
        let body = json!({ "book": book, "borrower": "Sipho", "until": "2999-01-01" });
        let told = told(self.post("/v1/library/loan/lend", &body)).await;
        assert_eq!(told.status, 201, "{}", told.body);
        told.body["data"]["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn events(&self) -> Vec<StoredEvent> {
        self.log.read_tenant(self.tenant, 0, 1_000).await.unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

/// A token for an hour.
pub(super) fn token(issuer: &Issuer, tenant: Ulid, subject: &str, role: &str) -> String {
    let request = TokenRequest {
        tenant,
        subject: subject.to_owned(),
        roles: vec![role.to_owned()],
        lifetime: Some(Duration::from_hours(1)),
        kind: ActorKind::User,
    };
    issuer.mint(&request).unwrap()
}

/// An answer.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Told {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The error, without the id of its request.
    #[track_caller]
    pub(super) fn error(&self) -> Value {
        let mut error = self.body["error"].clone();
        let id = error.as_object_mut().unwrap().shift_remove("request_id").unwrap();
        assert_eq!(self.header("x-request-id"), id.as_str());
        error
    }

    /// Status and error.
    #[track_caller]
    pub(super) fn refused(&self, status: u16, error: &Value) {
        assert_eq!((self.status, &self.error()), (status, error));
    }
}

/// Sends a request and reads its answer.
pub(super) async fn told(request: RequestBuilder) -> Told {
    read(request.send().await.unwrap()).await
}

pub(super) async fn read(response: Response) -> Told {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Told { status, headers, body }
}

/// A log whose appends all come to the same end, or take their time.
pub(super) struct Broken {
    pub(super) log: MemoryLog,
    pub(super) error: Option<AppendError>,
    pub(super) delay: Duration,
}

#[async_trait]
impl Intercept for Broken {
    fn log(&self) -> &dyn Log {
        &self.log
    }
    async fn before_append(&self) -> Result<(), GroupError> {
        tokio::time::sleep(self.delay).await;
        match &self.error {
            Some(error) => Err(GroupError { index: 0, error: error.clone() }),
            None => Ok(()),
        }
    }
}
