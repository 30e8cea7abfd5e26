//! Another tenant's token on every route and every field there is, as the
//! documents of the running program list them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::{Client, Up};
use tokio_postgres::NoTls;
use uuid::Uuid;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

/// Two tenants full of history: the first is robbed by the second.
struct Town {
    thief: Client,
    /// The robbed tenant itself.
    own: Client,
    /// Its id, as clients know it.
    tenant: String,
    owner: tokio_postgres::Client,
    robbed: Uuid,
    /// All ids of the robbed, as texts without their prefix.
    ids: BTreeSet<String>,
    /// One id of the robbed per kind of aggregate, in the form of the API.
    one_of: BTreeMap<String, String>,
    openapi: Value,
    _up: Up,
}

impl Town {
    async fn new() -> Self {
        let up = Up::start(PROGRAM, &[]).unwrap();
        let run = |arguments: &[&str]| {
            let (code, said, error) = up.run(arguments).unwrap();
            assert_eq!(code, Some(0), "{arguments:?}: {error}");
            said
        };
        run(&["demo", "--days", "7"]);
        let tenants = run(&["tenant", "list"]);
        let demo = tenants.lines().skip(1).map(|line| line.split(' ').next().unwrap());
        let demo: Vec<&str> = demo.collect();
        let [own_token, token] =
            [demo[0], demo[1]].map(|tenant| run(&["token", "--tenant", tenant]).trim().to_owned());
        let url = &up.endpoints.postgres;
        let (owner, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let tenant = demo[0].to_owned();
        let id = tenant.split_once('_').unwrap().1;
        let robbed = Uuid::from_u128(ulid::Ulid::from_string(id).unwrap().0);
        let client = Client::of(&up.endpoints, 0);
        let (thief, own) = (client.with_token(&token), client.with_token(&own_token));
        let openapi = thief.get("/openapi.json").await.unwrap().body;
        let prefixes = prefixes(&openapi);
        let streams = "SELECT DISTINCT stream_type, stream_id FROM log.events WHERE tenant_id = $1";
        let (mut ids, mut one_of) = (BTreeSet::new(), BTreeMap::new());
        for row in owner.query(streams, &[&robbed]).await.unwrap() {
            let id = ulid::Ulid(row.get::<_, Uuid>(1).as_u128()).to_string();
            if let Some(prefix) = prefixes.get(row.get::<_, &str>(0)) {
                one_of.insert(prefix.clone(), format!("{prefix}_{id}"));
            }
            ids.insert(id);
        }
        assert!(ids.len() > 20 && one_of.len() >= 4, "the demo is small: {one_of:?}");
        Self { thief, own, tenant, owner, robbed, ids, one_of, openapi, _up: up }
    }

    /// Everything the robbed tenant has, in one number.
    async fn treasure(&self) -> (i64, i64) {
        let sql = "SELECT h.position, sum(hashtextextended(e::text, 0))::numeric % 1000000007
                   FROM log.heads AS h JOIN log.events AS e USING (tenant_id)
                   WHERE tenant_id = $1 GROUP BY h.position";
        let sql = format!("SELECT position, rest::bigint FROM ({sql}) AS t (position, rest)");
        let row = self.owner.query_one(&sql, &[&self.robbed]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// Whether an answer tells any id of the robbed but those the thief knows,
    /// which it may have written into things of its own.
    fn tells(&self, said: &str) -> bool {
        let known = |id: &String| self.one_of.values().any(|one| one.ends_with(id.as_str()));
        self.ids.iter().any(|id| said.contains(id.as_str()) && !known(id))
    }

    /// The same with ids of the robbed in the places of ids.
    fn with_their_ids(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let prefix = text.split_once('_').filter(|(_, id)| id.len() == 26);
                let theirs = prefix.and_then(|(prefix, _)| self.one_of.get(prefix));
                theirs.map_or_else(|| value.clone(), |theirs| json!(theirs))
            }
            Value::Array(list) => list.iter().map(|one| self.with_their_ids(one)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.with_their_ids(value)))
                .collect(),
            other => other.clone(),
        }
    }
}

/// The prefix of ids for every kind of aggregate, from the examples.
fn prefixes(openapi: &Value) -> BTreeMap<String, String> {
    let paths = openapi["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let example = item.pointer("/parameters/0/example")?.as_str()?;
        let kind = path.split('/').nth(3)?.replace('-', "_");
        Some((kind, example.split_once('_')?.0.to_owned()))
    };
    paths.iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_and_no_field_reaches_another_tenant() {
    // One town for both: it takes a while to fill.
    let town = Town::new().await;
    no_command_reaches_another_tenants_aggregate(&town).await;
    no_field_shows_another_tenants_rows(&town).await;
}

async fn no_command_reaches_another_tenants_aggregate(town: &Town) {
    let before = town.treasure().await;
    let mut reached = 0;
    for (path, item) in town.openapi["paths"].as_object().unwrap() {
        let Some(post) = item.get("post").filter(|_| path.starts_with("/v1/")) else { continue };
        let schema = post.pointer("/requestBody/content/application~1json/schema/$ref");
        let Some(schema) = schema.and_then(Value::as_str) else { continue };
        let example = town.openapi.pointer(&format!("{}/examples/0", &schema[1..]));
        let body = town.with_their_ids(example.unwrap_or(&json!({})));
        let kind = item.pointer("/parameters/0/example").and_then(Value::as_str);
        let kind = kind.and_then(|example| example.split('_').next()).unwrap_or_default();
        let Some(id) = town.one_of.get(kind).filter(|_| path.contains("{id}")) else {
            // It makes something of the thief's own, or is refused for what it
            // refers to.
            let path = path.trim_start_matches("/v1/");
            let answer = town.thief.command(path, body.clone()).await.unwrap();
            assert!(answer.status < 500, "{path}: {answer:?}");
            assert!(!town.tells(&answer.body.to_string()), "{answer:?}");
            continue;
        };
        let path = path.trim_start_matches("/v1/").replace("{id}", id);
        for headers in [&[][..], &[("if-match", "\"1\"")], &[("prefer", "validate-only")]] {
            let answer = town.thief.command_with(&path, body.clone(), headers).await.unwrap();
            assert!(answer.status / 100 == 4, "{path}: {answer:?}");
            // A body that is wrong is told so before anybody looks.
            let of_the_body = answer.status == 422 && answer.code() == "VALIDATION";
            // Whoever expects a version is told the one of what is not there.
            let nothing =
                answer.status == 404 || (answer.status == 412 && answer.header("etag") == "\"0\"");
            assert!(nothing || of_the_body, "{path} {headers:?}: {answer:?}");
            reached += usize::from(nothing);
            assert!(!town.tells(&answer.body.to_string()), "{answer:?}");
        }
    }
    assert!(reached > 30, "only {reached} commands came as far as to look");
    assert_eq!(town.treasure().await, before, "the robbed tenant's log");
}

/// The scalar fields of a type, and what it is called.
fn scalars(schema: &Value, name: &str) -> Vec<String> {
    let types = schema["types"].as_array().unwrap();
    let Some(found) = types.iter().find(|one| one["name"] == name) else { return vec![] };
    let fields = found["fields"].as_array().cloned().unwrap_or_default();
    let kind = |field: &Value| named(&field["type"])["kind"].as_str().unwrap_or("").to_owned();
    fields
        .iter()
        .filter(|field| ["SCALAR", "ENUM"].contains(&&*kind(field)))
        .filter(|field| field["args"].as_array().is_none_or(Vec::is_empty))
        .filter_map(|field| field["name"].as_str().map(str::to_owned))
        .collect()
}

/// The type under lists and non-nulls.
fn named(of: &Value) -> &Value {
    if of["ofType"].is_object() { named(&of["ofType"]) } else { of }
}

const INTROSPECTION: &str = "{ __schema { queryType { name } types { name fields { name
    args { name type { kind name ofType { kind name } } }
    type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

async fn no_field_shows_another_tenants_rows(town: &Town) {
    let schema = town.thief.query(INTROSPECTION, None).await.unwrap().body;
    let schema = schema["data"]["__schema"].clone();
    let types = schema["types"].as_array().unwrap();
    let query = types.iter().find(|one| one["name"] == schema["queryType"]["name"]).unwrap();
    let (mut rows, mut lists) = (0, 0);
    for field in query["fields"].as_array().unwrap() {
        let (name, kind) = (&field["name"], named(&field["type"])["name"].as_str().unwrap());
        let name = name.as_str().unwrap();
        let arguments: Vec<&str> = field["args"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        let mut asked = vec![];
        if arguments.contains(&"id") {
            // With every id of theirs: of its own kind, and of all others.
            for id in town.one_of.values() {
                let what = scalars(&schema, kind).join(" ");
                asked.push(format!("{{ f: {name}(id: \"{id}\") {{ {what} }} }}"));
                asked.push(format!(
                    "{{ f: {name}(id: \"{id}\", asOf: {{ position: \"1\" }}) {{ {what} }} }}"
                ));
                rows += 1;
            }
        } else if kind.ends_with("Connection") {
            let what = scalars(&schema, kind.trim_end_matches("Connection")).join(" ");
            asked.push(format!("{{ f: {name}(first: 200) {{ totalCount nodes {{ {what} }} }} }}"));
            asked.push(format!("{{ f: {name}(last: 200) {{ nodes {{ {what} }} }} }}"));
            lists += 1;
        }
        for query in asked {
            let answer = town.thief.query(&query, None).await.unwrap();
            assert!(answer.status < 500, "{query}: {answer:?}");
            let said = answer.body["data"].to_string();
            assert!(!town.tells(&said), "{query} told {said}");
            let found = &answer.body["data"]["f"];
            assert!(!query.contains("(id:") || found.is_null(), "{query} found {found}");
        }
    }
    assert!(rows >= 20 && lists >= 5, "{rows} rows and {lists} lists were asked for");
    // The robbed tenant's own token does show them: they are there.
    let shown = town.own.query("{ customers(first: 200) { nodes { id } } }", None).await.unwrap();
    assert!(town.tells(&shown.body.to_string()), "{shown:?}");
    // A position of their log means nothing here.
    let token = format!("{}:1", town.tenant);
    let refused = town.thief.query("{ customers { totalCount } }", Some(&token)).await.unwrap();
    assert!(refused.body["errors"].is_array(), "{refused:?}");
}
