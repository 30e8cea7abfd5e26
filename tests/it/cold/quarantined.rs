//! Streams that a read model cannot take, and whose events are cold.

use std::sync::Arc;

use event_store::{TenantId, pg::ulid};
use tests::poison;

use super::Cellar;
use crate::archive::world::somebody;

impl Cellar {
    /// One step of a projector that knows the place and tries again what is
    /// quarantined.
    async fn project(&self) -> projector::Stepped {
        let pool = self.world.database.pool("tenantry_projector").unwrap();
        let (registry, ring) = (self.world.registry.clone(), Arc::new(self.ring()));
        let settings = projector::Settings::default();
        let mut projector = projector::Projector::new(pool, registry, ring, settings);
        projector.step_until_idle().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_quarantined_is_shown_and_discarded_where_it_is_cold() {
    let cellar = Cellar::filled(3).await;
    let (tenant, world) = (somebody(), &cellar.world);
    let owner = world.owner().await;
    let (stream, position) = poison(&owner, tenant).await.unwrap();
    for held in 1..=3 {
        assert_eq!(poison(&owner, tenant).await.unwrap(), (stream, position + held));
    }
    cellar.settle().await;
    let (stream, id) = (format!("cus_{}", ulid(stream)), TenantId(tenant).to_string());
    let of = ["customers", &stream, "--tenant", &id];
    let says =
        |what: &str, of: &[&str]| cellar.says(&[&["projections", "quarantine", what], of].concat());
    let list = ["customers", "--tenant", &id, "--format", "json"];
    let hot: serde_json::Value = serde_json::from_str(&says("list", &list)).unwrap();
    assert_eq!((&hot["position"], &hot["held"]), (&position.into(), &3.into()));

    cellar.cool(tenant).await;
    let in_table =
        format!("SELECT count(*) FROM log.events WHERE tenant_id = $1 AND position >= {position}");
    assert_eq!(world.number(&in_table, tenant).await, 1, "the last of the stream");
    let cold: serde_json::Value = serde_json::from_str(&says("list", &list)).unwrap();
    assert_eq!(cold, hot);
    assert!(cold["event"].as_str().unwrap().starts_with("customer."), "{cold}");

    // Nobody guesses what he cannot read.
    let unplaced = world.program(&[&["projections", "quarantine", "list"], &list[..]].concat());
    let error = String::from_utf8(unplaced.stderr).unwrap();
    assert!(!unplaced.status.success() && error.contains("cold.place"), "{error}");

    // By a projector that reads the stream again, from both.
    assert_eq!(cellar.project().await.lifted, 0);
    let at = position.to_string();
    let why = ["--position", &at, "--reason", "written by a test", "--by", "thandi"];
    says("discard", &[&of[..], &why].concat());
    assert_eq!(cellar.project().await.lifted, 0);
    let next: serde_json::Value = serde_json::from_str(&says("list", &list)).unwrap();
    assert_eq!((&next["position"], &next["held"]), (&(position + 1).into(), &2.into()));
    let at = (position + 1).to_string();
    let why = ["--held", "--position", &at, "--reason", "the rest", "--by", "thandi"];
    says("discard", &[&of[..], &why].concat());
    assert!(cellar.project().await.lifted > 0);
    assert_eq!(says("list", &list), "");
    let discarded = says("list", &[&list[..], &["--discarded"]].concat());
    let positions = discarded.lines().map(|line| {
        let one: serde_json::Value = serde_json::from_str(line).unwrap();
        one["position"].as_i64().unwrap()
    });
    assert!(positions.eq(position..=position + 3), "{discarded}");
    cellar.says(&["verify"]);
}
