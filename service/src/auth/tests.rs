//! Keys, tokens, and every way in which a token can be wrong.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use domain::kernel::{Actor, ActorKind, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use ulid::Ulid;

use super::{AuthError, Issuer, Key, KeyError, TokenRequest, Verifier};
use crate::{config, scratch::Scratch};

/// 2026-11-20T09:30:00Z.
const NOON: Timestamp = Timestamp::from_micros(1_795_167_000_000_000);

fn settings() -> config::Auth {
    config::Config::default().auth
}

fn request() -> TokenRequest {
    TokenRequest {
        tenant: Ulid(7),
        subject: "usr_ann".to_owned(),
        roles: vec!["member".to_owned()],
        lifetime: Some(Duration::from_mins(10)),
        kind: ActorKind::User,
    }
}

fn pair() -> (Issuer, Verifier, Key) {
    let key = Key::generate().unwrap();
    (Issuer::new(&key, &settings()).unwrap(), Verifier::new(&key, &settings()), key)
}

/// A token with these claims on top of good ones, signed as told.
fn forged(key: &Key, claims: &Value, header: &Header) -> String {
    let mut all = json!({
        "iss": "tenantry", "aud": "tenantry", "sub": "usr_ann", "roles": [], "jti": "1",
        "tenant": "tnt_00000000000000000000000007", "iat": 1_795_167_000, "exp": 1_795_167_600,
    });
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let signer = match header.alg {
        Algorithm::EdDSA => EncodingKey::from_ed_der(key.private_der().unwrap()),
        _ => EncodingKey::from_secret(key.public_bytes()),
    };
    encode(header, &all, &signer).unwrap()
}

#[test]
fn a_minted_token_names_its_bearer() {
    let (issuer, verifier, _) = pair();
    let token = issuer.mint_at(&request(), NOON).unwrap();
    let principal = verifier.verify_at(&token, NOON).unwrap();
    assert_eq!(principal.tenant, Ulid(7));
    assert_eq!(&*principal.tenant_text, "tnt_00000000000000000000000007");
    assert_eq!(principal.expires_at, NOON.plus_seconds(600));
    assert_eq!(
        principal.actor(),
        Actor {
            kind: ActorKind::User,
            id: "usr_ann".to_owned(),
            roles: vec!["member".to_owned()],
            impersonator: None
        }
    );
    assert_eq!(verifier.verify_at(&token, NOON).unwrap(), principal, "the second time as well");
    let now = issuer.mint(&TokenRequest { lifetime: None, ..request() }).unwrap();
    let ahead = verifier.verify(&now).unwrap().expires_at.micros() - crate::now().micros();
    assert!((43_190_000_000..=43_200_000_000).contains(&ahead));
}

#[test]
fn administrators_and_members_command_and_all_others_read() {
    let (issuer, verifier, _) = pair();
    for (roles, may) in [
        (vec!["admin"], true),
        (vec!["viewer", "member"], true),
        (vec!["viewer"], false),
        (vec!["auditor"], false),
        (vec![], false),
        (vec!["administrator"], false),
    ] {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let token = issuer.mint(&TokenRequest { roles, ..request() }).unwrap();
        let principal = verifier.verify(&token).unwrap();
        assert_eq!(principal.may_command(), may, "{:?}", principal.roles);
    }
}

#[test]
fn a_token_ends_when_it_says_even_if_it_is_remembered() {
    let (issuer, verifier, _) = pair();
    let token = issuer.mint_at(&request(), NOON).unwrap();
    let late = NOON.plus_seconds(606);
    assert!(verifier.verify_at(&token, NOON.plus_seconds(604)).is_ok(), "clocks differ a little");
    for _ in 0..2 {
        let error = verifier.verify_at(&token, late).unwrap_err();
        assert_eq!(error.to_string(), "the token expired at 2026-11-20T09:40:00Z");
    }
    let error = verifier.verify_at(&token, NOON.plus_seconds(-60)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the token was issued at 2026-11-20T09:30:00Z, which is in the future; check the clocks"
    );
}

#[test]
fn what_is_wrong_with_a_token_is_said() {
    let (_, verifier, key) = pair();
    let refusal = |claims: Value| {
        let token = forged(&key, &claims, &Header::new(Algorithm::EdDSA));
        verifier.verify_at(&token, NOON).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(json!({ "iss": "evil" })),
        "the token was issued by \"evil\", expected \"tenantry\""
    );
    assert_eq!(refusal(json!({ "aud": ["a", "b"] })), "the token is not meant for \"tenantry\"");
    assert_eq!(
        refusal(json!({ "tenant": "acme" })),
        "the token is malformed: claim tenant: expected a tenant id like \
         tnt_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got \"acme\""
    );
    let missing = refusal(json!({ "tenant": null }));
    assert!(missing.starts_with("the token is malformed: missing field `tenant`"), "{missing}");
    let several = json!({ "aud": ["other", "tenantry"], "kind": "api_key" });
    let token = forged(&key, &several, &Header::new(Algorithm::EdDSA));
    assert_eq!(verifier.verify_at(&token, NOON).unwrap().kind, ActorKind::ApiKey);
}

#[test]
fn only_this_key_and_this_algorithm_count() {
    let (issuer, verifier, key) = pair();
    let (foreign_issuer, _, foreign) = pair();
    let refused = |token: &str| verifier.verify_at(token, NOON).unwrap_err();

    // Signed with the public key as if it were a shared secret.
    let confused = forged(&key, &json!({}), &Header::new(Algorithm::HS256));
    assert_eq!(refused(&confused), AuthError::WrongAlgorithm("HS256".to_owned()));
    let words = refused(&confused).to_string();
    assert_eq!(words, "the token is signed with HS256, only EdDSA is accepted");

    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIn0.";
    assert!(matches!(refused(unsigned), AuthError::Malformed(_)));

    assert_eq!(refused(&foreign_issuer.mint_at(&request(), NOON).unwrap()), AuthError::WrongKey);
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.id().to_owned());
    assert_eq!(refused(&forged(&foreign, &json!({}), &header)), AuthError::WrongKey);
    header.crit = Some(vec!["b64".to_owned()]);
    assert!(matches!(refused(&forged(&key, &json!({}), &header)), AuthError::Malformed(_)));

    let token = issuer.mint_at(&request(), NOON).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let other = issuer.mint_at(&TokenRequest { tenant: Ulid(8), ..request() }, NOON).unwrap();
    let other: Vec<&str> = other.split('.').collect();
    let patched = format!("{}.{}.{}", parts[0], other[1], parts[2]);
    assert_eq!(refused(&patched), AuthError::WrongKey, "another tenant under this signature");
    for broken in ["", "a", "a.b", "a.b.c", "....", &token[1..], &"x".repeat(100_000)] {
        let error = refused(broken);
        let short = &broken[..broken.len().min(20)];
        assert!(
            matches!(error, AuthError::Malformed(_) | AuthError::WrongKey),
            "{short}: {error:?}"
        );
    }
}

#[test]
fn a_key_is_made_once_for_its_owner_alone() {
    let folder = Scratch::new("key");
    let path = folder.join("signing.pem");
    assert!(matches!(Key::open(&path), Err(KeyError::File { .. })));
    let ids: Vec<String> = std::thread::scope(|scope| {
        let opens: Vec<_> =
            (0..8).map(|_| scope.spawn(|| Key::open_or_create(&path).unwrap())).collect();
        opens.into_iter().map(|open| open.join().unwrap().id().to_owned()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1, "nothing else is left");

    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let error = Key::open_or_create(&path).unwrap_err().to_string();
    let file = path.display();
    assert_eq!(
        error,
        format!("signing key {file} can be read by others (mode 0644); run: chmod 600 {file}")
    );

    fs::write(&path, "-----BEGIN CERTIFICATE-----\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let error = Key::open_or_create(&path).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("{file} is no Ed25519 key in PEM form (PKCS#8)")),
        "{error}"
    );
    let nowhere = Key::open_or_create(Path::new("/nowhere/key.pem")).unwrap_err().to_string();
    assert_eq!(
        nowhere,
        "cannot create signing key /nowhere/key.pem: No such file or directory (os error 2)"
    );
    assert!(matches!(Key::open_or_create(Path::new("")), Err(KeyError::NoFile)));
}

#[test]
fn openssl_and_tenantry_read_each_others_keys() {
    let folder = Scratch::new("openssl");
    let openssl = |arguments: &[&str]| {
        let run = Command::new("openssl").current_dir(&*folder).args(arguments).output();
        run.is_ok_and(|output| {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            true
        })
    };
    let ours = Key::open_or_create(&folder.join("ours.pem")).unwrap();
    if !openssl(&["pkey", "-in", "ours.pem", "-pubout", "-out", "public.pem"]) {
        return; // There is no openssl here to agree with.
    }
    let public = Key::open(&folder.join("public.pem")).unwrap();
    assert_eq!(public.id(), ours.id());
    assert!(matches!(Issuer::new(&public, &settings()), Err(KeyError::PublicOnly)));
    let token = Issuer::new(&ours, &settings()).unwrap().mint(&request()).unwrap();
    Verifier::new(&public, &settings()).verify(&token).unwrap();

    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "theirs.pem"]);
    fs::set_permissions(folder.join("theirs.pem"), Permissions::from_mode(0o600)).unwrap();
    let theirs = Key::open(&folder.join("theirs.pem")).unwrap();
    Issuer::new(&theirs, &settings()).unwrap().mint(&request()).unwrap();
}

#[test]
fn a_token_that_was_seen_before_costs_next_to_nothing() {
    let (issuer, verifier, _) = pair();
    let tokens: Vec<_> = (0..100).map(|_| issuer.mint(&request()).unwrap()).collect();
    let round = || {
        let began = Instant::now();
        for token in &tokens {
            verifier.verify(token).unwrap();
        }
        began.elapsed() / 100
    };
    let cold = round();
    let warm = (0..50).map(|_| round()).min().unwrap();
    assert!(warm * 5 < cold, "cold {cold:?}, warm {warm:?}");
}

#[test]
fn keys_and_tokens_do_not_show_in_debug_output() {
    let (issuer, verifier, key) = pair();
    let shown = format!("{issuer:?} {verifier:?} {key:?}");
    assert!(shown.contains("REDACTED") && !shown.contains("content"), "{shown}");
}
