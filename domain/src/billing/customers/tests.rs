use super::{CustomerRow, CustomerStatus, Customers};
use crate::{
    billing::{
        CustomerEvent as Event,
        examples::{karoo, opened},
        stories::renamed_and_closed,
    },
    kernel::{
        Currency, Personal,
        testing::{NOW, days, folding, laws, of, text},
    },
};

fn row() -> CustomerRow {
    CustomerRow {
        id: karoo(),
        name: text("Karoo Kitchen"),
        email: text("Accounts@karoo.example").into(),
        currency: Currency::ZAR,
        payment_terms_days: 30,
        status: CustomerStatus::Open,
        opened_at: NOW,
        closed_at: None,
    }
}

#[test]
fn a_customer_is_shown_as_it_stands() {
    folding::<Customers>([of(karoo(), opened())]).then_rows([row()]);
    folding::<Customers>([
        of(karoo(), opened()),
        of(karoo(), Event::Renamed { name: text("Karoo Catering") }),
        of(karoo(), Event::TermsAgreed { payment_terms_days: days(7) }),
        of(
            karoo(),
            Event::EmailReplaced {
                email: text("bills@karoo.example").into(),
                previous: text("Accounts@karoo.example").into(),
            },
        ),
    ])
    .then_rows([CustomerRow {
        name: text("Karoo Catering"),
        payment_terms_days: 7,
        email: text("bills@karoo.example").into(),
        ..row()
    }]);
}

#[test]
fn a_closed_and_erased_customer_is_still_shown() {
    let Event::Opened { name, currency, payment_terms_days, .. } = opened() else { unreachable!() };
    let email = Personal::ERASED;
    let erased = Event::Opened { name, email: email.clone(), currency, payment_terms_days };
    let closed = Event::Closed { reason: text("moved away"), email: email.clone() };
    folding::<Customers>([of(karoo(), erased), of(karoo(), closed)]).then_rows([CustomerRow {
        email,
        status: CustomerStatus::Closed,
        closed_at: Some(NOW),
        ..row()
    }]);
}

#[test]
fn the_laws_of_the_list_hold() {
    laws::ReadModel::<Customers>::new().orders(renamed_and_closed()).hold();
}
