//! Ways around: roles, search paths, shadows, plans that were made for others.

use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use super::{Ground, SERVICES};

async fn tenants(session: &Client, sql: &str) -> Vec<Uuid> {
    session.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn enter(session: &Client, tenant: Uuid) {
    let sql = format!("SELECT set_config('tenantry.tenant', '{tenant}', false)");
    session.batch_execute(&sql).await.unwrap();
}

const EVENTS: &str = "SELECT DISTINCT tenant_id FROM log.events";

#[tokio::test]
async fn a_login_cannot_become_anybody_else() {
    let ground = Ground::new().await;
    let roles = "SELECT rolname::text FROM pg_roles";
    let rows = ground.owner.query(roles, &[]).await.unwrap();
    let all: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for role in SERVICES {
        let session = ground.session(role).await;
        let login = format!("{role}_login");
        for other in all.iter().filter(|other| *other != role && **other != login) {
            for statement in [
                format!("SET ROLE \"{other}\""),
                format!("SET LOCAL ROLE \"{other}\""),
                format!("SET SESSION AUTHORIZATION \"{other}\""),
                format!("SELECT set_config('role', '{other}', false)"),
                format!("SELECT set_config('session_authorization', '{other}', false)"),
                format!("GRANT \"{other}\" TO \"{login}\""),
                format!("ALTER ROLE \"{login}\" SET role = \"{other}\"; SET ROLE \"{other}\""),
            ] {
                // Roles of other tests come and go on the server they share.
                let Err(error) = session.batch_execute(&statement).await else {
                    panic!("{role} may: {statement}")
                };
                let clear = [
                    SqlState::INSUFFICIENT_PRIVILEGE,
                    SqlState::INVALID_PARAMETER_VALUE,
                    // Of a role that can have no members at all.
                    SqlState::FEATURE_NOT_SUPPORTED,
                ];
                assert!(clear.contains(error.code().unwrap()), "{role}: {statement}: {error:?}");
            }
        }
        // Leaving the role leaves the rights behind; coming back is no gain.
        enter(&session, ground.a).await;
        for (leave, user) in [("SET ROLE NONE", &*login), ("RESET ROLE", role)] {
            session.batch_execute(leave).await.unwrap();
            let now = session.query_one("SELECT current_user::text", &[]).await.unwrap();
            assert_eq!(now.get::<_, String>(0), user, "after {leave}");
            let seen = session.query(EVENTS, &[]).await;
            match (leave, seen) {
                ("SET ROLE NONE", Err(error)) => {
                    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
                }
                ("RESET ROLE", Ok(rows)) => {
                    assert!(rows.iter().all(|row| row.get::<_, Uuid>(0) == ground.a));
                }
                (leave, seen) => panic!("{role} after {leave}: {seen:?}"),
            }
        }
    }
}

#[tokio::test]
async fn shadows_and_search_paths_change_nothing() {
    let ground = Ground::new().await;
    for role in SERVICES {
        let session = ground.session(role).await;
        // Everything that a policy or a function could be made to take for
        // something else.
        let tenant_of = |name: &str| {
            format!(
                "CREATE FUNCTION pg_temp.{name}() RETURNS uuid LANGUAGE sql AS
                 $$ SELECT '{}'::uuid $$",
                ground.b
            )
        };
        for shadow in [
            "CREATE TEMP TABLE events (LIKE log.events)".to_owned(),
            "CREATE TEMP TABLE heads (LIKE log.heads)".to_owned(),
            tenant_of("current_tenant"),
            "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text LANGUAGE sql AS
                 $$ SELECT 'nobody' $$"
                .to_owned(),
            "CREATE FUNCTION pg_temp.yes(uuid, uuid) RETURNS boolean LANGUAGE sql AS
                 $$ SELECT true $$"
                .to_owned(),
            "CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.yes)"
                .to_owned(),
            "SET search_path = pg_temp, log, read, public, pg_catalog".to_owned(),
        ] {
            session.batch_execute(&shadow).await.unwrap_or_else(|error| panic!("{error:?}"));
        }
        enter(&session, ground.a).await;
        assert_eq!(tenants(&session, EVENTS).await, [ground.a], "{role}");
        let by_force = format!("SELECT tenant_id FROM log.events WHERE tenant_id = '{}'", ground.b);
        assert!(!tenants(&session, &by_force).await.contains(&ground.b), "{role}");
    }
}

#[tokio::test]
async fn a_condition_sees_no_row_that_the_policy_hides() {
    let ground = Ground::new().await;
    for role in SERVICES {
        let session = ground.session(role).await;
        session
            .batch_execute(
                "CREATE TEMP TABLE seen (tenant_id uuid);
                 CREATE FUNCTION pg_temp.look(uuid) RETURNS boolean COST 0.0001
                 LANGUAGE plpgsql AS
                 $$ BEGIN INSERT INTO pg_temp.seen VALUES ($1); RETURN true; END $$",
            )
            .await
            .unwrap();
        enter(&session, ground.a).await;
        let look = "SELECT tenant_id FROM log.events WHERE pg_temp.look(tenant_id)";
        assert_eq!(tenants(&session, look).await, [ground.a], "{role}");
        let seen = tenants(&session, "SELECT DISTINCT tenant_id FROM seen").await;
        assert_eq!(seen, [ground.a], "{role}: a function was shown what is hidden");
        // Nor does an error tell a hidden value.
        let cast = session.query("SELECT (payload::text)::int FROM log.events", &[]).await;
        assert!(!format!("{cast:?}").contains(&ground.b.to_string()));
    }
}

#[tokio::test]
async fn a_plan_made_for_one_tenant_serves_another_its_own_rows() {
    let ground = Ground::new().await;
    for role in SERVICES {
        let session = ground.session(role).await;
        for mode in ["auto", "force_generic_plan", "force_custom_plan"] {
            session.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.unwrap();
            let prepared = session.prepare(EVENTS).await.unwrap();
            // Often enough for the server to settle on one plan for all.
            for turn in 0..14 {
                let tenant = [ground.a, ground.b][turn % 2];
                enter(&session, tenant).await;
                let rows = session.query(&prepared, &[]).await.unwrap();
                let seen: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
                assert_eq!(seen, [tenant], "{role}, {mode}, turn {turn}");
            }
            session.batch_execute("RESET tenantry.tenant").await.unwrap();
            assert!(session.query(&prepared, &[]).await.unwrap().is_empty(), "{role}, {mode}");
            // A cursor keeps to the rows it was opened on, a transaction's
            // setting ends with it.
            session.batch_execute("BEGIN").await.unwrap();
            let set = format!("SET LOCAL tenantry.tenant = '{}'", ground.a);
            session.batch_execute(&set).await.unwrap();
            assert_eq!(tenants(&session, EVENTS).await, [ground.a]);
            session.batch_execute("COMMIT").await.unwrap();
            assert!(tenants(&session, EVENTS).await.is_empty(), "{role}: the setting stayed");
        }
    }
}
