//! A command's way through the gates.

use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use event_store::{Order, Outcome, Receipt, request_hash};
use service::{
    auth::Principal,
    http::{Problem, RouteLabel},
};
use tokio::time::{Instant, timeout};
use ulid::Ulid;

use crate::{
    answer::Answer,
    api::Inner,
    given::{Circumstances, Given},
    problem,
    request::{Headers, read_body},
    routes::{Path, Target},
};

/// Takes a command.
///
/// The order of the gates is fixed: nothing is looked at before what is
/// cheaper to refuse, and nobody learns from a later gate what an earlier one
/// keeps from him.
pub(crate) async fn command(
    api: web::Data<Inner>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let asked_at = Instant::now();
    // Shape and size.
    let path = Path::of(&request);
    let target =
        api.routes.find(&api.registry, &path).map_err(|error| problem::no_route(&error))?;
    request.extensions_mut().insert(RouteLabel(target.label.to_owned().into()));
    let headers = Headers::read(request.headers()).map_err(|errors| problem::headers(&errors))?;
    let body = read_body(&request, payload, api.max_body_bytes).await?;
    // Authentication, and with it the tenant. The log knows no others.
    let principal = Principal::extract(&request).await?;
    // Here come: the tenant's state, the rate.
    // A repetition is recognised when it is decided or appended, in one look.
    // Here comes: entitlement.
    may(&principal, &target)?;
    // Load, decide, append.
    let given = Given::of(target, path.id, body, String::new())?;
    let asked = Asked { api: &api, given, headers, principal };
    let receipt = asked.execute(&request).await?;
    Ok(asked.answer(receipt, asked_at).await)
}

/// Authorization: whether somebody may give a command.
pub(crate) fn may(principal: &Principal, _target: &Target<'_>) -> Result<(), Problem> {
    if principal.may_command() { Ok(()) } else { Err(problem::forbidden()) }
}

/// A command that has passed the gates.
struct Asked<'a> {
    api: &'a Inner,
    given: Given<'a>,
    headers: Headers,
    principal: Principal,
}

impl Asked<'_> {
    async fn execute(&self, request: &HttpRequest) -> Result<Receipt, Problem> {
        self.given.check()?;
        let order = self.order(request);
        let repeatable = order.request_hash.is_some();
        match timeout(self.api.patience, self.api.commands.execute(order)).await {
            Ok(Ok(receipt)) => Ok(receipt),
            Ok(Err(error)) => Err(self.given.problem(error, repeatable)),
            Err(_) => Err(problem::unknown_outcome(repeatable, Some(&self.given.id_text()))),
        }
    }

    fn order(&self, request: &HttpRequest) -> Order {
        let trace_parent = service::http::trace_parent(request);
        let circumstances = Circumstances::of(&self.principal, &self.headers, trace_parent);
        let mut order = circumstances.order(&self.given, self.headers.expected_version);
        // Nothing is stored under the key of a command that is only validated.
        if let Some(key) = self.headers.idempotency_key.as_deref().filter(|_| !order.validate_only)
        {
            order.command_id = command_id(&self.principal, key);
            order.correlation_id = self.headers.correlation_id.unwrap_or(order.command_id);
            order.request_hash = Some(self.hash(request, &order.command));
        }
        order
    }

    /// By which a repetition is told from another order: what is asked of whom.
    /// An id that was made up here is not part of it.
    fn hash(&self, request: &HttpRequest, command: &[u8]) -> [u8; 32] {
        let Given { id, minted, .. } = &self.given;
        let given = if *minted { [0; 16] } else { id.to_bytes() };
        request_hash(&[
            request.method().as_str().as_bytes(),
            request.path().as_bytes(),
            &given,
            command,
        ])
    }

    async fn answer(&self, receipt: Receipt, asked_at: Instant) -> HttpResponse {
        let mut applied = vec![];
        if receipt.outcome == Outcome::Validated {
            applied.push("validate-only".to_owned());
        } else if let Some(wished) = self.headers.prefer.wait {
            let position = (self.principal.tenant, receipt.position);
            applied.extend(self.api.wait(position, wished, asked_at).await);
        }
        let answer = Answer {
            aggregate: self.given.target.aggregate,
            creates: self.given.target.command.creates,
            receipt,
        };
        answer.response(self.principal.tenant_id(), &applied)
    }
}

/// The identity of a request that its client has named.
pub(crate) fn command_id(principal: &Principal, key: &str) -> Ulid {
    let digest = request_hash(&[
        &principal.tenant.to_bytes(),
        principal.kind.as_str().as_bytes(),
        principal.subject.as_bytes(),
        key.as_bytes(),
    ]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.split_at(16).0);
    Ulid::from_bytes(bytes)
}
