//! Where pages begin.

use super::*;

fn after(sorts: Vec<Sort>, from: Vec<Option<Param>>, backward: bool) -> String {
    let catalogue = catalogue();
    let shelf = model(&catalogue, "shelf");
    let list = List {
        fields: vec![field(shelf, "id")],
        condition: Condition::NONE,
        sorts: Sort::with_key(sorts, shelf),
        page: Some(Page { size: 2, backward, from: Some(from) }),
        total: false,
    };
    let text = list.statement(&catalogue, shelf, TENANT).text;
    text.split_once("$1 AND ").unwrap().1.to_owned()
}

const ID: Option<Param> = Some(Param::Id(Uuid::from_u128(7)));

fn sort(name: &str, descending: bool, empty_first: bool) -> Sort {
    let catalogue = catalogue();
    Sort { field: field(model(&catalogue, "shelf"), name), descending, empty_first }
}

#[test]
fn a_page_begins_after_its_cursor() {
    let title = || Some(Param::Text("Emma".into()));
    assert_eq!(
        after(vec![sort("title", false, false)], vec![title(), ID], false),
        r#"(t."title", t."book") > ($2, $3) ORDER BY t."title", t."book" LIMIT 3"#
    );
    assert_eq!(
        after(vec![sort("title", true, true)], vec![title(), ID], false),
        r#"t."title" <= $2 AND ((t."title" < $2) OR (t."title" = $2 AND t."book" > $3)) ORDER BY t."title" DESC, t."book" LIMIT 3"#
    );
    assert_eq!(
        after(vec![sort("title", false, false)], vec![title(), ID], true),
        r#"(t."title", t."book") < ($2, $3) ORDER BY t."title" DESC, t."book" DESC LIMIT 3"#
    );
}

#[test]
fn cursors_pass_through_empty_values() {
    let time = || Some(Param::Timestamp(chrono::DateTime::UNIX_EPOCH));
    let last = |value| after(vec![sort("lastLentAt", false, false)], vec![value, ID], false);
    assert_eq!(
        last(time()),
        r#"(((t."last_lent_at" > $2 OR t."last_lent_at" IS NULL)) OR (t."last_lent_at" = $2 AND t."book" > $3)) ORDER BY t."last_lent_at", t."book" LIMIT 3"#
    );
    assert_eq!(
        last(None),
        r#"((false) OR (t."last_lent_at" IS NULL AND t."book" > $2)) ORDER BY t."last_lent_at", t."book" LIMIT 3"#
    );
    assert_eq!(
        after(vec![sort("lastLentAt", true, false)], vec![time(), ID], false),
        r#"(((t."last_lent_at" < $2 OR t."last_lent_at" IS NULL)) OR (t."last_lent_at" = $2 AND t."book" > $3)) ORDER BY t."last_lent_at" DESC NULLS LAST, t."book" LIMIT 3"#
    );
    assert_eq!(
        after(vec![sort("lastLentAt", false, false)], vec![None, ID], true),
        r#"((t."last_lent_at" IS NOT NULL) OR (t."last_lent_at" IS NULL AND t."book" < $2)) ORDER BY t."last_lent_at" DESC, t."book" DESC LIMIT 3"#
    );
}
