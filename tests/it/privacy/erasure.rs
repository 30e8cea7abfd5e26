//! Who is forgotten is forgotten everywhere, and nothing else changes.

use std::sync::Arc;

use event_store::{CommandError, keys::EraseError, pg};
use serde_json::{Value, json};
use ulid::Ulid;

use super::place::Place;

#[tokio::test]
async fn a_person_is_forgotten_and_nobody_else() {
    let place = Place::new().await;
    let zoe = place.open("zoe@example.com").await.unwrap();
    let replace = json!({ "replace-email": { "email": "zoe@home.example" } });
    place.give(&place.commands, zoe, replace).await.unwrap();
    let other = place.open("other@example.com").await.unwrap();
    let erased = place.erase(zoe).await.unwrap();
    assert_eq!((erased.number, erased.position, erased.events), (1, 3, 2));
    assert!(!erased.repeated);
    let shown = place.shown(zoe).await;
    assert_eq!(shown[0]["email"], Value::Null);
    assert_eq!(shown[0]["name"], "Karoo Kitchen");
    assert_eq!((&shown[1]["email"], &shown[1]["previous"]), (&Value::Null, &Value::Null));
    assert_eq!(place.shown(other).await[0]["email"], "other@example.com");
    // Again is the same.
    let again = place.erase(zoe).await.unwrap();
    assert!(again.repeated);
    assert_eq!((again.number, again.at, again.events), (1, erased.at, 2));
}

#[tokio::test]
async fn what_only_the_forgotten_person_could_have_is_free_again() {
    let place = Place::new().await;
    let zoe = place.open("zoe@example.com").await.unwrap();
    let taken = place.open("zoe@example.com").await;
    assert!(matches!(taken, Err(CommandError::ClaimTaken { .. })), "{taken:?}");
    place.erase(zoe).await.unwrap();
    place.open("zoe@example.com").await.unwrap();
    let owner = place.database.owner().await.unwrap();
    let holders: i64 = owner
        .query_one("SELECT count(*) FROM log.claims WHERE stream_id = $1", &[&pg::uuid(zoe)])
        .await
        .unwrap()
        .get(0);
    assert_eq!(holders, 0);
}

#[tokio::test]
async fn nothing_new_is_kept_about_a_forgotten_person() {
    let place = Place::new().await;
    let zoe = place.open("zoe@example.com").await.unwrap();
    place.erase(zoe).await.unwrap();
    let replace = json!({ "replace-email": { "email": "zoe@new.example" } });
    let refused = place.give(&place.commands, zoe, replace).await;
    assert!(matches!(refused, Err(CommandError::Erased(_))), "{refused:?}");
    // What does not concern the person goes on: the address that is given back
    // is not known any more.
    let close = json!({ "close": { "reason": "moved" } });
    place.give(&place.commands, zoe, close).await.unwrap();
    assert_eq!(place.shown(zoe).await[1], json!({ "reason": "moved", "email": null }));
}

#[tokio::test]
async fn only_who_is_there_can_be_forgotten() {
    let place = Place::new().await;
    let stranger = Ulid::generate();
    let refused = place.erase(stranger).await.unwrap_err();
    assert!(matches!(refused, EraseError::UnknownSubject(who) if who == stranger), "{refused}");
    let mut elsewhere = Place::new().await;
    elsewhere.tenant = Ulid::generate();
    let refused = elsewhere.erase(stranger).await.unwrap_err();
    assert!(matches!(refused, EraseError::UnknownTenant(_)), "{refused}");
}

#[tokio::test]
async fn a_person_is_forgotten_once_however_many_ask() {
    let place = Arc::new(Place::new().await);
    let zoe = place.open("zoe@example.com").await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let place = place.clone();
        asking.spawn(async move { place.erase(zoe).await.unwrap() });
    }
    let erased = asking.join_all().await;
    assert_eq!(erased.iter().filter(|erased| !erased.repeated).count(), 1);
    assert!(erased.iter().all(|erased| erased.number == 1));
}
