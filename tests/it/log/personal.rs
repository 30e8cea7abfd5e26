//! What the append writes down about personal data.

use event_store::{AppendError, Log, NewKey, pg::PgLogSettings};
use tests::Database;
use ulid::Ulid;
use uuid::Uuid;

use super::given::{append, log};

#[tokio::test]
async fn keys_and_places_are_written_with_the_events_they_belong_to() {
    let database = Database::new().await.unwrap();
    let tenant = database.tenant().await.unwrap();
    let pool = database.pool("tenantry_command").unwrap();
    let log = log(&database.config(), pool, &PgLogSettings::default());
    log.append(append(tenant)).await.unwrap();
    let (first, second) = (Ulid::generate(), Ulid::generate());
    let mut about = append(tenant);
    about.events = [vec![first], vec![], vec![first, second, first]]
        .map(|subjects| {
            let mut event = about.events[0].clone();
            event.id = Ulid::generate();
            event.subjects = subjects;
            event
        })
        .to_vec();
    about.new_keys = vec![NewKey { subject: first, wrapped: vec![7; 60], tenant_key: 3 }];
    let group = vec![append(tenant), about.clone()];
    log.append_all(group).await.unwrap();
    let mut refused = append(tenant);
    refused.events[0].subjects = vec![second];
    refused.new_keys = about.new_keys;
    assert_eq!(log.append(refused).await, Err(AppendError::KeyExists(first)));

    let owner = database.owner().await.unwrap();
    let places = "SELECT subject_id, position FROM log.personal_data ORDER BY position, subject_id";
    let places: Vec<(Uuid, i64)> = owner
        .query(places, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    let [a, b] = [first, second].map(event_store::pg::uuid);
    let mut expected = vec![(a, 3), (a, 5), (b, 5)];
    expected.sort_by_key(|(subject, position)| (*position, *subject));
    assert_eq!(places, expected);
    let keys = "SELECT subject_id, wrapped, tenant_key FROM log.subject_keys";
    let key = owner.query_one(keys, &[]).await.unwrap();
    assert_eq!((key.get::<_, Uuid>(0), key.get::<_, i32>(2)), (a, 3));
    assert_eq!(key.get::<_, Vec<u8>>(1), vec![7; 60]);
}
