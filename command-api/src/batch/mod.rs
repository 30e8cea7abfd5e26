//! Several commands in one request: all or nothing, or each for itself.

mod answer;
mod envelope;
mod links;

use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, http::StatusCode, web};
use event_store::{BatchError, CommandError, Order, Receipt, Repeat, request_hash};
use serde_json::{Map, Value};
use service::{auth::Principal, http::Problem};
use tokio::time::{Instant, timeout};
use ulid::Ulid;

use crate::{
    api::Inner,
    given::{Circumstances, Given},
    handler::{command_id, may},
    problem,
    request::{Headers, read_body, write_object},
};
use answer::{Answers, Single};
use envelope::Envelope;
pub(crate) use envelope::{Envelopes, schema};
use links::Links;

/// Commands of a batch that run at the same time.
const AT_ONCE: usize = 8;

/// Takes several commands. The gates are those of one command, in the same
/// order; what stands in the way of one command alone is that one's result,
/// or the end of a batch that is all or nothing.
pub(crate) async fn batch(
    api: web::Data<Inner>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let asked_at = Instant::now();
    let headers = Headers::read(request.headers()).map_err(|errors| problem::headers(&errors))?;
    if headers.expected_version.is_some() {
        return Err(problem::if_match_of_batch());
    }
    let body = read_body(&request, payload, api.max_batch_bytes).await?;
    let principal = Principal::extract(&request).await?;
    let repeat = headers
        .idempotency_key
        .as_deref()
        // Nothing is stored under the key of a batch that is only validated.
        .filter(|_| !headers.prefer.validate_only)
        .map(|key| repeat(&principal, key, &request, &body));
    let asked = Asked::of(&api, body, &principal, repeat)?;
    let trace_parent = service::http::trace_parent(&request);
    let mut circumstances = Circumstances::of(&principal, &headers, trace_parent);
    // What was asked for together belongs together.
    let own = repeat.map_or_else(Ulid::generate, |repeat| repeat.id);
    circumstances.correlation_id = circumstances.correlation_id.or(Some(own));
    let answers = match timeout(api.patience, asked.execute(&circumstances, repeat)).await {
        Ok(answers) => answers?,
        Err(_) => return Err(problem::unknown_outcome(repeat.is_some(), None)),
    };
    let mut applied = vec![];
    if circumstances.validate_only {
        applied.push("validate-only".to_owned());
    } else if let (Some(wished), Some(position)) = (headers.prefer.wait, answers.position()) {
        applied.extend(api.wait((principal.tenant, position), wished, asked_at).await);
    }
    Ok(answers.response(principal.tenant_id(), &applied))
}

/// The identity of a batch that its client has named: what is asked of whom,
/// as it was sent.
fn repeat(
    principal: &Principal,
    key: &str,
    request: &HttpRequest,
    body: &Map<String, Value>,
) -> Repeat {
    let mut canonical = vec![];
    write_object(body, &mut canonical);
    let (method, path) = (request.method().as_str(), request.path());
    Repeat {
        id: command_id(principal, key),
        request_hash: request_hash(&[method.as_bytes(), path.as_bytes(), &canonical]),
    }
}

/// A batch that has passed the gates, if not all of its commands.
struct Asked<'a> {
    api: &'a Inner,
    atomic: bool,
    commands: Vec<Result<One<'a>, Problem>>,
    links: Links,
}

/// One command of a batch that leads somewhere.
struct One<'a> {
    given: Given<'a>,
    expected_version: Option<u64>,
}

impl<'a> Asked<'a> {
    fn of(
        api: &'a Inner,
        body: Map<String, Value>,
        principal: &Principal,
        repeat: Option<Repeat>,
    ) -> Result<Self, Problem> {
        let Envelope { atomic, commands } = api.envelopes.read(body)?;
        let mut links = Links::of(&api.registry);
        let mut known = vec![];
        for (index, mut command) in commands.into_iter().enumerate() {
            let linked = links.resolve(index, &mut command);
            let one = linked.and_then(|()| {
                let (place, path) = (format!("commands[{index}].body"), command.path()?);
                let target = api.routes.find(&api.registry, &path);
                let target = target.map_err(|error| problem::no_route(&error))?;
                may(principal, &target)?;
                let id = path.id.map(str::to_owned);
                let mut given = Given::of(target, id.as_deref(), command.body, place)?;
                if let Some(repeat) = repeat {
                    given.mint(repeat.mint(index));
                }
                given.check()?;
                Ok(One { given, expected_version: command.if_match })
            });
            links.learn(one.as_ref().ok().map(|one| one.given.id_text()));
            known.push(one);
        }
        let asked = Self { api, atomic, commands: known, links };
        asked.no_gate_is_shut()?;
        Ok(asked)
    }

    /// Whoever may give none of the commands may not give the batch.
    fn no_gate_is_shut(&self) -> Result<(), Problem> {
        let shut = |one: &Result<One<'_>, Problem>| {
            one.as_ref().is_err_and(|problem| problem.status_code() == StatusCode::FORBIDDEN)
        };
        if self.commands.iter().all(shut) { Err(problem::forbidden()) } else { Ok(()) }
    }

    async fn execute(
        self,
        circumstances: &Circumstances,
        repeat: Option<Repeat>,
    ) -> Result<Answers<'a>, Problem> {
        if self.atomic {
            self.execute_all(circumstances, repeat).await
        } else {
            self.execute_each(circumstances, repeat).await
        }
    }

    async fn execute_all(
        self,
        circumstances: &Circumstances,
        repeat: Option<Repeat>,
    ) -> Result<Answers<'a>, Problem> {
        let mut all = Vec::with_capacity(self.commands.len());
        for (index, one) in self.commands.into_iter().enumerate() {
            all.push(one.map_err(|problem| placed(problem, index))?);
        }
        let orders: Vec<Order> = all
            .iter()
            .enumerate()
            .map(|(place, one)| one.order(place, circumstances, repeat))
            .collect();
        let receipts = self.api.commands.execute_all(&orders, repeat).await;
        let receipts = receipts.map_err(|refused| refusal(&all, refused, repeat.is_some()))?;
        let results = all.into_iter().zip(receipts).map(|(one, receipt)| one.done(receipt));
        Ok(Answers { atomic: true, results: results.collect() })
    }

    async fn execute_each(
        self,
        circumstances: &Circumstances,
        repeat: Option<Repeat>,
    ) -> Result<Answers<'a>, Problem> {
        let (mut orders, mut places) = (vec![], vec![]);
        for (place, one) in self.commands.iter().enumerate() {
            if let Ok(one) = one {
                orders.push(one.order(place, circumstances, repeat));
                places.push(place);
            }
        }
        let after = self.links.among(&places);
        let done = self.api.commands.execute_each(orders, &after, repeat, AT_ONCE).await;
        let mut done =
            done.map_err(|error| problem::of_batch(error, repeat.is_some()))?.into_iter();
        let results = self.commands.into_iter().map(|one| match one {
            Ok(one) => match done.next() {
                Some(Ok(receipt)) => one.done(receipt),
                Some(Err(error)) => {
                    if let CommandError::Fault(cause) | CommandError::Unavailable(cause) = &error {
                        tracing::error!(%cause, "a command of a batch failed");
                    }
                    Single::Refused(one.given.problem(error, repeat.is_some()))
                }
                None => Single::Refused(Problem::internal("a command of a batch has no result")),
            },
            Err(problem) => Single::Refused(problem),
        });
        Ok(Answers { atomic: false, results: results.collect() })
    }
}

impl<'a> One<'a> {
    fn order(&self, place: usize, by: &Circumstances, repeat: Option<Repeat>) -> Order {
        let mut order = by.order(&self.given, self.expected_version);
        if let Some(repeat) = repeat {
            repeat.identify(place, &mut order);
        }
        order
    }

    fn done(self, receipt: Receipt) -> Single<'a> {
        let target = &self.given.target;
        Single::Done { aggregate: target.aggregate, creates: target.command.creates, receipt }
    }
}

/// Says of which command of the batch a problem is. Fields have their place in
/// their paths.
fn placed(problem: Problem, index: usize) -> Problem {
    let in_words =
        problem.error().get("details").is_some_and(|details| details.get("fields").is_some());
    let problem = if in_words { problem } else { problem.about(&format!("commands[{index}]")) };
    problem.detail("index", index)
}

/// Why nothing of a batch was stored.
fn refusal(all: &[One<'_>], refused: BatchError, repeatable: bool) -> Problem {
    let BatchError { index, error } = refused;
    let Some((index, one)) = index.and_then(|index| Some((index, all.get(index)?))) else {
        return problem::of_batch(*error, repeatable);
    };
    let problem = match *error {
        CommandError::Invalid { field, message } => {
            // Whoever has one field wrong is told of all.
            let stumbled = |place| (place == index).then(|| (field.clone(), message.clone()));
            let errors =
                all.iter().enumerate().map(|(place, one)| one.given.errors(stumbled(place)));
            problem::invalid(&errors.collect::<Vec<_>>().concat())
        }
        CommandError::UnknownOutcome => return problem::unknown_outcome(repeatable, None),
        error => one.given.problem(error, repeatable),
    };
    placed(problem, index)
}
