//! Answers as server-sent events, in the way of the protocol "GraphQL over
//! SSE" with one connection per query.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::{Bytes, Data},
};
use futures_util::{StreamExt, stream};
use service::auth::Principal;
use tokio::time::{Instant, sleep_until, timeout};

use super::{State, answer::text, asked::Form, socket::lifetime};
use crate::{
    engine::Call,
    problem::{Code, Problem},
};

/// How often a silent stream says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn stream(state: &Data<State>, call: Call, principal: &Principal) -> HttpResponse {
    let ends = Instant::now() + lifetime(principal);
    let shutdown = state.shutdown.clone();
    let expired = async move { sleep_until(ends).await };
    let answers = state.engine.follow(call);
    let answers = answers
        .map(|answer| event("next", &text(&answer)))
        .take_until(async move { shutdown.wait().await })
        .take_until(expired)
        .chain(stream::once(async move {
            let problem = Problem::new(Code::Authn, "the token expired; ask again with a new one");
            let farewell = (Instant::now() >= ends)
                .then(|| event("next", &text(&crate::engine::failed(problem))));
            format!("{}{}", farewell.unwrap_or_default(), event("complete", ""))
        }));
    let body = stream::unfold(answers.boxed(), |mut answers| async move {
        let next = match timeout(KEEP_ALIVE, answers.next()).await {
            Ok(next) => next?,
            Err(_) => ":\n\n".to_owned(),
        };
        Some((Ok::<_, actix_web::Error>(Bytes::from(next)), answers))
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, Form::Events.content_type()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body)
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
