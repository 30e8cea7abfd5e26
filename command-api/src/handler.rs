//! A command's way through the gates.

use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use event_store::{CommandError, Order, Outcome, Receipt, request_hash};
use serde_json::{Map, Value};
use service::{
    auth::Principal,
    http::{Code, Problem, RouteLabel},
};
use tokio::time::{Instant, timeout};
use ulid::Ulid;

use crate::{
    answer::Answer,
    api::Inner,
    example::ULID,
    fields::{FieldError, shown},
    problem,
    request::{Headers, read_body, write_object},
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
    // Authorization.
    if !principal.may_command() {
        let message = "your roles do not allow commands; ask an admin of the tenant for another";
        return Err(Problem::new(Code::Authz, message));
    }
    // Load, decide, append.
    let addressed = Addressed::of(&target, &path, body)?;
    let asked = Asked { api: &api, target, headers, principal, addressed };
    let receipt = asked.execute(&request).await?;
    Ok(asked.answer(receipt, asked_at).await)
}

/// Which aggregate is meant, and what with it.
struct Addressed {
    id: Ulid,
    /// Whether the id was made up here.
    minted: bool,
    /// The fields without the id.
    fields: Map<String, Value>,
}

impl Addressed {
    fn of(
        target: &Target<'_>,
        path: &Path<'_>,
        mut fields: Map<String, Value>,
    ) -> Result<Self, Problem> {
        let aggregate = target.aggregate;
        if let Some(text) = path.id {
            let id = aggregate.parse_id(text);
            let id = id.ok_or_else(|| problem::not_found(aggregate.name, text))?;
            return Ok(Self { id, minted: false, fields });
        }
        let Some(given) = fields.shift_remove("id") else {
            return Ok(Self { id: Ulid::generate(), minted: true, fields });
        };
        match given.as_str().and_then(|text| aggregate.parse_id(text)) {
            Some(id) => Ok(Self { id, minted: false, fields }),
            None => Err(bad_id(target, &given, fields)),
        }
    }
}

fn bad_id(target: &Target<'_>, given: &Value, fields: Map<String, Value>) -> Problem {
    let (prefix, shown) = (target.aggregate.prefix, shown(given));
    let message = format!("must be an id like {prefix}_{ULID}, is {shown}");
    let mut errors = vec![FieldError { field: "id".to_owned(), message }];
    errors.extend(target.fields.errors(&target.command.schema, &Value::Object(fields)));
    problem::invalid(&errors)
}

/// A command that has passed the gates.
struct Asked<'a> {
    api: &'a Inner,
    target: Target<'a>,
    headers: Headers,
    principal: Principal,
    addressed: Addressed,
}

impl Asked<'_> {
    async fn execute(&self, request: &HttpRequest) -> Result<Receipt, Problem> {
        if self.target.fields.hides_a_person(&self.addressed.fields) {
            return Err(self.invalid(None));
        }
        let order = self.order(request);
        let repeatable = order.request_hash.is_some();
        let id = || self.target.aggregate.id_text(self.addressed.id);
        match timeout(self.api.patience, self.repeatedly(order)).await {
            Ok(Ok(receipt)) => Ok(receipt),
            Ok(Err(CommandError::Invalid { field, message })) => {
                Err(self.invalid(Some(FieldError { field, message })))
            }
            Ok(Err(error)) => {
                Err(problem::of_command(error, self.target.aggregate.name, &id(), repeatable))
            }
            Err(_) => Err(problem::unknown_outcome(repeatable, &id())),
        }
    }

    /// All that is wrong with the fields, with what the decoder stumbled over.
    fn invalid(&self, stumbled: Option<FieldError>) -> Problem {
        let body = Value::Object(self.addressed.fields.clone());
        let (fields, schema) = (self.target.fields, &self.target.command.schema);
        problem::invalid(&match stumbled {
            Some(stumbled) => fields.errors_with(schema, &body, stumbled),
            None => fields.errors(schema, &body),
        })
    }

    /// A repetition of a creation comes with another id made up here; the
    /// first one counts.
    async fn repeatedly(&self, order: Order) -> Result<Receipt, CommandError> {
        let commands = &self.api.commands;
        let Some(hash) = order.request_hash.filter(|_| self.addressed.minted) else {
            return commands.execute(order).await;
        };
        let done = commands.execute(order.clone()).await;
        if !matches!(done, Err(CommandError::CommandIdReused)) {
            return done;
        }
        match commands.log().outcome(order.tenant, order.command_id).await? {
            Some((first, id, _)) if first == hash => commands.execute(Order { id, ..order }).await,
            _ => done,
        }
    }

    fn order(&self, request: &HttpRequest) -> Order {
        let principal = &self.principal;
        let command = self.canonical();
        let validate_only = self.headers.prefer.validate_only;
        // Nothing is stored under the key of a command that is only validated.
        let key = self.headers.idempotency_key.as_deref().filter(|_| !validate_only);
        let command_id = key.map_or_else(Ulid::generate, |key| command_id(principal, key));
        Order {
            tenant: principal.tenant,
            aggregate: self.target.aggregate.name.to_owned(),
            id: self.addressed.id,
            command_id,
            request_hash: key.map(|_| self.hash(request, &command)),
            command,
            actor: principal.actor(),
            now: service::now(),
            correlation_id: self.headers.correlation_id.unwrap_or(command_id),
            causation_id: None,
            reason: self.headers.reason.clone(),
            trace_parent: service::http::trace_parent(request),
            expected_version: self.headers.expected_version,
            validate_only,
        }
    }

    /// The command as externally tagged JSON, in one form for all who mean the
    /// same.
    fn canonical(&self) -> Vec<u8> {
        let mut command = Vec::with_capacity(256);
        command.extend_from_slice(b"{\"");
        command.extend_from_slice(self.target.command.name.as_bytes());
        command.extend_from_slice(b"\":");
        write_object(&self.addressed.fields, &mut command);
        command.push(b'}');
        command
    }

    /// By which a repetition is told from another order: what is asked of whom.
    /// An id that was made up here is not part of it.
    fn hash(&self, request: &HttpRequest, command: &[u8]) -> [u8; 32] {
        let Addressed { id, minted, .. } = &self.addressed;
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
        } else if let Some(seconds) = self.wait(&receipt, asked_at).await {
            applied.push(format!("wait={seconds}"));
        }
        let answer = Answer {
            aggregate: self.target.aggregate,
            creates: self.target.command.creates,
            tenant: self.principal.tenant_id(),
            receipt,
            applied,
        };
        answer.response()
    }

    /// Waits for the read models as long as the client wishes and the request
    /// may take. Nothing is lost when they do not come in time: the command is
    /// done, and only the preference was not granted.
    async fn wait(&self, receipt: &Receipt, asked_at: Instant) -> Option<u64> {
        let wished = self.headers.prefer.wait?;
        let read_models = self.api.read_models.as_ref()?;
        let granted = wished.min(self.api.patience.saturating_sub(asked_at.elapsed()));
        let reached = read_models.reach(self.principal.tenant, receipt.position);
        match timeout(granted, reached).await {
            Ok(Ok(())) => Some(wished.as_secs().min(self.api.patience.as_secs().max(1))),
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot wait for the read models");
                None
            }
            Err(_) => None,
        }
    }
}

/// The identity of a command that its client has named.
fn command_id(principal: &Principal, key: &str) -> Ulid {
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
