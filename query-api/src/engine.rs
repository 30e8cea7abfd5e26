//! From a request to its answer.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_graphql::{
    Request, Response,
    dynamic::Schema,
    parser::{parse_query, types::OperationType},
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, timeout, timeout_at};
use ulid::Ulid;

use crate::{
    consistency::{AS_OF, CONSISTENCY, stale, token, told, told_of},
    limits::{self, Busy, Full, Measured},
    live::{Feed, Tides},
    persisted::Persisted,
    problem::{Code, Problem, with_code},
    reading::{Reading, Store},
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
    /// Whether the caller may see the log itself.
    pub(crate) auditor: bool,
    pub(crate) request: Request,
    /// What the answer has to have seen, as the client says it.
    pub(crate) consistency: Option<String>,
    /// The past that is asked for, as the client says it.
    pub(crate) as_of: Option<String>,
}

impl Engine {
    /// Answers a query.
    pub(crate) async fn answer(&self, call: Call) -> Response {
        let tenant = call.tenant;
        let _busy = match self.busy.enter(tenant, self.shared.settings.requests()) {
            Ok(busy) => busy,
            Err(full) => return failed(too_many("queries", "being answered; ask again", full)),
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
        let Call { tenant, auditor, mut request, consistency, as_of } = call;
        let measured = self.prepare(&mut request)?;
        if measured.kind == OperationType::Subscription {
            let message = "subscriptions are answered over a WebSocket (graphql-transport-ws), \
                           or with Accept: text/event-stream";
            return Err(Problem::invalid(message));
        }
        let reading = if let Some(as_of) = as_of {
            // Their tables of today are not read.
            let reading = self.store.watching(tenant, self.consumers(&measured.models));
            reading.of_put(as_of.parse()?).await?
        } else {
            let token = token(tenant, consistency, &request)?;
            self.reading(tenant, &measured.models, token).await?
        };
        let reading = reading.of_auditor(auditor);
        let footnotes = Footnotes::default();
        let request = request.data(reading.clone()).data(footnotes.clone());
        let mut answer = self.schema.execute(request).await;
        footnotes.add_to(&mut answer);
        measured.order.put(&mut answer.data);
        if let Some(put) = reading.put() {
            answer.extensions.insert(AS_OF.to_owned(), told_of(put));
        } else if let Some(reached) = reading.reached_if_read().await {
            let told = told(&self.shared, tenant, &measured.models, &reached);
            answer.extensions.insert(CONSISTENCY.to_owned(), told);
        }
        reading.close();
        Ok(answer)
    }

    /// Answers a subscription, or a query as a stream of one answer.
    pub(crate) fn follow(self: &Arc<Self>, call: Call) -> BoxStream<'static, Response> {
        let engine = self.clone();
        let Call { tenant, auditor, mut request, consistency, as_of } = call;
        let measured = match self.prepare(&mut request) {
            Ok(measured) => measured,
            Err(problem) => return stream::iter([failed(problem)]).boxed(),
        };
        if measured.kind != OperationType::Subscription {
            let call = Call { tenant, auditor, request, consistency, as_of };
            return stream::once(async move { engine.answer(call).await }).boxed();
        }
        if as_of.is_some() {
            let problem = Problem::invalid("As-Of: the past does not change; ask with a query");
            return stream::iter([failed(problem)]).boxed();
        }
        let followed = match self.followed.enter(tenant, engine.shared.settings.live_queries()) {
            Ok(followed) => followed,
            Err(full) => {
                let problem = too_many("live queries", "being followed; end some first", full);
                return stream::iter([failed(problem)]).boxed();
            }
        };
        let consumers = self.consumers(&measured.models);
        let feed = Feed::new(self.store.clone(), self.tides.clone(), tenant, consumers);
        let footnotes = Footnotes::default();
        let request = request.data(feed.clone()).data(footnotes.clone());
        let answers = self.schema.execute_stream(request);
        answers
            .map(move |mut answer| {
                let _followed = &followed;
                footnotes.add_to(&mut answer);
                measured.order.put(&mut answer.data);
                if let Some(reached) = feed.seen() {
                    let told = told(&engine.shared, tenant, &measured.models, &reached);
                    answer.extensions.insert(CONSISTENCY.to_owned(), told);
                }
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

    fn consumers(&self, models: &BTreeSet<usize>) -> Vec<String> {
        let models = models.iter().filter_map(|model| self.shared.model(*model));
        models.map(|model| model.consumer.clone()).collect()
    }

    /// A view that has seen what the token says. Looks, and only if that is
    /// not there yet waits for it and looks again.
    async fn reading(
        &self,
        tenant: Ulid,
        models: &BTreeSet<usize>,
        token: Option<u64>,
    ) -> Result<Arc<Reading>, Problem> {
        let consumers = self.consumers(models);
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
}

/// An answer that has nothing but a problem.
pub(crate) fn failed(problem: Problem) -> Response {
    Response::from_errors(vec![problem.into()])
}

/// More is under way than may be.
fn too_many(what: &str, how: &str, full: Full) -> Problem {
    let (most, whose) = match full {
        Full::Tenant(most) => (most, "of this tenant"),
        Full::Process(most) => (most, "of this server"),
    };
    let message = format!("{most} {what} {whose} are {how}");
    Problem::new(Code::RateLimit, message).with("limit", most)
}

/// A little less than the server's own patience, which knows no GraphQL.
fn patience(timeout: Duration) -> Duration {
    timeout.saturating_sub((timeout / 10).min(Duration::from_millis(250)))
}
