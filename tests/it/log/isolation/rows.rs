//! Every table and view × every statement × every service.

use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use super::{Ground, Relation, SERVICES, across_tenants};

/// What may stand in the setting, from nothing to nonsense.
fn settings(a: Uuid) -> Vec<(&'static str, String)> {
    let set = |value: &str| format!("SELECT set_config('tenantry.tenant', '{value}', true)");
    vec![
        ("another tenant", set(&a.to_string())),
        ("no tenant", "SELECT 1".to_owned()),
        ("an empty tenant", set("")),
        ("spaces", set("  ")),
        ("nonsense", set("everybody")),
        ("a pattern", set("%")),
        ("a condition", set("'' OR true")),
        ("several", set(&format!("{a},{a}"))),
        ("reset", "RESET tenantry.tenant".to_owned()),
    ]
}

/// What became of a statement.
#[derive(Debug, PartialEq)]
enum Became {
    /// So many rows of the other tenant were seen or changed.
    Rows(u64),
    Refused(SqlState),
}

/// Tries a statement in a transaction that never was.
async fn tried(session: &Client, setting: &str, statement: &str, b: Uuid) -> Became {
    session.batch_execute("BEGIN").await.unwrap();
    session.batch_execute(setting).await.unwrap();
    let outcome = if statement.starts_with("SELECT count") {
        session.query_one(statement, &[&b]).await.map(|row| row.get::<_, i64>(0).unsigned_abs())
    } else {
        session.execute(statement, &[&b]).await
    };
    session.batch_execute("ROLLBACK").await.unwrap();
    match outcome {
        Ok(rows) => Became::Rows(rows),
        Err(error) => Became::Refused(error.code().unwrap_or_else(|| panic!("{error}")).clone()),
    }
}

/// Statements on the rows of tenant `$1`.
fn statements(relation: &Relation) -> Vec<String> {
    let name = &relation.name;
    let row = format!(
        "SELECT (jsonb_populate_record(NULL::{name}, jsonb_build_object('tenant_id', $1::uuid))).*"
    );
    let mut statements = vec![
        format!("SELECT count(*) FROM {name} WHERE tenant_id = $1"),
        // Without naming whom it is after.
        format!("SELECT count(*) FILTER (WHERE tenant_id = $1) FROM {name}"),
        format!("SELECT count(*) FROM (SELECT FROM {name} WHERE tenant_id = $1 FOR UPDATE) AS l"),
        format!("SELECT count(*) FROM (SELECT FROM {name} WHERE tenant_id = $1 FOR SHARE) AS l"),
        format!(
            "SELECT count(*) FROM (TABLE {name}) AS t WHERE t.tenant_id::text = $1::uuid::text"
        ),
    ];
    if relation.is_table {
        statements.extend([
            format!("INSERT INTO {name} {row}"),
            format!("INSERT INTO {name} {row} ON CONFLICT DO NOTHING"),
            format!("UPDATE {name} SET tenant_id = tenant_id WHERE tenant_id = $1"),
            format!("UPDATE {name} SET tenant_id = $1"),
            format!("DELETE FROM {name} WHERE tenant_id = $1"),
        ]);
    }
    statements
}

/// Refusals that say why: not allowed, no such row, not a tenant, or a view.
fn is_clear(state: &SqlState) -> bool {
    [
        &SqlState::INSUFFICIENT_PRIVILEGE,
        &SqlState::INVALID_TEXT_REPRESENTATION,
        // The row that was made up lacks something, after the policy let it be
        // looked at: only for those who work across tenants.
        &SqlState::NOT_NULL_VIOLATION,
        &SqlState::UNIQUE_VIOLATION,
        &SqlState::FEATURE_NOT_SUPPORTED,
    ]
    .contains(&state)
}

#[tokio::test]
async fn no_statement_of_any_service_reaches_another_tenants_rows() {
    let ground = Ground::new().await;
    let relations = ground.relations().await;
    assert!(relations.len() > 15, "the catalogue shows {} tables", relations.len());
    let mut seen = 0;
    for role in SERVICES {
        let session = ground.session(role).await;
        for relation in &relations {
            let across = across_tenants(role, &relation.name);
            for statement in statements(relation) {
                for (tenant, setting) in settings(ground.a) {
                    let became = tried(&session, &setting, &statement, ground.b).await;
                    let what = format!("{role}, {tenant}: {statement}");
                    match became {
                        Became::Rows(0) => {}
                        Became::Rows(_) => {
                            assert!(across, "{what}");
                            seen += 1;
                        }
                        Became::Refused(state) => {
                            assert!(is_clear(&state), "{what}: {state:?}");
                            let reached =
                                [SqlState::NOT_NULL_VIOLATION, SqlState::UNIQUE_VIOLATION]
                                    .contains(&state);
                            assert!(!reached || across, "{what}: a row was taken in");
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 0, "not even those see something who should: it tests nothing");
}

#[tokio::test]
async fn every_service_that_may_read_a_table_reads_its_own_tenants_rows() {
    // The other side of the coin: what the suite finds hidden is there.
    let ground = Ground::new().await;
    let relations = ground.relations().await;
    let own = format!("SELECT set_config('tenantry.tenant', '{}', true)", ground.b);
    let mut read = 0;
    for role in SERVICES {
        let session = ground.session(role).await;
        for relation in &relations {
            let count = format!("SELECT count(*) FROM {} WHERE tenant_id = $1", relation.name);
            match tried(&session, &own, &count, ground.b).await {
                Became::Rows(rows) => {
                    assert!(rows > 0, "{role} reads {} and sees nothing", relation.name);
                    read += 1;
                }
                Became::Refused(state) => assert_eq!(state, SqlState::INSUFFICIENT_PRIVILEGE),
            }
        }
    }
    assert!(read > 20, "{read} tables can be read at all");
}

#[tokio::test]
async fn copies_definitions_and_locks_are_refused_or_empty() {
    let ground = Ground::new().await;
    for role in SERVICES {
        let session = ground.session(role).await;
        for relation in ground.relations().await {
            let (name, across) = (&relation.name, across_tenants(role, &relation.name));
            let copy = format!("COPY (SELECT * FROM {name}) TO STDOUT");
            session.batch_execute("BEGIN").await.unwrap();
            let setting = format!("SET LOCAL tenantry.tenant = '{}'", ground.a);
            session.batch_execute(&setting).await.unwrap();
            match copied(&session, &copy).await {
                Ok(text) => {
                    let leaks = text.contains(&ground.b.to_string());
                    assert!(!leaks || across, "{role}: {copy} gave {text}");
                }
                Err(state) => assert_eq!(state, SqlState::INSUFFICIENT_PRIVILEGE, "{role}: {copy}"),
            }
            session.batch_execute("ROLLBACK").await.unwrap();
            if !relation.is_table {
                continue;
            }
            for statement in [
                format!("TRUNCATE {name}"),
                format!("ALTER TABLE {name} DISABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY"),
                format!("CREATE POLICY all_mine ON {name} USING (true)"),
                format!("ALTER TABLE {name} OWNER TO CURRENT_USER"),
                format!("DROP TABLE {name}"),
                format!("CREATE INDEX ON {name} (tenant_id)"),
                format!("CREATE RULE r AS ON INSERT TO {name} DO INSTEAD NOTHING"),
            ] {
                let refused = session.batch_execute(&statement).await;
                let Err(error) = refused else { panic!("{role} may: {statement}") };
                assert_eq!(
                    error.code(),
                    Some(&SqlState::INSUFFICIENT_PRIVILEGE),
                    "{role}: {statement}"
                );
            }
            // Who may change rows may keep others out; it reaches none.
            let may = "SELECT has_schema_privilege($1, split_part($2, '.', 1), 'USAGE')
                           AND has_table_privilege($1, $2, 'UPDATE, DELETE, TRUNCATE')";
            let may: bool = ground.owner.query_one(may, &[&role, name]).await.unwrap().get(0);
            let lock = format!("BEGIN; LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE");
            assert_eq!(session.batch_execute(&lock).await.is_ok(), may, "{role}: {lock}");
            session.batch_execute("ROLLBACK").await.unwrap();
        }
    }
}

async fn copied(session: &Client, copy: &str) -> Result<String, SqlState> {
    use std::pin::pin;
    let state = |error: tokio_postgres::Error| error.code().unwrap().clone();
    let mut stream = pin!(session.copy_out(copy).await.map_err(state)?);
    let mut text = String::new();
    while let Some(bytes) =
        std::future::poll_fn(|cx| futures_util::Stream::poll_next(stream.as_mut(), cx)).await
    {
        text.push_str(&String::from_utf8_lossy(&bytes.map_err(state)?));
    }
    Ok(text)
}
