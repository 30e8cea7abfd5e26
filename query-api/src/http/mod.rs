//! GraphQL over HTTP, sockets and server-sent events, and proofs over HTTP.
//!
//! The glue to actix-web is our own, over actix-ws. The official one,
//! async-graphql-actix-web, reads bodies without a limit, takes multipart
//! uploads, answers what it cannot read in plain text, and leaves its sockets
//! to the deprecated actix-web-actors, whose mailboxes hold for a slow client
//! whatever there is to send. What it would do for us is a page of code, and
//! here that page knows our limits, codes and tokens.

mod answer;
mod asked;
mod events;
mod graphiql;
mod graphql;
mod proofs;
mod protocol;
mod socket;

use std::sync::Arc;

use actix_web::{
    http::Method,
    web::{self, Data, ServiceConfig},
};
use event_store::integrity::Proofs;
use service::{auth::Verifier, http::only, shutdown::Shutdown};

use crate::engine::Engine;

/// What handlers need.
pub(crate) struct State {
    pub(crate) engine: Arc<Engine>,
    pub(crate) verifier: Verifier,
    /// Absent where logs are not sealed.
    pub(crate) proofs: Option<Proofs>,
    pub(crate) shutdown: Shutdown,
}

/// Adds the routes to a server.
pub(crate) fn routes(config: &mut ServiceConfig, state: &Data<State>) {
    config.app_data(state.clone()).app_data(Data::new(state.verifier.clone())).service(
        web::resource("/graphql")
            .route(web::post().to(graphql::post))
            .route(web::get().to(graphql::get))
            .default_service(only(&[Method::GET, Method::POST])),
    );
    proofs::routes(config);
    if state.engine.shared.settings.development {
        config
            .route("/graphiql", web::get().to(graphiql::page))
            .route("/graphiql/{file}", web::get().to(graphiql::file));
    }
}
