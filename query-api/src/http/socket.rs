//! Live queries over a WebSocket.
//!
//! One task per socket reads what the client says and sends what its queries
//! answer, one message at a time: while the client does not read, nothing is
//! asked of its queries, and nothing piles up.

use std::{collections::HashMap, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::SEC_WEBSOCKET_PROTOCOL,
    rt,
    web::{Data, Payload},
};
use actix_ws::{
    AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, MessageStream, Session,
};
use async_graphql::{Request, Response};
use futures_util::{
    StreamExt,
    stream::{self, AbortHandle, BoxStream, SelectAll, abortable},
};
use serde_json::Value;
use service::auth::Principal;
use tokio::time::{Instant, Interval, interval, sleep_until, timeout};

use super::{
    State,
    answer::refusal,
    asked::{self, AS_OF, Form},
    protocol::{self, Farewell, PROTOCOL, Said, farewell},
};
use crate::{engine::Call, problem::Problem};

/// How long a client may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(10);

/// How often a silent client is asked whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// How long it may stay silent.
const SILENCE: Duration = Duration::from_mins(1);

/// How long a principal may go on.
pub(super) fn lifetime(principal: &Principal) -> Duration {
    let left = principal.expires_at.micros().saturating_sub(service::now().micros());
    Duration::from_micros(u64::try_from(left).unwrap_or(0))
}

/// Takes a socket.
pub(super) fn open(http: &HttpRequest, state: &Data<State>, payload: Payload) -> HttpResponse {
    let offered = http.headers().get_all(SEC_WEBSOCKET_PROTOCOL);
    let is_ours = |value: &str| value.split(',').any(|name| name.trim() == PROTOCOL);
    if !offered.filter_map(|value| value.to_str().ok()).any(is_ours) {
        let message = format!("Sec-WebSocket-Protocol: expected {PROTOCOL}");
        return refusal(400, Problem::invalid(message)).response(Form::Json);
    }
    if http.headers().contains_key(AS_OF) {
        let message = "As-Of: a socket shows what changes; ask for the past by POST";
        return refusal(400, Problem::invalid(message)).response(Form::Json);
    }
    let (response, session, messages) =
        match actix_ws::handle_with_protocols(http, payload, &[PROTOCOL]) {
            Ok(taken) => taken,
            Err(error) => return error.error_response(),
        };
    let most = state.engine.shared.settings.body_bytes;
    let messages: MessageStream = messages.max_frame_size(most);
    let messages = messages.aggregate_continuations().max_continuation_size(most);
    // A token in the header will do, unless the client brings another one.
    let principal = asked::principal(http).ok();
    let socket = Socket {
        state: state.clone(),
        session,
        ends: Instant::now() + INTRODUCTION,
        principal,
        introduced: false,
        queries: HashMap::new(),
        answers: SelectAll::new(),
        heartbeat: interval(HEARTBEAT),
        heard: Instant::now(),
    };
    rt::spawn(socket.run(messages));
    response
}

/// An answer of a query; none when there will be no more.
type Answer = (String, Option<Response>);

struct Socket {
    state: Data<State>,
    session: Session,
    principal: Option<Principal>,
    /// When it is closed: before it is introduced for that, then because its
    /// token has ended.
    ends: Instant,
    introduced: bool,
    /// The queries that are followed, and how to stop each.
    queries: HashMap<String, AbortHandle>,
    answers: SelectAll<BoxStream<'static, Answer>>,
    heartbeat: Interval,
    heard: Instant,
}

impl Socket {
    async fn run(mut self, mut messages: AggregatedMessageStream) {
        let shutdown = self.state.shutdown.clone();
        let farewell = loop {
            let went_on = tokio::select! {
                biased;
                () = shutdown.wait() => Err(farewell(1001, "the server is going away")),
                () = sleep_until(self.ends) => Err(self.too_late()),
                _ = self.heartbeat.tick() => self.beat().await,
                message = messages.next() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(error)) => Err(farewell(1009, error.to_string())),
                    None => return,
                },
                Some((id, answer)) = self.answers.next(), if !self.answers.is_empty() => {
                    self.tell(&id, answer).await
                }
            };
            if let Err(farewell) = went_on {
                break farewell;
            }
        };
        let Farewell { code, reason } = farewell;
        let reason = CloseReason { code: CloseCode::from(code), description: Some(reason) };
        // Whoever is gone already does not hear it.
        let _ = timeout(self.patience(), self.session.close(Some(reason))).await;
    }

    fn too_late(&self) -> Farewell {
        if self.introduced {
            farewell(4403, "the token expired; connect again with a new one")
        } else {
            farewell(4408, "Connection initialisation timeout")
        }
    }

    async fn beat(&mut self) -> Result<(), Farewell> {
        if self.heard.elapsed() > SILENCE {
            return Err(farewell(1001, "nothing was heard for too long"));
        }
        self.session.ping(b"").await.map_err(|_| farewell(1001, "the client is gone"))
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), Farewell> {
        self.heard = Instant::now();
        match message {
            AggregatedMessage::Text(text) => {
                let said = serde_json::from_str(&text)
                    .map_err(|error| farewell(4400, format!("Invalid message: {error}")))?;
                self.answer(said).await
            }
            AggregatedMessage::Ping(payload) => {
                self.session.pong(&payload).await.map_err(|_| gone())
            }
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Binary(_) => Err(farewell(4400, "expected text messages")),
            AggregatedMessage::Close(_) => Err(farewell(1000, "")),
        }
    }

    async fn answer(&mut self, said: Said) -> Result<(), Farewell> {
        match said {
            Said::ConnectionInit { payload } => self.introduce(payload).await,
            Said::Ping { payload } => self.send(protocol::pong(payload)).await,
            Said::Pong {} => Ok(()),
            Said::Subscribe { id, payload } => self.follow(id, *payload),
            Said::Complete { id } => {
                if let Some(query) = self.queries.remove(&id) {
                    query.abort();
                }
                Ok(())
            }
        }
    }

    async fn introduce(&mut self, payload: Option<Value>) -> Result<(), Farewell> {
        if std::mem::replace(&mut self.introduced, true) {
            return Err(farewell(4429, "Too many initialisation requests"));
        }
        if let Some(token) = payload.as_ref().and_then(bearer) {
            let verified = self.state.verifier.verify(token);
            self.principal = Some(verified.map_err(|error| farewell(4403, error.to_string()))?);
        }
        let Some(principal) = &self.principal else {
            let words = "no token; send {\"authorization\": \"Bearer <token>\"} as payload";
            return Err(farewell(4403, words));
        };
        self.ends = Instant::now() + lifetime(principal);
        self.send(protocol::acknowledged()).await
    }

    fn follow(&mut self, id: String, request: Request) -> Result<(), Farewell> {
        let principal = match &self.principal {
            Some(principal) if self.introduced => principal,
            _ => return Err(farewell(4401, "Unauthorized")),
        };
        if self.queries.contains_key(&id) {
            return Err(farewell(4409, format!("Subscriber for {id} already exists")));
        }
        let most = self.state.engine.shared.settings.subscriptions;
        if self.queries.len() >= most {
            return Err(farewell(4400, format!("at most {most} live queries per socket")));
        }
        let auditor = principal.may_audit();
        let tenant = principal.tenant;
        let call = Call { tenant, auditor, request, consistency: None, as_of: None };
        let (name, last) = (id.clone(), id.clone());
        let answers = self.state.engine.follow(call);
        let answers = answers
            .map(move |answer| (name.clone(), Some(answer)))
            .chain(stream::once(async move { (last, None) }));
        let (answers, query) = abortable(answers);
        self.queries.insert(id, query);
        self.answers.push(answers.boxed());
        Ok(())
    }

    async fn tell(&mut self, id: &str, answer: Option<Response>) -> Result<(), Farewell> {
        // The client may have completed a query whose answer was on its way.
        if !self.queries.contains_key(id) {
            return Ok(());
        }
        let (text, is_last) = match answer {
            Some(answer) => protocol::answer(id, &answer),
            None => (protocol::complete(id), true),
        };
        if is_last && let Some(query) = self.queries.remove(id) {
            query.abort();
        }
        self.send(text).await
    }

    async fn send(&mut self, text: String) -> Result<(), Farewell> {
        match timeout(self.patience(), self.session.text(text)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(gone()),
            // One that can be told so may come back and go on from where it was.
            Err(_) => Err(farewell(1013, "the client reads too slowly")),
        }
    }

    /// How long it may leave unread what it was sent.
    fn patience(&self) -> Duration {
        self.state.engine.shared.settings.patience
    }
}

fn gone() -> Farewell {
    farewell(1001, "the client is gone")
}

/// The token of a payload, under `authorization` in whatever case.
fn bearer(payload: &Value) -> Option<&str> {
    let mut fields = payload.as_object()?.iter();
    let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let value = value.as_str()?.trim();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim()),
        _ => Some(value),
    }
}
