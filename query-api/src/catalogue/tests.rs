use domain::kernel::{Registry, testing::toy::Toy};

use super::*;

fn toy() -> Catalogue {
    Catalogue::of(&Registry::of::<Toy>().unwrap()).unwrap()
}

fn model<'a>(catalogue: &'a Catalogue, name: &str) -> &'a Model {
    catalogue.models.iter().find(|model| model.name == name).unwrap()
}

#[test]
fn a_read_model_goes_by_the_names_of_its_rows() {
    let catalogue = toy();
    let loans = model(&catalogue, "on_loan");
    assert_eq!(loans.type_name, "OpenLoan");
    assert_eq!(
        (&*loans.one, &*loans.many, &*loans.groups),
        ("openLoan", "onLoan", "openLoanGroups")
    );
    assert_eq!(loans.consumer, "on_loan_v1");
    let fields: Vec<&str> = loans.fields.iter().map(|field| &*field.name).collect();
    assert_eq!(fields, ["id", "number", "bookId", "borrower", "until", "standing", "earlier"]);
    assert_eq!(loans.id, Id::Column);
}

#[test]
fn typed_ids_relate_rows_both_ways() {
    let catalogue = toy();
    let (shelf, loans) = (model(&catalogue, "shelf"), model(&catalogue, "on_loan"));
    let book = loans.position("bookId").unwrap();
    assert_eq!(loans.parents, [Parent { name: "book".into(), by: book, to: shelf.index }]);
    assert_eq!(
        shelf.children,
        [Child { name: "onLoan".into(), from: loans.index, by: book, only: false }]
    );
}

#[test]
fn words_of_an_enum_become_its_values() {
    let catalogue = toy();
    let standing = catalogue.enums.iter().find(|it| it.name == "Standing").unwrap();
    assert_eq!(standing.values, ["FINE", "REMINDED"]);
    assert_eq!(standing.word("REMINDED"), Some("reminded"));
    assert_eq!(standing.value("fine"), Some("FINE"));
}
