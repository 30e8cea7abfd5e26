//! The peer's side: the service that a team would write with actix-web, cqrs-es
//! and postgres-es, doing what our command API does: authenticate, recognise a
//! repeated request, load, decide, append.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    error::{ErrorInternalServerError, ErrorUnauthorized},
    web,
};
use anyhow::Result;
use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use serde::{Deserialize, Serialize};
use service::auth::Verifier;
use sqlx::PgPool;
use ulid::Ulid;

/// The smallest aggregate that can be kept.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Account {
    opened: bool,
}

/// Its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    Opened { text: String },
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        "opened".to_owned()
    }
    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

/// It refuses nothing.
#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub(crate) struct Refused;

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = String;
    type Event = AccountEvent;
    type Error = Refused;
    type Services = ();

    async fn handle(
        &mut self,
        text: String,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refused> {
        sink.write(AccountEvent::Opened { text }, self).await;
        Ok(())
    }

    fn apply(&mut self, _: AccountEvent) {
        self.opened = true;
    }
}

/// What the peer's requests say.
#[derive(Deserialize)]
struct Open {
    text: String,
}

struct Peer {
    cqrs: PostgresCqrs<Account>,
    pool: PgPool,
    verifier: Verifier,
}

/// Serves `POST /accounts/open` until the process ends.
pub(crate) async fn serve(
    pool: PgPool,
    verifier: Verifier,
    listener: std::net::TcpListener,
) -> Result<()> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS idempotency (tenant text, key text, PRIMARY KEY (tenant, key))",
    )
    .execute(&pool)
    .await?;
    let peer =
        web::Data::new(Peer { cqrs: postgres_cqrs(pool.clone(), vec![], ()), pool, verifier });
    HttpServer::new(move || {
        App::new().app_data(peer.clone()).route("/accounts/open", web::post().to(open))
    })
    .workers(2)
    .listen(listener)?
    .run()
    .await?;
    Ok(())
}

async fn open(
    request: HttpRequest,
    peer: web::Data<Peer>,
    body: web::Json<Open>,
) -> actix_web::Result<HttpResponse> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let token = header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(|| ErrorUnauthorized("no token"))?;
    let principal = peer.verifier.verify(token).map_err(ErrorUnauthorized)?;
    let key = header("idempotency-key").unwrap_or_default();
    let first = sqlx::query("INSERT INTO idempotency VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(principal.tenant_id().to_string())
        .bind(key)
        .execute(&peer.pool)
        .await
        .map_err(ErrorInternalServerError)?;
    let id = Ulid::generate().to_string();
    if first.rows_affected() == 1 {
        peer.cqrs.execute(&id, body.into_inner().text).await.map_err(ErrorInternalServerError)?;
    }
    Ok(HttpResponse::Created().json(serde_json::json!({ "data": { "id": id } })))
}
