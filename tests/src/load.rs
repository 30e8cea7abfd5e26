//! Clients that give commands all the time, repeat whatever was not answered,
//! and keep every answer.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{Answer, Client};

/// How long progress may take before it counts as standing still.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command that was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The place of its tenant.
    pub tenant: usize,
    /// The stream it changed.
    pub stream: Ulid,
    /// The version it left.
    pub version: u64,
    /// The position of its last event.
    pub position: u64,
    /// Its events, in their order.
    pub events: Vec<String>,
    /// How often it had to be sent.
    pub sent: usize,
}

/// What all clients were told.
pub type Told = Vec<Acknowledged>;

/// Clients at work.
pub struct Load {
    told: Arc<Mutex<Told>>,
    count: Arc<AtomicUsize>,
    repeated: Arc<AtomicUsize>,
    end: CancellationToken,
    clients: JoinSet<Result<()>>,
}

impl Load {
    /// So many clients of each tenant begin.
    #[must_use]
    pub fn start(tenants: &[Client], each: usize) -> Self {
        let mut load = Self {
            told: Arc::default(),
            count: Arc::default(),
            repeated: Arc::default(),
            end: CancellationToken::new(),
            clients: JoinSet::new(),
        };
        for (tenant, client) in tenants.iter().enumerate() {
            for place in 0..each {
                let one = One {
                    name: format!("{tenant}-{place}-{}", Ulid::generate()),
                    tenant,
                    client: client.clone(),
                    told: load.told.clone(),
                    count: load.count.clone(),
                    repeated: load.repeated.clone(),
                };
                let end = load.end.clone();
                load.clients.spawn(one.work(end));
            }
        }
        load
    }

    /// Waits until so many more commands have been acknowledged.
    ///
    /// # Errors
    /// When nothing goes on, or a client was told something it did not expect.
    pub async fn further(&mut self, commands: usize) -> Result<()> {
        let until = self.count.load(Ordering::Relaxed) + commands;
        let moving = async {
            while self.count.load(Ordering::Relaxed) < until {
                tokio::select! {
                    ended = self.clients.join_next() => match ended {
                        Some(ended) => ended??,
                        None => bail!("nobody works any more"),
                    },
                    () = tokio::time::sleep(Duration::from_millis(5)) => {}
                }
            }
            Ok(())
        };
        timeout(PATIENCE, moving).await.context("the load stands still")?
    }

    /// How often a command had to be sent again so far.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.repeated.load(Ordering::Relaxed)
    }

    /// How many commands have been acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until a command had to be sent again.
    ///
    /// # Errors
    /// When all goes well for too long.
    pub async fn trouble(&mut self) -> Result<()> {
        let before = self.repeated();
        let waiting = async {
            while self.repeated() == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, waiting).await.context("nothing went wrong")
    }

    /// Everybody finishes what they began, until it is acknowledged.
    ///
    /// # Errors
    /// When that takes too long, or a client was told something it did not
    /// expect.
    pub async fn stop(mut self) -> Result<Told> {
        self.end.cancel();
        let all = async {
            while let Some(ended) = self.clients.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        timeout(PATIENCE, all).await.context("the last commands are not answered")??;
        Ok(self.told.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

struct One {
    name: String,
    tenant: usize,
    client: Client,
    told: Arc<Mutex<Told>>,
    count: Arc<AtomicUsize>,
    repeated: Arc<AtomicUsize>,
}

impl One {
    async fn work(self, end: CancellationToken) -> Result<()> {
        for turn in 0.. {
            if end.is_cancelled() {
                break;
            }
            self.story(turn).await?;
        }
        Ok(())
    }

    /// A customer comes; every other one buys and pays, which makes the worker
    /// settle the invoice and write a receipt.
    async fn story(&self, turn: usize) -> Result<()> {
        let customer = json!({
            "name": "Somebody", "email": format!("{}-{turn}@example.com", self.name),
            "currency": "ZAR", "payment_terms_days": 7,
        });
        let customer = self.give(turn, "billing/customer/open", customer).await?;
        let rename = format!("billing/customer/{customer}/rename");
        self.give(turn, &rename, json!({ "name": "Somebody Else" })).await?;
        if turn % 2 == 1 {
            return Ok(());
        }
        let draft = json!({ "customer_id": customer, "currency": "ZAR" });
        let invoice = self.give(turn, "billing/invoice/draft", draft).await?;
        let line = json!({
            "line_id": "1", "description": "Lunch", "quantity": 1, "tax_rate": 1500,
            "unit_price": { "minor": 10_000, "currency": "ZAR" },
        });
        self.give(turn, &format!("billing/invoice/{invoice}/add-line"), line).await?;
        self.give(turn, &format!("billing/invoice/{invoice}/issue"), json!({})).await?;
        let money = json!({
            "amount": { "minor": 11_500, "currency": "ZAR" },
            "method_ref": format!("{}-{turn}", self.name), "purpose": { "invoice": invoice },
        });
        self.give(turn, "payments/payment/receive", money).await?;
        Ok(())
    }

    /// Gives one command until it is acknowledged, and answers its aggregate.
    async fn give(&self, turn: usize, path: &str, body: Value) -> Result<String> {
        let key = format!("{}-{turn}-{path}", self.name);
        let headers = [("idempotency-key", key.as_str())];
        for sent in 1.. {
            match self.client.command_with(path, body.clone(), &headers).await {
                Ok(answer) if answer.status / 100 == 2 => {
                    self.note(&answer, sent)?;
                    return Ok(answer.id().to_owned());
                }
                Ok(answer) if !may_be_repeated(&answer) => bail!("{path}: {answer:?}"),
                Ok(_) | Err(_) => {
                    self.repeated.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
            }
        }
        bail!("nobody counts so far")
    }

    fn note(&self, answer: &Answer, sent: usize) -> Result<()> {
        let data = answer.body.get("data").context("an answer without data")?;
        let number = |name: &str| data.get(name).and_then(Value::as_u64).unwrap_or_default();
        let (_, stream) = answer.id().split_once('_').context("an id without a prefix")?;
        let events = data.get("events").and_then(Value::as_array).context("no events")?;
        let acknowledged = Acknowledged {
            tenant: self.tenant,
            stream: Ulid::from_string(stream)?,
            version: number("version"),
            position: number("position"),
            events: events.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            sent,
        };
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(acknowledged);
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Away, or lost every race: what a well-behaved client sends again.
fn may_be_repeated(answer: &Answer) -> bool {
    answer.status == 503
        || answer.body.pointer("/error/details/code").and_then(Value::as_str) == Some("CONTENTION")
}
