use serde::Serialize;
use ulid::Ulid;

use crate::kernel::{
    AnyRecorded, NotAVariant, Recorded,
    testing::{
        id,
        toy::{Book, BookEvent, Loan, LoanEvent},
    },
    variant_name,
};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Shape {
    Bare,
    AnAlias(u8),
    APair(u8, u8),
    WithFields { side: u8 },
}

#[test]
fn a_variant_is_known_by_its_wire_name() {
    assert_eq!(variant_name(&Shape::Bare), Ok("bare"));
    assert_eq!(variant_name(&Shape::AnAlias(1)), Ok("an-alias"));
    assert_eq!(variant_name(&Shape::APair(1, 2)), Ok("a-pair"));
    assert_eq!(variant_name(&Shape::WithFields { side: 1 }), Ok("with-fields"));
}

#[test]
fn what_is_no_variant_has_no_name() {
    assert_eq!(variant_name(&1), Err(NotAVariant));
    assert_eq!(variant_name(&"text"), Err(NotAVariant));
    assert_eq!(variant_name(&[1, 2]), Err(NotAVariant));
    assert_eq!(variant_name(&Some(1)), Err(NotAVariant));
    assert_eq!(variant_name(&()), Err(NotAVariant));
}

#[test]
fn an_event_of_unknown_type_still_tells_what_it_is() {
    let event = LoanEvent::Returned { book: id(1), in_time: true };
    let envelope = crate::kernel::testing::envelope("loan", Ulid::nil(), 3, 1);
    let recorded = Recorded::<Loan> { id: id(1), event, envelope };
    let any = AnyRecorded::new(recorded.clone());
    assert_eq!(any.name(), "returned");
    assert_eq!(any.fields()["in_time"], true);
    assert_eq!(any.envelope().position, 3);
    assert_eq!(any.of::<Loan>(), Some(&recorded));
    assert_eq!(any.of::<Book>().map(|recorded| &recorded.event), None::<&BookEvent>);
}
