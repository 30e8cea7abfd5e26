//! From a request to its answer.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::{
    Request, Response, Value,
    dynamic::Schema,
    parser::{parse_query, types::OperationType},
};
use event_store::{ConsistencyToken, TenantId};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, timeout, timeout_at};
use ulid::Ulid;

use crate::{
    limits::{self, Measured},
    live::{Feed, Tides},
    persisted::Persisted,
    problem::{Code, Problem, with_code},
    reading::{Reached, Reading, Store},
    rows::Shared,
    schema::Footnotes,
};

/// Everything that answers queries.
pub(crate) struct Engine {
    pub(crate) schema: Schema,
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Arc<Store>,
    pub(crate) tides: Arc<Tides>,
    pub(crate) persisted: Persisted,
    /// Requests that are being answered.
    pub(crate) busy: Busy,
    /// Live queries that are being followed.
    pub(crate) followed: Busy,
}

/// A request of somebody.
pub(crate) struct Call {
    pub(crate) tenant: Ulid,
    pub(crate) request: Request,
    /// What the answer has to have seen, as the client says it.
    pub(crate) consistency: Option<String>,
}

impl Engine {
    /// Answers a query.
    pub(crate) async fn answer(&self, call: Call) -> Response {
        let tenant = call.tenant;
        let Some(_busy) = self.busy.enter(tenant, self.shared.settings.tenant_requests) else {
            let most = self.shared.settings.tenant_requests;
            let message = format!("{most} queries of this tenant are being answered; ask again");
            return failed(Problem::new(Code::RateLimit, message).with("limit", most));
        };
        let patience = patience(self.shared.settings.timeout);
        let mut answer = match timeout(patience, self.attempt(call)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(problem)) => failed(problem),
            Err(_) => {
                let limit = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
                let message = format!("the query took longer than {limit} ms; ask for less");
                failed(Problem::new(Code::Unavailable, message).with("limitMs", limit))
            }
        };
        answer.errors = answer.errors.into_iter().map(with_code).collect();
        answer
    }

    async fn attempt(&self, call: Call) -> Result<Response, Problem> {
        let Call { tenant, mut request, consistency } = call;
        let measured = self.prepare(&mut request)?;
        if measured.kind == OperationType::Subscription {
            let message = "subscriptions are answered over a WebSocket (graphql-transport-ws), \
                           or with Accept: text/event-stream";
            return Err(Problem::invalid(message));
        }
        let token = token(tenant, consistency, &request)?;
        let reading = self.reading(tenant, &measured.models, token).await?;
        let footnotes = Footnotes::default();
        let request = request.data(reading.clone()).data(footnotes.clone());
        let mut answer = self.schema.execute(request).await;
        footnotes.add_to(&mut answer);
        measured.order.put(&mut answer.data);
        if let Some(reached) = reading.reached_if_read().await {
            let told = self.told(tenant, &measured.models, &reached);
            answer.extensions.insert("consistency".to_owned(), told);
        }
        reading.close();
        Ok(answer)
    }

    /// Answers a subscription, or a query as a stream of one answer.
    pub(crate) fn follow(self: &Arc<Self>, call: Call) -> BoxStream<'static, Response> {
        let engine = self.clone();
        let Call { tenant, mut request, consistency } = call;
        let measured = match self.prepare(&mut request) {
            Ok(measured) => measured,
            Err(problem) => return stream::iter([failed(problem)]).boxed(),
        };
        if measured.kind != OperationType::Subscription {
            let call = Call { tenant, request, consistency };
            return stream::once(async move { engine.answer(call).await }).boxed();
        }
        let most = engine.shared.settings.tenant_subscriptions;
        let Some(followed) = self.followed.enter(tenant, most) else {
            let message = format!("{most} live queries of this tenant are being followed");
            let problem = Problem::new(Code::RateLimit, message).with("limit", most);
            return stream::iter([failed(problem)]).boxed();
        };
        let feed = Feed { store: self.store.clone(), tides: self.tides.clone(), tenant };
        let footnotes = Footnotes::default();
        let request = request.data(feed).data(footnotes.clone());
        let answers = self.schema.execute_stream(request);
        answers
            .map(move |mut answer| {
                let _followed = &followed;
                footnotes.add_to(&mut answer);
                measured.order.put(&mut answer.data);
                answer.errors = answer.errors.into_iter().map(with_code).collect();
                answer
            })
            .boxed()
    }

    /// Parses and measures a request.
    fn prepare(&self, request: &mut Request) -> Result<Measured, Problem> {
        self.persisted.complete(request)?;
        if request.query.trim().is_empty() {
            return Err(Problem::invalid("query: there is no query"));
        }
        limits::check_text(&request.query)?;
        let document = parse_query(&request.query)?;
        let operation = request.operation_name.as_deref();
        let measured = limits::measure(&self.shared, &document, operation, &request.variables)?;
        if measured.kind == OperationType::Mutation {
            let message = "there are no mutations here; commands go to the command API";
            return Err(Problem::invalid(message));
        }
        request.set_parsed_query(document);
        Ok(measured)
    }

    /// A view that has seen what the token says. Looks, and only if that is
    /// not there yet waits for it and looks again.
    async fn reading(
        &self,
        tenant: Ulid,
        models: &BTreeSet<usize>,
        token: Option<u64>,
    ) -> Result<Arc<Reading>, Problem> {
        let models = models.iter().filter_map(|model| self.shared.model(*model));
        let consumers: Vec<String> = models.map(|model| model.consumer.clone()).collect();
        let Some(wanted) = token.filter(|_| !consumers.is_empty()) else {
            return Ok(self.store.reading(tenant, consumers));
        };
        let begun = Instant::now();
        let deadline = begun + self.shared.settings.consistency_wait;
        loop {
            let reading = self.store.reading(tenant, consumers.clone());
            let reached = reading.reached().await?.position().unwrap_or(0);
            if reached >= wanted {
                return Ok(reading);
            }
            reading.close();
            let tide = self.tides.of(tenant);
            let is_late = Instant::now() >= deadline;
            if is_late || timeout_at(deadline, tide.reaches_soon(&consumers, wanted)).await.is_err()
            {
                return Err(stale(wanted, reached, begun.elapsed()));
            }
        }
    }

    fn told(&self, tenant: Ulid, models: &BTreeSet<usize>, reached: &Reached) -> Value {
        let position = reached.position().unwrap_or(0);
        let token = ConsistencyToken { tenant: TenantId(tenant), position };
        let models = models.iter().filter_map(|model| self.shared.model(*model));
        let positions = models.map(|model| {
            let place = reached.consumers.get(&model.consumer).copied().unwrap_or_default();
            (async_graphql::Name::new(model.name), Value::from(place.position.to_string()))
        });
        let mut told = async_graphql::indexmap::IndexMap::new();
        let mut tell = |name: &str, value| told.insert(async_graphql::Name::new(name), value);
        tell("token", token.to_string().into());
        tell("position", position.to_string().into());
        tell("lag", reached.head.saturating_sub(position).into());
        tell("readModels", Value::Object(positions.collect()));
        Value::Object(told)
    }
}

/// The position that the client has to have seen, if it says so: in the
/// header, or in the request's extensions.
fn token(tenant: Ulid, header: Option<String>, request: &Request) -> Result<Option<u64>, Problem> {
    let extension = match request.extensions.get("consistency") {
        Some(Value::Object(fields)) => match fields.get("token") {
            Some(Value::String(token)) => Some(token.clone()),
            Some(Value::Null) | None => None,
            Some(_) => {
                return Err(Problem::invalid("extensions.consistency.token: expected a text"));
            }
        },
        _ => None,
    };
    let (name, text) = match (header, extension) {
        (_, Some(text)) => ("extensions.consistency.token", text),
        (Some(text), None) => ("Consistency-Token", text),
        (None, None) => return Ok(None),
    };
    let token: ConsistencyToken =
        text.parse().map_err(|error| Problem::invalid(format!("{name}: {error}")))?;
    if token.tenant != TenantId(tenant) {
        return Err(Problem::invalid(format!("{name}: the token belongs to another tenant")));
    }
    Ok(Some(token.position))
}

fn stale(wanted: u64, reached: u64, after: Duration) -> Problem {
    let lag = wanted.saturating_sub(reached);
    let waited_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    let message = format!("position {wanted} is not visible yet: {lag} events are to be folded");
    Problem::new(Code::Stale, message)
        .with("position", reached.to_string())
        .with("requested", wanted.to_string())
        .with("lag", lag)
        .with("waitedMs", waited_ms)
}

/// An answer that has nothing but a problem.
pub(crate) fn failed(problem: Problem) -> Response {
    Response::from_errors(vec![problem.into()])
}

/// A little less than the server's own patience, which knows no GraphQL.
fn patience(timeout: Duration) -> Duration {
    timeout.saturating_sub((timeout / 10).min(Duration::from_millis(250)))
}

/// How many requests of each tenant are being answered.
#[derive(Clone, Default)]
pub(crate) struct Busy(Arc<Mutex<HashMap<Ulid, usize>>>);

/// Counts as a request as long as it lives.
pub(crate) struct Entered(Busy, Ulid);

impl Busy {
    fn enter(&self, tenant: Ulid, most: usize) -> Option<Entered> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(tenant).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Entered(self.clone(), tenant))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let Self(Busy(counts), tenant) = self;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(tenant) {
            *count -= 1;
            if *count == 0 {
                counts.remove(tenant);
            }
        }
    }
}
