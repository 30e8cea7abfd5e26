//! The API: what it knows, and which addresses it has.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpResponse,
    http::Method,
    web::{self, Bytes, Data, ServiceConfig},
};
use domain::kernel::Registry;
use event_store::Commands;
use service::{auth::Verifier, config, health::Health, http::only};

use crate::{
    batch::{Envelopes, batch},
    handler::command,
    openapi::openapi,
    routes::Routes,
    wait::ReadModels,
};

/// The methods of an address that takes commands.
static COMMANDING: [Method; 1] = [Method::POST];
/// The methods of an address that tells something.
static TELLING: [Method; 2] = [Method::GET, Method::HEAD];

/// A domain's commands over HTTP. Cheap to copy.
#[derive(Clone)]
pub struct CommandApi(Arc<Inner>);

/// What every request needs.
pub(crate) struct Inner {
    pub(crate) registry: Arc<Registry>,
    pub(crate) routes: Routes,
    pub(crate) commands: Arc<Commands>,
    pub(crate) read_models: Option<Arc<dyn ReadModels>>,
    /// Reads batches.
    pub(crate) envelopes: Envelopes,
    /// The largest body, in bytes.
    pub(crate) max_body_bytes: usize,
    /// The largest body of a batch, in bytes.
    pub(crate) max_batch_bytes: usize,
    /// How long a command may take before its outcome counts as unknown: a
    /// little less than the request may take, to be able to say so.
    pub(crate) patience: Duration,
    verifier: Data<Verifier>,
    health: Health,
    document: Bytes,
}

/// A command whose schema cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

impl CommandApi {
    /// The API of a domain: the commands are those that the registry declares.
    /// Without read models nobody can wait for them.
    ///
    /// # Errors
    /// When a command's schema cannot be used.
    pub fn new(
        registry: Arc<Registry>,
        commands: Arc<Commands>,
        read_models: Option<Arc<dyn ReadModels>>,
        access: (Verifier, Health),
        config: &config::CommandApi,
    ) -> Result<Self, SchemaError> {
        let (verifier, health) = access;
        Ok(Self(Arc::new(Inner {
            routes: Routes::of(&registry).map_err(SchemaError)?,
            document: openapi(&registry).to_string().into(),
            registry,
            commands,
            read_models,
            envelopes: Envelopes::new(config.max_batch).map_err(SchemaError)?,
            max_body_bytes: config.max_body_bytes,
            max_batch_bytes: config.max_batch_bytes,
            patience: config.request_timeout * 9 / 10,
            verifier: Data::new(verifier),
            health,
        })))
    }

    /// Adds all addresses to a server.
    pub fn routes(&self, config: &mut ServiceConfig) {
        config.app_data(Data::from(self.0.clone())).app_data(self.0.verifier.clone());
        for address in
            ["/v1/{context}/{aggregate}/{command}", "/v1/{context}/{aggregate}/{id}/{command}"]
        {
            config.service(
                web::resource(address)
                    .route(web::post().to(command))
                    .default_service(only(&COMMANDING)),
            );
        }
        config.service(
            web::resource("/v1/batch")
                .route(web::post().to(batch))
                .default_service(only(&COMMANDING)),
        );
        config.service(
            web::resource("/openapi.json")
                .route(web::get().to(document))
                .route(web::head().to(document))
                .default_service(only(&TELLING)),
        );
        self.0.health.routes(config);
    }
}

async fn document(api: Data<Inner>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(api.document.clone())
}
