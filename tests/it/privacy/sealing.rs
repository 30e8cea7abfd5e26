//! What is written down says nothing about anybody.

use std::sync::Arc;

use domain::Platform;
use domain::kernel::{Actor, Personal, Timestamp};
use event_store::{
    Append, CommandError, CommandRecord, Commands, Log, NewEvent, ReadError,
    keys::{MasterKeys, NoKeys},
    pg,
};
use serde::Serialize;
use serde_json::json;
use ulid::Ulid;

use super::place::Place;

const EMAIL: &str = "nomvula.dlamini@example.com";

#[tokio::test]
async fn the_log_holds_personal_data_sealed_and_shows_it_open() {
    let place = Place::new().await;
    let customer = place.open(EMAIL).await.unwrap();
    let owner = place.database.owner().await.unwrap();
    let row = owner.query_one("SELECT codec, payload FROM log.events", &[]).await.unwrap();
    let (codec, payload): (i16, Vec<u8>) = (row.get(0), row.get(1));
    assert_eq!(codec, 2);
    let text = String::from_utf8_lossy(&payload);
    assert!(text.contains("Karoo Kitchen") && !text.contains("dlamini"), "{text}");
    let claim: String = owner.query_one("SELECT key FROM log.claims", &[]).await.unwrap().get(0);
    assert_eq!(claim.len(), 32, "{claim}");
    assert_eq!(place.shown(customer).await[0]["email"], EMAIL);
}

#[tokio::test]
async fn an_address_is_unique_however_it_is_spelled() {
    let place = Place::new().await;
    place.open(EMAIL).await.unwrap();
    let refused = place.open(" Nomvula.DLAMINI@example.com").await;
    assert!(matches!(refused, Err(CommandError::ClaimTaken { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_value_opens_nowhere_but_where_it_was_sealed() {
    let place = Place::new().await;
    let customer = place.open(EMAIL).await.unwrap();
    let replace = json!({ "replace-email": { "email": "other@example.com" } });
    place.give(&place.commands, customer, replace).await.unwrap();
    let close = json!({ "close": { "reason": "moved" } });
    place.give(&place.commands, customer, close).await.unwrap();
    let owner = place.database.owner().await.unwrap();
    for forgery in [
        // The bytes of another event of the same person.
        "UPDATE log.events SET payload = (SELECT payload FROM log.events WHERE position = 3),
             type = 'customer.closed' WHERE position = 1",
        // One bit of the ciphertext.
        "UPDATE log.events SET payload = set_byte(payload, length(payload) - 40,
             get_byte(payload, length(payload) - 40) # 1) WHERE position = 3",
    ] {
        owner.batch_execute(&format!("BEGIN; {forgery}; COMMIT")).await.unwrap();
        let log = place.another(place.master.clone());
        let read = log.read_stream(place.tenant, customer, 0, 10).await;
        let Err(ReadError::Fault(error)) = read else { panic!("{read:?}") };
        assert!(error.contains("altered or moved"), "{error}");
    }
}

#[tokio::test]
async fn without_the_master_key_nothing_is_taken_for_erased() {
    let place = Place::new().await;
    let customer = place.open(EMAIL).await.unwrap();
    let strange: Arc<MasterKeys> = Arc::new(MasterKeys::ephemeral().unwrap());
    for (keys, told) in [
        (place.another(Arc::new(NoKeys)), "[keys] file"),
        (place.another(strange), "is not in the file"),
    ] {
        let read = keys.read_stream(place.tenant, customer, 0, 10).await;
        let Err(ReadError::Fault(error)) = read else { panic!("{read:?}") };
        assert!(error.contains(told), "{error}");
        let commands = Commands::new::<Platform>(keys);
        let open = json!({ "open": {
            "name": "A", "email": "a@example.com", "currency": "ZAR", "payment_terms_days": 30,
        } });
        let written = place.give(&commands, Ulid::generate(), open).await;
        let Err(CommandError::Fault(error)) = written else { panic!("{written:?}") };
        assert!(error.contains(told), "{error}");
    }
    // What is not personal needs no keys.
    let keyless = Commands::new::<Platform>(place.another(Arc::new(NoKeys)));
    let head = keyless.log().head(place.tenant).await.unwrap();
    assert_eq!(head, 1);
}

/// An event about somebody, in a stream of its own.
fn about(tenant: Ulid, subject: Ulid) -> Append {
    #[derive(Serialize)]
    struct Met {
        name: Personal<&'static str>,
    }
    let payload = rmp_serde::to_vec_named(&Met { name: Personal::from("Zoë").about(subject) });
    let id = Ulid::generate();
    Append {
        events: vec![NewEvent { personal: true, ..NewEvent::new("met", payload.unwrap()) }],
        ..Append::of(
            tenant,
            "meeting",
            Ulid::generate(),
            CommandRecord::new(id, Actor::system("test"), Timestamp::default()),
        )
    }
}

#[tokio::test]
async fn processes_that_meet_a_person_at_once_agree_on_one_key() {
    let place = Place::new().await;
    let person = Ulid::generate();
    let processes: Vec<_> = (0..4).map(|_| place.another(place.master.clone())).collect();
    let mut appends = tokio::task::JoinSet::new();
    for log in processes.iter().cycle().take(40) {
        let (log, append) = (log.clone(), about(place.tenant, person));
        appends.spawn(async move { log.append(append).await.unwrap() });
    }
    assert_eq!(appends.join_all().await.len(), 40);
    let owner = place.database.owner().await.unwrap();
    let keys: i64 =
        owner.query_one("SELECT count(*) FROM log.subject_keys", &[]).await.unwrap().get(0);
    assert_eq!(keys, 1);
    let about: i64 = owner
        .query_one(
            "SELECT count(*) FROM log.personal_data WHERE subject_id = $1",
            &[&pg::uuid(person)],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(about, 40);
    // Every one of them can be opened.
    let fresh = place.another(place.master.clone());
    let events = fresh.read_tenant(place.tenant, 0, 100).await.unwrap();
    assert!(
        events.iter().all(|event| event.payload.windows(4).any(|part| part == "Zoë".as_bytes()))
    );
}
