use crate::kernel::{
    Id, Intent, Registry,
    testing::{
        envelope, id,
        toy::{Book, Loan, LoanEvent, Toy},
    },
};

#[test]
fn everything_is_found_by_its_name() {
    let registry = Registry::of::<Toy>().unwrap();
    assert_eq!(registry.contexts(), [("library", "Lends books to people and minds their return.")]);
    let loan = registry.aggregate("loan").unwrap();
    assert_eq!(
        (loan.context, loan.prefix, loan.doc.as_str()),
        ("library", "lon", "Orders to a loan.")
    );
    assert!(loan.command("lend").unwrap().creates);
    assert!(!loan.command("renew").unwrap().creates);
    assert_eq!((loan.events[0].name.as_str(), loan.events[0].schema_version), ("lent", 2));
    assert!(loan.rejections.contains(&(
        "LOAN_NOT_LATER".to_owned(),
        "The new date is not later than the present one.".to_owned()
    )));
    assert!(registry.aggregate("nobody").is_none());
    assert_eq!(registry.read_model("on_loan").unwrap().table_name(), "on_loan_v1");
    assert_eq!(registry.rows_of("loan").unwrap().name, "on_loan");
    assert_eq!(registry.rows_of("book").unwrap().name, "shelf");
    assert!(registry.rows_of("nobody").is_none());
}

#[test]
fn ids_are_read_and_written_without_their_type() {
    let registry = Registry::of::<Toy>().unwrap();
    let book = registry.aggregate("book").unwrap();
    let id: Id<Book> = id(1);
    assert_eq!(book.parse_id(&id.to_string()), Some(id.ulid()));
    assert_eq!(book.id_text(id.ulid()), id.to_string());
    assert_eq!(book.parse_id("lon_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B"), None);
    assert_eq!(book.parse_id("bok01J9ZQ8V5M3N8T1W2X4Y6Z7A8B"), None);
}

#[test]
fn events_are_read_folded_and_answered_without_their_type() {
    let registry = Registry::of::<Toy>().unwrap();
    let loan = registry.aggregate("loan").unwrap();
    let at = |position| envelope("loan", id::<Loan>(1).ulid(), position, position);
    let fields = rmp_serde::to_vec_named(
        &serde_json::json!({ "book": id::<Book>(1).to_string(), "in_time": true }),
    );
    let event = loan.decode(at(1), "returned", 1, &fields.unwrap()).unwrap();
    assert_eq!(
        event.of::<Loan>().unwrap().event,
        LoanEvent::Returned { book: id(1), in_time: true }
    );

    let mut state = loan.initial_state();
    assert_eq!(state.to_json(), "Unknown");
    state.evolve(&event);
    assert_eq!(state.to_json(), "Returned");
    let mut other = registry.aggregate("book").unwrap().initial_state();
    other.evolve(&event);
    assert_eq!(other.to_json(), "Unknown");

    let reaction = &registry.reactions()[0];
    assert_eq!((reaction.name, reaction.source), ("remind-of-due-date", "loan"));
    assert!(matches!(reaction.react(&event)[..], [Intent::Cancel(_)]));
}
