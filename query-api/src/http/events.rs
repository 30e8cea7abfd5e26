//! Answers as server-sent events, in the way of the protocol "GraphQL over
//! SSE" with one connection per query.
//!
//! One task per stream waits for answers and hands each over when the client
//! has taken the one before. A client that takes none for too long ends the
//! task, and with it all that its query costs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    rt,
    web::{Bytes, Data},
};
use async_graphql::Response;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use service::{auth::Principal, shutdown::Shutdown};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use super::{State, answer::text, asked::Form, socket::lifetime};
use crate::{
    engine::{Call, failed},
    problem::{Code, Problem},
};

/// How often a silent stream says that it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const EXPIRED: &str = "the token expired; ask again with a new one";
const TOO_SLOW: &str = "the client read too slowly; ask again";

pub(super) fn stream(state: &Data<State>, call: Call, principal: &Principal) -> HttpResponse {
    let (pieces, outgoing) = mpsc::channel(1);
    let slow = Arc::new(AtomicBool::new(false));
    let telling = Telling {
        answers: state.engine.follow(call),
        pieces,
        slow: slow.clone(),
        patience: state.engine.shared.settings.patience,
        ends: Instant::now() + lifetime(principal),
        shutdown: state.shutdown.clone(),
    };
    rt::spawn(telling.run());
    let body = stream::unfold(Some(outgoing), move |outgoing| {
        let slow = slow.clone();
        async move {
            let mut outgoing = outgoing?;
            match outgoing.recv().await {
                Some(piece) => Some((Ok::<_, actix_web::Error>(piece), Some(outgoing))),
                None if slow.load(Ordering::Relaxed) => {
                    Some((Ok(farewell(Code::Unavailable, TOO_SLOW).into()), None))
                }
                None => None,
            }
        }
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, Form::Events.content_type()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body)
}

/// What a stream waits for.
struct Telling {
    answers: BoxStream<'static, Response>,
    pieces: mpsc::Sender<Bytes>,
    /// Whether the client was given up.
    slow: Arc<AtomicBool>,
    patience: Duration,
    /// When its token ends.
    ends: Instant,
    shutdown: Shutdown,
}

impl Telling {
    async fn run(mut self) {
        loop {
            let (piece, is_last) = tokio::select! {
                biased;
                () = self.pieces.closed() => return,
                () = self.shutdown.wait() => (event("complete", ""), true),
                () = sleep_until(self.ends) => (farewell(Code::Authn, EXPIRED), true),
                next = timeout(KEEP_ALIVE, self.answers.next()) => match next {
                    Ok(Some(answer)) => (event("next", &text(&answer)), false),
                    Ok(None) => (event("complete", ""), true),
                    Err(_) => (":\n\n".to_owned(), false),
                },
            };
            match timeout(self.patience, self.pieces.send(piece.into())).await {
                Ok(Ok(())) if !is_last => {}
                Ok(_) => return,
                Err(_) => {
                    self.slow.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

/// The last that is told to a client, and why.
fn farewell(code: Code, words: &str) -> String {
    let problem = failed(Problem::new(code, words));
    format!("{}{}", event("next", &text(&problem)), event("complete", ""))
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
