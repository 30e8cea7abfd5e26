//! What a request says beside its body.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH};
use serde_json::{Value, json};
use ulid::Ulid;
use uuid::Uuid;

use super::preferences::Preferences;

/// The header by which a repetition is recognised.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that ties requests together.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
/// The header that says why.
pub(crate) const REASON: HeaderName = HeaderName::from_static("x-reason");

/// The longest idempotency key, in characters.
pub(crate) const LONGEST_KEY: usize = 255;
/// The longest reason, in characters.
pub(crate) const LONGEST_REASON: usize = 500;

/// The headers of a command that were understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    /// What the client calls this command.
    pub(crate) idempotency_key: Option<String>,
    /// The version the aggregate must have.
    pub(crate) expected_version: Option<u64>,
    /// How the client wants to be answered.
    pub(crate) prefer: Preferences,
    /// What everything that belongs together shares.
    pub(crate) correlation_id: Option<Ulid>,
    /// Why the command is given.
    pub(crate) reason: Option<String>,
}

/// Headers that were not understood, each with what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderErrors(Vec<(&'static str, String)>);

impl HeaderErrors {
    /// As the details of an answer.
    pub(crate) fn details(&self) -> Value {
        let headers: Vec<Value> = self
            .0
            .iter()
            .map(|(header, message)| json!({ "header": header, "message": message }))
            .collect();
        json!({ "headers": headers })
    }
}

impl Headers {
    /// Reads all headers, and says of all at once what is wrong with them.
    pub(crate) fn read(from: &HeaderMap) -> Result<Self, HeaderErrors> {
        let mut errors = HeaderErrors::default();
        let mut reader = Reader { from, errors: &mut errors };
        let headers = Self {
            idempotency_key: reader.read(&IDEMPOTENCY_KEY, "Idempotency-Key", idempotency_key),
            expected_version: reader.read(&IF_MATCH, "If-Match", version),
            prefer: Preferences::read(from),
            correlation_id: reader.read(&CORRELATION_ID, "X-Correlation-Id", correlation_id),
            reason: reader.read(&REASON, "X-Reason", reason),
        };
        if errors.0.is_empty() { Ok(headers) } else { Err(errors) }
    }
}

struct Reader<'a> {
    from: &'a HeaderMap,
    errors: &'a mut HeaderErrors,
}

impl Reader<'_> {
    fn read<T>(
        &mut self,
        name: &HeaderName,
        shown: &'static str,
        parse: fn(&HeaderValue) -> Result<T, String>,
    ) -> Option<T> {
        let mut values = self.from.get_all(name);
        let first = values.next()?;
        let parsed = match values.next() {
            Some(_) => Err("is given twice; give it once".to_owned()),
            None => parse(first),
        };
        parsed.map_err(|message| self.errors.0.push((shown, message))).ok()
    }
}

fn idempotency_key(value: &HeaderValue) -> Result<String, String> {
    let bytes = value.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST_KEY {
        return Err(format!("must have 1 to {LONGEST_KEY} characters, has {}", bytes.len()));
    }
    if !bytes.iter().all(u8::is_ascii_graphic) {
        return Err("must consist of visible ASCII characters without spaces".to_owned());
    }
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Reads the strong entity tag that a version is.
fn version(value: &HeaderValue) -> Result<u64, String> {
    let text = value.to_str().unwrap_or_default().trim();
    let digits = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    // No sign, no leading zero: what an ETag of ours looks like.
    let parsed = digits
        .and_then(|digits| digits.parse().ok())
        .filter(|version: &u64| Some(version.to_string().as_str()) == digits);
    let why = match parsed {
        Some(version) => return Ok(version),
        None if text == "*" => "* matches any version; name the one you saw",
        None if text.starts_with("W/") => "a weak tag cannot vouch for a version",
        None if text.contains(',') => "only one version can be expected",
        None => "not a version",
    };
    Err(format!("{why}: expected the ETag of an earlier answer, such as \"7\""))
}

fn correlation_id(value: &HeaderValue) -> Result<Ulid, String> {
    let text = value.to_str().unwrap_or_default();
    Ulid::from_string(text)
        .ok()
        .or_else(|| text.parse().ok().map(|uuid: Uuid| Ulid(uuid.as_u128())))
        .ok_or_else(|| {
            "must be a ULID like 01J9ZQ8V5M3N8T1W2X4Y6Z7A8B or a UUID like \
             0192bf74-6e85-41ea-8d07-823e26d3f54b"
                .to_owned()
        })
}

fn reason(value: &HeaderValue) -> Result<String, String> {
    let text = decoded(value.as_bytes()).ok_or_else(|| {
        "must be UTF-8; where only ASCII can be sent, write UTF-8''M%C3%A4rz for März".to_owned()
    })?;
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > LONGEST_REASON {
        return Err(format!("must have 1 to {LONGEST_REASON} characters, has {length}"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// Text as it is, or as RFC 8187 encodes it for clients that can only send
/// ASCII, such as browsers.
fn decoded(bytes: &[u8]) -> Option<String> {
    let Some(encoded) = bytes.strip_prefix(b"UTF-8''") else {
        return String::from_utf8(bytes.to_vec()).ok();
    };
    let mut plain = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [byte, after @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (byte, after) {
            let digits = [*high, *low];
            let hex = std::str::from_utf8(&digits).ok()?;
            plain.push(u8::from_str_radix(hex, 16).ok()?);
            rest = after;
        } else {
            plain.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &[u8])]) -> Result<Headers, HeaderErrors> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value).unwrap();
            map.append(HeaderName::from_static(name), value);
        }
        Headers::read(&map)
    }

    fn refused(name: &'static str, value: &str) -> String {
        read(&[(name, value.as_bytes())]).unwrap_err().0.remove(0).1
    }

    #[test]
    fn well_formed_headers_are_understood() {
        let headers = read(&[
            ("idempotency-key", b"order-1"),
            ("if-match", b"\"7\""),
            ("x-correlation-id", b"0192bf74-6e85-41ea-8d07-823e26d3f54b"),
            ("x-reason", "März abgeschlossen".as_bytes()),
        ])
        .unwrap();
        assert_eq!(headers.idempotency_key.as_deref(), Some("order-1"));
        assert_eq!(headers.expected_version, Some(7));
        assert_eq!(headers.correlation_id.unwrap().to_string(), "01JAZQ8VM587N8T1W27RKD7XAB");
        assert_eq!(headers.reason.as_deref(), Some("März abgeschlossen"));
    }

    #[test]
    fn a_reason_can_be_encoded_for_browsers() {
        let headers = read(&[("x-reason", b"UTF-8''M%C3%A4rz%20100%25")]).unwrap();
        assert_eq!(headers.reason.as_deref(), Some("März 100%"));
        assert!(refused("x-reason", "UTF-8''%zz").starts_with("must be UTF-8"));
        assert!(read(&[("x-reason", b"M\xe4rz")]).is_err());
        assert_eq!(refused("x-reason", ""), "must have 1 to 500 characters, has 0");
        assert_eq!(refused("x-reason", &"x".repeat(501)), "must have 1 to 500 characters, has 501");
    }

    #[test]
    fn only_a_strong_tag_of_a_version_is_expected() {
        let end = "expected the ETag of an earlier answer, such as \"7\"";
        for (tag, why) in [
            ("*", "* matches any version; name the one you saw"),
            ("W/\"7\"", "a weak tag cannot vouch for a version"),
            ("\"7\", \"8\"", "only one version can be expected"),
            ("7", "not a version"),
            ("\"07\"", "not a version"),
            ("\"+7\"", "not a version"),
            ("\"-1\"", "not a version"),
            ("\"\"", "not a version"),
            ("\"99999999999999999999\"", "not a version"),
        ] {
            assert_eq!(refused("if-match", tag), format!("{why}: {end}"), "{tag}");
        }
    }

    #[test]
    fn all_bad_headers_are_named_at_once() {
        let errors = read(&[
            ("idempotency-key", b"two words"),
            ("if-match", b"x"),
            ("x-correlation-id", b"abc"),
            ("x-reason", b"a"),
            ("x-reason", b"b"),
        ])
        .unwrap_err();
        let names: Vec<&str> = errors.0.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["Idempotency-Key", "If-Match", "X-Correlation-Id", "X-Reason"]);
        assert_eq!(errors.details()["headers"][3]["message"], "is given twice; give it once");
    }

    #[test]
    fn a_key_has_at_most_255_characters() {
        assert!(read(&[("idempotency-key", "k".repeat(255).as_bytes())]).is_ok());
        assert_eq!(
            refused("idempotency-key", &"k".repeat(256)),
            "must have 1 to 255 characters, has 256"
        );
    }
}
