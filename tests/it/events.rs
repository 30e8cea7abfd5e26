//! The catalogue of events, as those read it who are not part of the program.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use domain::{Platform, kernel::Registry};
use event_store::catalogue;
use serde_json::{Map, Value, json};
use tests::Node;

/// The program with the toy beside the product.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-with-toy");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the reference parser says of an AsyncAPI document.
fn parsed(document: &Path) -> Output {
    let node = Node::installed("asyncapi").unwrap();
    node.script("validate.js").arg(document).output().unwrap()
}

#[test]
fn the_reference_parser_reads_the_asyncapi_document() {
    let document = catalogue::asyncapi(&Registry::of::<Platform>().unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), document.to_string()).unwrap();
    let output = parsed(file.path());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("error:"), "{said}");
    let messages = document["components"]["messages"].as_object().unwrap().len();
    let channels = document["channels"].as_object().unwrap().len();
    let told =
        format!("AsyncAPI 3.0.0: {channels} channels, {channels} operations, {messages} messages");
    assert!(said.contains(&told), "{said}");

    // It would say so if it were not one.
    let text = document.to_string().replace("\"action\":\"send\"", "\"action\":\"shout\"");
    fs::write(file.path(), text).unwrap();
    let output = parsed(file.path());
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("error: operations/"));
}

/// An event as it travels.
fn cloud_event(name: &str, version: u16, data: &Value) -> Map<String, Value> {
    let ulid = "01KF0E44M000064VVB00000001";
    let event = json!({
        "specversion": "1.0",
        "id": ulid,
        "source": format!("/tnt_{ulid}/context/aggregate"),
        "type": name,
        "subject": format!("agg_{ulid}"),
        "time": "2026-01-15T09:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": format!("urn:tenantry:event:{name}:{version}"),
        "recordedtime": "2026-01-15T09:00:00Z",
        "tenant": format!("tnt_{ulid}"),
        "position": "9007199254740993",
        "streamversion": "1",
        "schemaversion": version,
        "actor": "user:thandi",
        "commandid": ulid,
        "correlationid": ulid,
        "data": data,
    });
    event.as_object().unwrap().clone()
}

#[test]
fn every_stored_event_is_what_its_schema_says() {
    let registry = Registry::of::<Platform>().unwrap();
    let mut seen = 0;
    for listed in catalogue::events(&registry, None) {
        let (name, version) = (listed.name(), listed.event.schema_version);
        let schema = catalogue::event_schema(listed);
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let fixture = root().join(format!(
            "domain/src/{}/{}/fixtures/{}.v{version}.json",
            listed.aggregate.context, listed.aggregate.name, listed.event.name
        ));
        let data: Value = serde_json::from_slice(&fs::read(&fixture).unwrap()).unwrap();
        let event = cloud_event(&name, version, &data);
        let faults: Vec<String> = validator
            .iter_errors(&Value::Object(event.clone()))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(faults, [] as [String; 0], "{name}");

        for (attribute, wrong) in
            [("type", json!("other.event")), ("position", json!(0)), ("data", json!(1))]
        {
            let mut event = event.clone();
            event.insert(attribute.to_owned(), wrong);
            assert!(!validator.is_valid(&Value::Object(event)), "{name} without {attribute}");
        }
        seen += 1;
    }
    assert!(seen > 40);
}

#[test]
fn what_is_personal_is_marked_and_may_have_been_forgotten() {
    let registry = Arc::new(Registry::of::<Platform>().unwrap());
    let listed = catalogue::events(&registry, Some("customer.opened"));
    let schema = catalogue::event_schema(listed[0]);
    assert_eq!(schema["properties"]["data"]["properties"]["email"]["x-personal"], json!(true));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let data = |email: Value, name: Value| {
        let data = json!({
            "name": name, "email": email, "currency": "ZAR", "payment_terms_days": 30,
        });
        Value::Object(cloud_event("customer.opened", 1, &data))
    };
    assert!(validator.is_valid(&data(json!("a@example.org"), json!("Naledi"))));
    assert!(validator.is_valid(&data(Value::Null, json!("Naledi"))));
    assert!(!validator.is_valid(&data(Value::Null, Value::Null)));
}

fn events(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(PROGRAM).arg("events").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_catalogue_is_printed_for_people() {
    let (code, text, said) = events(&["loan"]);
    assert_eq!(code, Some(0), "{said}");
    let expected = "\
LIBRARY  Lends books to people and minds their return.

  loan: What happens to a loan.

    loan.lent v2  The book is out. The first shape of this event called its date `due`.
      number    integer, from 0              The loan's number in the year's series.
      book      id of a book (bok_…)         Which book.
      borrower  text, up to 80, personal     To whom.
      until     date                         When it is due.

    loan.renewed v1  The borrower may keep the book for longer.
      until  date  When it is due now.

    loan.reminded v1  The borrower was told that the book is due.

    loan.returned v1  The book is back.
      book     id of a book (bok_…)  Which book.
      in_time  yes or no             Whether it came back in time.
";
    let squeezed = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(squeezed(&text), squeezed(expected), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn the_catalogue_is_printed_for_programs() {
    let (_, text, _) = events(&["--format", "json", "book.acquired"]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["type"], json!("book.acquired"));
    assert_eq!(lines[0]["fields"][0]["name"], json!("isbn"));
    assert_eq!(lines[0]["schema"]["$id"], json!("urn:tenantry:event:book.acquired:1"));
    let (_, text, _) = events(&["--format", "asyncapi"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(document["channels"]["loan"]["messages"]["lent"].is_object());
}

#[test]
fn a_name_that_nothing_has_is_told() {
    let (code, _, said) = events(&["lone"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no event, aggregate or context is called \"lone\""), "{said}");
    let (code, _, said) = events(&["loan", "--format", "asyncapi"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("leave the name out"), "{said}");
}
