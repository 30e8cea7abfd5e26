//! Random rows: in their tables, and as GraphQL shows them.

use domain::kernel::{
    Id,
    testing::toy::{Book, Loan},
};
use event_store::pg::uuid;
use serde_json::{Value, json};
use ulid::Ulid;

use super::dice::Dice;
use crate::tenant::Tenant;

const TITLES: [&str; 6] = ["ada", "adam", "bede", "clarissa", "dracula", "ivanhoe"];
pub(super) const TIMES: [&str; 8] = [
    "2026-01-01T00:00:00Z",
    "2026-02-01T12:30:00Z",
    "2026-03-01T00:00:00.000001Z",
    // Around changes of clocks in Europe and America.
    "2026-03-29T00:59:59.999999Z",
    "2026-03-29T01:00:00Z",
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-11-01T05:30:00Z",
];
const DAYS: [&str; 4] = ["2025-12-31", "2026-01-01", "2026-05-31", "2026-11-20"];
const WORDS: [(&str, &str); 3] =
    [("cloth", "CLOTH"), ("paper_back", "PAPER_BACK"), ("vellum", "VELLUM")];
const NUMBERS: [i64; 6] = [-3, 0, 1, 2, 40, 9_007_199_254_740_993];

/// The rows of a tenant, each with those it is related to.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) shelf: Vec<Value>,
    pub(super) holdings: Vec<Value>,
}

impl Rows {
    pub(super) async fn make(tenant: &Tenant<'_>, dice: &mut Dice) -> Self {
        let mut rows = Self::default();
        for _ in 0..60 {
            let book = Ulid::generate();
            let mut shelved = shelved(tenant, dice, book).await;
            let mut days = vec![];
            let some = dice.roll(4);
            for day in DAYS.into_iter().take(some) {
                days.push(book_day(tenant, dice, book, day).await);
            }
            shelved["bookDays"] = days.into();
            shelved["holding"] = Value::Null;
            if dice.roll(5) > 0 {
                let mut holding = holding(tenant, dice, book).await;
                shelved["holding"] = holding.clone();
                holding["book"] = shelved.clone();
                rows.holdings.push(holding);
            }
            rows.shelf.push(shelved);
        }
        rows
    }
}

async fn insert(tenant: &Tenant<'_>, table: &str, mut row: Value) {
    row["tenant_id"] = json!(uuid(tenant.id).to_string());
    row["updated_position"] = json!(1);
    let sql = format!(
        "INSERT INTO read.{table} SELECT * FROM jsonb_populate_record(NULL::read.{table}, $1)"
    );
    tenant.stage.admin.execute(&sql, &[&row]).await.unwrap();
}

fn maybe(dice: &mut Dice, value: Value) -> Value {
    if dice.roll(3) == 0 { Value::Null } else { value }
}

/// A number as it is stored, and as it is shown.
fn shown(number: &Value) -> Value {
    if number.is_null() { Value::Null } else { number.to_string().into() }
}

async fn shelved(tenant: &Tenant<'_>, dice: &mut Dice, book: Ulid) -> Value {
    let loan = Ulid::generate();
    let title = *dice.pick(&TITLES);
    let withdrawn = dice.roll(3) == 0;
    let times = dice.roll(4);
    let last = *dice.pick(&TIMES);
    let last = maybe(dice, json!(last));
    let is_out = dice.is();
    let row = json!({
        "book": uuid(book).to_string(), "title": title, "withdrawn": withdrawn,
        "times_lent": times, "last_lent_at": last,
        "loan": is_out.then(|| uuid(loan).to_string()),
    });
    insert(tenant, "shelf_v1", row).await;
    json!({
        "id": Id::<Book>::new(book).to_string(), "title": title, "withdrawn": withdrawn,
        "timesLent": times.to_string(), "lastLentAt": last,
        "loanId": is_out.then(|| Id::<Loan>::new(loan).to_string()),
    })
}

async fn book_day(tenant: &Tenant<'_>, dice: &mut Dice, book: Ulid, day: &str) -> Value {
    let lent = dice.roll(5);
    let row = json!({ "book_id": uuid(book).to_string(), "day": day, "lent": lent });
    insert(tenant, "book_days_v1", row).await;
    json!({ "bookId": Id::<Book>::new(book).to_string(), "day": day, "lent": lent.to_string() })
}

async fn holding(tenant: &Tenant<'_>, dice: &mut Dice, book: Ulid) -> Value {
    let title = *dice.pick(&TITLES);
    let (word, value) = *dice.pick(&WORDS);
    let bound = dice.roll(3) > 0;
    let blurb: Vec<&str> = (0..dice.roll(4)).map(|_| *dice.pick(&TITLES)).collect();
    let blurb = (!blurb.is_empty()).then(|| blurb.join(" "));
    let currency = *dice.pick(&["EUR", "USD", "ZAR"]);
    let price = *dice.pick(&NUMBERS);
    let lent_out = dice.is();
    let [fine, pages, mark] = [(); 3].map(|()| {
        let number = *dice.pick(&NUMBERS);
        maybe(dice, json!(number))
    });
    let bought = *dice.pick(&TIMES);
    let bought = maybe(dice, json!(bought));
    let printed = *dice.pick(&DAYS);
    let printed = maybe(dice, json!(printed));
    let marks: Vec<(Value, Value)> = (0..dice.roll(4)).map(|_| mark_in(dice)).collect();
    let microns = *dice.pick(&NUMBERS);
    let colour = *dice.pick(&["red", "green"]);
    let colour = maybe(dice, json!(colour));
    let cover = maybe(dice, json!({ "colour": colour, "microns": microns }));
    let shown_cover = match cover {
        Value::Null => Value::Null,
        _ => json!({ "colour": colour, "microns": microns.to_string() }),
    };
    let (worth, shown_worth) = match dice.roll(3) {
        0 => (Value::Null, Value::Null),
        1 => {
            let shown = price.to_string();
            (json!({ "percent": price }), json!({ "percent": shown, "money": null }))
        }
        _ => {
            let money = |minor: Value| json!({ "minor": minor, "currency": currency });
            let shown = money(price.to_string().into());
            (json!({ "money": money(price.into()) }), json!({ "percent": null, "money": shown }))
        }
    };
    let extra = json!({ "seal": *dice.pick(&[1, 2]), "owners": [*dice.pick(&["a", "b"])] });
    let row = json!({
        "book": uuid(book).to_string(), "title": title, "blurb": blurb,
        "binding": bound.then_some(word), "lent_out": lent_out,
        "currency": currency, "price_minor": price, "fine_minor": fine, "pages": pages,
        "bought_at": bought, "printed_on": printed, "cover": cover,
        "marks": marks.iter().map(|(stored, _)| stored).collect::<Vec<_>>(),
        "worth": worth,
        "extra": extra, "shelf_mark": mark,
    });
    insert(tenant, "holdings_v1", row).await;
    json!({
        "bookId": Id::<Book>::new(book).to_string(), "title": title, "blurb": blurb,
        "binding": bound.then_some(value), "lentOut": lent_out,
        "currency": currency, "priceMinor": price.to_string(), "fineMinor": shown(&fine),
        "pages": shown(&pages), "boughtAt": bought, "printedOn": printed, "cover": shown_cover,
        "marks": marks.iter().map(|(_, shown)| shown).collect::<Vec<_>>(),
        "worth": shown_worth,
        "extra": extra, "shelfMark": shown(&mark),
    })
}

fn mark_in(dice: &mut Dice) -> (Value, Value) {
    let page = *dice.pick(&NUMBERS);
    let loan = dice.is().then(|| Id::<Loan>::new(Ulid(u128::try_from(dice.roll(3)).unwrap())));
    let loan = json!(loan.map(|loan| loan.to_string()));
    let found = *dice.pick(&DAYS);
    let gone = *dice.pick(&TIMES);
    let gone = maybe(dice, json!(gone));
    let pencil = dice.is();
    let words: Vec<&str> = (0..dice.roll(3)).map(|_| *dice.pick(&TITLES)).collect();
    let (word, value) = *dice.pick(&WORDS);
    let liked = dice.is();
    let cost = dice.is();
    let stored = json!({
        "page": page, "loan": loan, "found_on": found, "gone_at": gone, "pencil": pencil,
        "words": words, "cost": cost.then(|| json!({ "minor": page, "currency": "EUR" })),
        "like": liked.then_some(word),
    });
    let shown = json!({
        "page": page.to_string(), "loan": loan, "foundOn": found, "goneAt": gone,
        "pencil": pencil, "words": words,
        "cost": cost.then(|| json!({ "minor": page.to_string(), "currency": "EUR" })),
        "like": liked.then_some(value),
    });
    (stored, shown)
}
