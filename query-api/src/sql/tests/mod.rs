mod pages;

use domain::kernel::{Registry, testing::toy::Toy};
use ulid::Ulid;
use uuid::Uuid;

use super::*;
use crate::catalogue::{Catalogue, FieldKind, Model};

const TENANT: Source = Source::of_today(Ulid(1));

fn catalogue() -> Catalogue {
    Catalogue::of(&Registry::of::<Toy>().unwrap()).unwrap()
}

fn model<'a>(catalogue: &'a Catalogue, name: &str) -> &'a Model {
    catalogue.models.iter().find(|model| model.name == name).unwrap()
}

fn field(model: &Model, name: &str) -> usize {
    model.position(name).unwrap()
}

fn page(size: usize) -> Page {
    Page { size, backward: false, from: None }
}

#[track_caller]
fn assert_text(statement: &Statement, expected: &str) {
    let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(statement.text, expected);
}

#[test]
fn a_list_reads_the_fields_asked_for_and_nothing_else() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let list = List {
        fields: vec![field(loans, "number"), field(loans, "until")],
        condition: Condition::NONE,
        sorts: Sort::with_key(vec![], loans),
        page: Some(page(20)),
        total: false,
    };
    let statement = list.statement(&catalogue, loans, TENANT);
    assert_text(
        &statement,
        r#"SELECT t."number", t."until" FROM read."on_loan_v1" AS t WHERE t.tenant_id = $1
           ORDER BY t."loan" LIMIT 21"#,
    );
    assert_eq!(statement.params, [Param::Id(Uuid::from_u128(1))]);
}

#[test]
fn a_past_is_read_by_the_same_statement() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let list = List {
        fields: vec![field(loans, "number")],
        condition: Condition::NONE,
        sorts: vec![],
        page: None,
        total: true,
    };
    let now = list.clone().statement(&catalogue, loans, TENANT);
    let then = list.statement(&catalogue, loans, Source::of_past(Ulid(2)));
    assert_eq!(then.text, now.text.replace("read.", "past."));
    assert_eq!(then.params, [Param::Id(Uuid::from_u128(2))]);
}

#[test]
fn conditions_nest_and_bind_their_values() {
    let catalogue = catalogue();
    let shelf = model(&catalogue, "shelf");
    let (title, lent) = (field(shelf, "title"), field(shelf, "lastLentAt"));
    let condition = Condition::All(vec![
        Condition::Any(vec![
            Condition::Field(title, Comparison::Contains("50%_\\".into())),
            Condition::Field(field(shelf, "timesLent"), Comparison::In(Param::Ints(vec![1, 2]))),
        ]),
        Condition::Not(Box::new(Condition::Field(lent, Comparison::Empty(true)))),
        Condition::Any(vec![]),
    ]);
    let list = List { fields: vec![], condition, sorts: vec![], page: None, total: true };
    let statement = list.statement(&catalogue, shelf, TENANT);
    assert_text(
        &statement,
        r#"SELECT count(*) FROM read."shelf_v1" AS t WHERE t.tenant_id = $1
           AND (t."title" ILIKE $2 OR t."times_lent" = ANY ($3))
           AND ((t."last_lent_at" IS NULL) IS NOT TRUE) AND false"#,
    );
    assert_eq!(statement.params[1], Param::Text("%50\\%\\_\\\\%".into()));
}

#[test]
fn an_empty_field_differs_from_every_value() {
    let catalogue = catalogue();
    let shelf = model(&catalogue, "shelf");
    let different = |name: &str| {
        let comparison = Comparison::Different(Param::Int(1));
        let list = List {
            fields: vec![],
            condition: Condition::Field(field(shelf, name), comparison),
            sorts: vec![],
            page: None,
            total: true,
        };
        list.statement(&catalogue, shelf, TENANT).text
    };
    assert!(different("loanId").ends_with(r#"t."loan" IS DISTINCT FROM $2"#));
    assert!(different("timesLent").ends_with(r#"t."times_lent" <> $2"#));
}

#[test]
fn conditions_reach_through_relations() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let shelf = model(&catalogue, "shelf");
    let of_book = Condition::Field(field(shelf, "withdrawn"), Comparison::Equal(Param::Bool(true)));
    let nested = Condition::Child(0, Box::new(Condition::Parent(0, Box::new(of_book))));
    let list = List { fields: vec![], condition: nested, sorts: vec![], page: None, total: true };
    assert_text(
        &list.statement(&catalogue, shelf, TENANT),
        r#"SELECT count(*) FROM read."shelf_v1" AS t WHERE t.tenant_id = $1
           AND EXISTS (SELECT 1 FROM read."on_loan_v1" AS r1 WHERE r1.tenant_id = $1
             AND r1."book" = t."book"
             AND EXISTS (SELECT 1 FROM read."shelf_v1" AS r2 WHERE r2.tenant_id = $1
               AND r2."book" = r1."book" AND r2."withdrawn" = $2))"#,
    );
    assert_eq!(loans.parents.len(), 1);
}

#[test]
fn conditions_reach_into_what_is_nested() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let day = Comparison::Less(Param::Date(chrono::NaiveDate::default()));
    let within = Within::Some(Box::new(Within::All(vec![
        Within::Is(FieldKind::Date, day),
        Within::Key("it's".into(), Box::new(Within::Empty(false))),
    ])));
    let condition = Condition::Nested(field(loans, "earlier"), within);
    let list = List { fields: vec![], condition, sorts: vec![], page: None, total: true };
    assert_text(
        &list.statement(&catalogue, loans, TENANT),
        r#"SELECT count(*) FROM read."on_loan_v1" AS t WHERE t.tenant_id = $1
           AND EXISTS (SELECT 1 FROM jsonb_array_elements(
           CASE jsonb_typeof(t."earlier") WHEN 'array' THEN t."earlier" END) AS r1 (value)
           WHERE ((r1.value #>> '{}')::date < $2
             AND (r1.value -> 'it''s') #>> '{}' IS NOT NULL))"#,
    );
}

#[test]
fn a_total_comes_with_its_page_in_one_statement() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let condition =
        Condition::Field(field(loans, "standing"), Comparison::Equal(Param::Text("fine".into())));
    let list = List {
        fields: vec![field(loans, "number"), field(loans, "id")],
        condition,
        sorts: Sort::with_key(vec![], loans),
        page: Some(page(5)),
        total: true,
    };
    let statement = list.statement(&catalogue, loans, TENANT);
    assert_text(
        &statement,
        r#"SELECT total.n, page.c0, page.c1
           FROM (SELECT count(*) AS n FROM read."on_loan_v1" AS t WHERE t.tenant_id = $1 AND t."standing" = $2) AS total
           LEFT JOIN (SELECT t."number" AS c0, t."loan" AS c1 FROM read."on_loan_v1" AS t
             WHERE t.tenant_id = $1 AND t."standing" = $2 ORDER BY t."loan" LIMIT 6) AS page ON true
           ORDER BY page.c1"#,
    );
    assert_eq!(statement.params.len(), 2);
}

#[test]
fn children_of_many_rows_are_read_at_once() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let list = List {
        fields: vec![field(loans, "number"), field(loans, "id")],
        condition: Condition::NONE,
        sorts: Sort::with_key(vec![], loans),
        page: Some(page(3)),
        total: false,
    };
    let children = Children { by: field(loans, "bookId"), ids: Param::Ids(vec![]), list };
    assert_text(
        &children.clone().statement(&catalogue, loans, TENANT),
        r#"SELECT parent.place, page.c0, page.c1
           FROM unnest($2) WITH ORDINALITY AS parent (id, place)
           CROSS JOIN LATERAL (SELECT t."number" AS c0, t."loan" AS c1 FROM read."on_loan_v1" AS t
             WHERE t.tenant_id = $1 AND t."book" = parent.id ORDER BY t."loan" LIMIT 4) AS page
           ORDER BY parent.place, page.c1"#,
    );
    let counted = Children { list: List { total: true, page: None, ..children.list }, ..children };
    assert_text(
        &counted.statement(&catalogue, loans, TENANT),
        r#"SELECT parent.place, total.n
           FROM unnest($2) WITH ORDINALITY AS parent (id, place)
           CROSS JOIN LATERAL (SELECT count(*) AS n FROM read."on_loan_v1" AS t
             WHERE t.tenant_id = $1 AND t."book" = parent.id) AS total"#,
    );
}

#[test]
fn rows_are_grouped_by_values_periods_and_ages() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let shelf = model(&catalogue, "shelf");
    let sum = Measure { aggregate: Aggregate::Sum, field: field(loans, "number") };
    let groups = Groups {
        by: vec![
            Grouping::Value(field(loans, "standing")),
            Grouping::Age {
                field: field(loans, "until"),
                on: chrono::NaiveDate::default(),
                edges: vec![0, 30],
                zone: "UTC".into(),
            },
        ],
        measures: vec![sum],
        condition: Condition::NONE,
        having: Having::Measure(sum, Comparison::Greater(Param::Decimal("1.5".into()))),
        sorts: vec![GroupSort::Measure { measure: sum, descending: true }],
        size: 9,
    };
    let statement = groups.statement(&catalogue, loans, TENANT);
    assert_text(
        &statement,
        r#"SELECT t."standing", width_bucket($2 - t."until", $3), count(*), sum(t."number")::text
           FROM read."on_loan_v1" AS t WHERE t.tenant_id = $1
           AND now() AT TIME ZONE $4 IS NOT NULL GROUP BY 1, 2
           HAVING sum(t."number") > $5::numeric ORDER BY sum(t."number") DESC NULLS LAST, 1, 2 LIMIT 10"#,
    );
    assert_eq!(statement.params[2], Param::SmallInts(vec![1, 31]));
    let monthly = Groups {
        by: vec![Grouping::Period {
            field: field(shelf, "lastLentAt"),
            period: Period::Month,
            zone: "Africa/Johannesburg".into(),
        }],
        measures: vec![Measure { aggregate: Aggregate::Avg, field: field(shelf, "timesLent") }],
        condition: Condition::NONE,
        having: Having::NONE,
        sorts: vec![],
        size: 9,
    };
    assert_text(
        &monthly.statement(&catalogue, shelf, TENANT),
        r#"SELECT date_trunc('month', t."last_lent_at", $2), count(*),
             trim_scale(sign(sum(t."times_lent")) * div(abs(sum(t."times_lent")) * 2000000
             + count(t."times_lent"), count(t."times_lent") * 2) * 1e-6)::text
           FROM read."shelf_v1" AS t WHERE t.tenant_id = $1
           AND now() AT TIME ZONE $3 IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT 10"#,
    );
}

#[test]
fn rows_are_found_by_key_and_by_what_points_to_them() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let fields = [field(loans, "number")];
    let key = vec![Param::Id(Uuid::from_u128(7))];
    assert_text(
        &by_key(&catalogue, loans, TENANT, &fields, key),
        r#"SELECT t.updated_position, t."number" FROM read."on_loan_v1" AS t
           WHERE t.tenant_id = $1 AND t."loan" = $2"#,
    );
    let ids = Param::Ids(vec![]);
    assert_text(
        &by_keys(&catalogue, loans, TENANT, &fields, field(loans, "bookId"), ids),
        r#"SELECT t."book", t."number" FROM read."on_loan_v1" AS t
           WHERE t.tenant_id = $1 AND t."book" = ANY ($2)"#,
    );
}

#[test]
fn changes_are_read_between_two_positions() {
    let catalogue = catalogue();
    let loans = model(&catalogue, "on_loan");
    let changes = Changes {
        fields: vec![field(loans, "number")],
        condition: Condition::Field(field(loans, "number"), Comparison::Greater(Param::Int(3))),
        since: Since::Positions(10, 20),
    };
    assert_text(
        &changes.statement(&catalogue, loans, TENANT),
        r#"SELECT t.updated_position, (t."number" > $2) IS TRUE, t."number"
           FROM read."on_loan_v1" AS t WHERE t.tenant_id = $1
           AND t.updated_position > $3 AND t.updated_position <= $4
           ORDER BY t.updated_position, t."loan""#,
    );
}
