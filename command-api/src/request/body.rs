//! Reading a body: its type, its size, and that it is one JSON object.

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::CONTENT_TYPE},
    web::Payload,
};
use serde_json::{Map, Value};
use service::http::{Code, Problem};

use super::json::object;

/// Reads a body of at most so many bytes.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> Result<Map<String, Value>, Problem> {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !declared.is_some_and(is_json) {
        return Err(Problem::new(
            Code::Validation,
            "the body must be JSON: send Content-Type: application/json",
        )
        .status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = payload
        .to_bytes_limited(limit)
        .await
        .map_err(|_| {
            Problem::new(Code::Validation, format!("the body is larger than {limit} bytes"))
                .status(StatusCode::PAYLOAD_TOO_LARGE)
        })?
        .map_err(|error| {
            Problem::new(Code::Validation, format!("the body cannot be read: {error}"))
        })?;
    object(&body).map_err(|error| Problem::new(Code::Validation, error.to_string()))
}

/// `application/json`, or a kind of it, in the one encoding JSON has.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let utf_8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    json && utf_8
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_goes_by_a_few_names() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/vnd.example+json;charset=\"utf-8\"",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in ["", "text/json", "text/plain", "application/json; charset=latin1", "+json"] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
