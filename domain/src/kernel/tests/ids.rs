use ulid::Ulid;

use crate::kernel::{
    Id, Kind,
    testing::{
        id,
        toy::{Book, Loan},
    },
};

fn an_id() -> Id<Book> {
    Id::new(Ulid::from_string("01J9ZQ8V5M3N8T1W2X4Y6Z7A8B").unwrap())
}

#[test]
fn an_id_reads_as_its_kind_and_its_ulid() {
    assert_eq!(an_id().to_string(), "bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B");
    assert_eq!(format!("{:?}", an_id()), an_id().to_string());
    assert_eq!("bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B".parse(), Ok(an_id()));
}

#[test]
fn an_id_of_another_kind_is_no_id() {
    for text in
        ["", "bok", "bok_", "bok01J9ZQ8V5M3N8T1W2X4Y6Z7A8B", "lon_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B"]
    {
        let error = text.parse::<Id<Book>>().unwrap_err().to_string();
        assert_eq!(
            error,
            format!("expected an id like bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B, got {text:?}")
        );
    }
}

#[test]
fn a_complaint_about_an_id_stays_short() {
    let error = "x".repeat(10_000).parse::<Id<Book>>().unwrap_err().to_string();
    assert!(error.len() < 150, "{error}");
}

#[test]
fn an_id_is_text_in_every_form() {
    let json = serde_json::to_string(&an_id()).unwrap();
    assert_eq!(json, r#""bok_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B""#);
    assert_eq!(serde_json::from_str::<Id<Book>>(&json).unwrap(), an_id());
    let bytes = rmp_serde::to_vec_named(&an_id()).unwrap();
    assert_eq!(rmp_serde::from_slice::<Id<Book>>(&bytes).unwrap(), an_id());
}

#[test]
fn a_natural_key_has_one_id() {
    assert_eq!(Id::<Book>::derived(&["a", "b"]), Id::derived(&["a", "b"]));
    assert_ne!(Id::<Book>::derived(&["ab"]), Id::derived(&["a", "b"]));
    assert_ne!(Id::<Book>::derived(&["a", ""]), Id::derived(&["", "a"]));
    assert_ne!(Id::<Book>::derived(&["a"]).ulid(), Id::<Loan>::derived(&["a"]).ulid());
}

#[test]
fn derived_ids_never_change() {
    // They are stored for ever: whoever changes this number loses every wallet,
    // stock item and commission that is found by its natural key.
    let derived = Id::<Book>::derived(&["isbn", "0-262-51087-1"]);
    assert_eq!(derived.to_string(), "bok_528C2F08H4EKPDGD67RYQ712NZ");
}

#[test]
fn ids_sort_as_their_ulids() {
    let mut ids = [id::<Book>(3), id(1), id(2)];
    ids.sort();
    assert_eq!(ids, [1, 2, 3].map(id));
    assert_eq!(Book::PREFIX, "bok");
}
