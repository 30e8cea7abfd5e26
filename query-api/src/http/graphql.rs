//! `/graphql`: queries by POST and GET, and the way to live ones.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT, LOCATION, UPGRADE},
    web::{Data, Payload},
};
use async_graphql::Request;
use bytes::Bytes;

use super::{
    State,
    answer::{Refusal, response},
    asked::{self, Form},
    events, socket,
};

pub(super) async fn post(
    http: HttpRequest,
    state: Data<State>,
    body: Result<Bytes, actix_web::Error>,
) -> HttpResponse {
    let form = Form::of(&http);
    let limit = state.engine.shared.settings.body_bytes;
    let request = asked::body(&http, body, limit);
    answered(&http, &state, form, request).await
}

pub(super) async fn get(http: HttpRequest, state: Data<State>, payload: Payload) -> HttpResponse {
    if http.headers().contains_key(UPGRADE) {
        return socket::open(&http, &state, payload);
    }
    let form = Form::of(&http);
    if http.query_string().is_empty() && is_browser(&http) && development(&state) {
        return HttpResponse::SeeOther().insert_header((LOCATION, "/graphiql")).finish();
    }
    answered(&http, &state, form, asked::parameters(&http)).await
}

async fn answered(
    http: &HttpRequest,
    state: &Data<State>,
    form: Form,
    request: Result<Request, Refusal>,
) -> HttpResponse {
    // Who asks comes first: others learn nothing, not even what is wrong.
    let principal = match asked::principal(http) {
        Ok(principal) => principal,
        Err(refusal) => return refusal.response(form),
    };
    let call = match request {
        Ok(request) => asked::call(http, &principal, request),
        Err(refusal) => return refusal.response(form),
    };
    if form == Form::Events {
        return events::stream(state, call, &principal);
    }
    response(&state.engine.answer(call).await, form)
}

fn is_browser(http: &HttpRequest) -> bool {
    let accept = http.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn development(state: &State) -> bool {
    state.engine.shared.settings.development
}
