//! GraphiQL, for developers: served from this program, with nothing from
//! anywhere else.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    web::Path,
};
use rust_embed::RustEmbed;

/// What `make graphiql` builds. Missing in a build without it.
#[derive(RustEmbed)]
#[folder = "graphiql/dist"]
#[allow_missing = true]
struct Files;

/// Scripts and data come from here alone; the editor styles itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><title>GraphiQL</title><p>GraphiQL is not part of this \
    build. Run <code>make graphiql</code>, then build again. <code>/graphql</code> works as ever.";

pub(super) async fn page() -> HttpResponse {
    match Files::get("index.html") {
        Some(page) => served("text/html; charset=utf-8", page.data.into_owned()),
        None => served("text/html; charset=utf-8", NOT_BUILT.as_bytes().to_vec()),
    }
}

pub(super) async fn file(name: Path<String>) -> HttpResponse {
    let kind = match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    };
    match Files::get(&name) {
        Some(file) => served(kind, file.data.into_owned()),
        None => HttpResponse::NotFound().finish(),
    }
}

fn served(kind: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(body)
}
