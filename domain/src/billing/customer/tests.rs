use super::{
    Customer, CustomerCommand as Command, CustomerEvent as Event, CustomerRejection as Rejection,
    command::{AgreeTerms, Close, Open, Rename, ReplaceEmail},
};
use crate::{
    billing::examples::opened,
    kernel::{
        Aggregate, Claim, Currency, Personal,
        testing::{days, given, nothing, text},
    },
};

fn open(email: &str) -> Command {
    Command::Open(Open {
        name: text("Karoo Kitchen"),
        email: text(email),
        currency: Currency::ZAR,
        payment_terms_days: days(30),
    })
}

fn rename(name: &str) -> Command {
    Command::Rename(Rename { name: text(name) })
}

fn replace_email(email: &str) -> Command {
    Command::ReplaceEmail(ReplaceEmail { email: text(email) })
}

fn agree_terms(terms: i64) -> Command {
    Command::AgreeTerms(AgreeTerms { payment_terms_days: days(terms) })
}

fn close() -> Command {
    Command::Close(Close { reason: text("moved away") })
}

fn closed() -> Event {
    Event::Closed { reason: text("moved away"), email: text("Accounts@karoo.example").into() }
}

#[test]
fn a_customer_is_opened_once() {
    nothing::<Customer>()
        .when(open("Accounts@karoo.example"))
        .then([opened()])
        .and_when(open("Accounts@karoo.example"))
        .then_nothing()
        .and_when(open("other@karoo.example"))
        .then_refused(Rejection::AlreadyOpen);
}

#[test]
fn an_address_has_a_name_and_a_host() {
    for slip in ["karoo.example", "@karoo.example", "accounts@"] {
        nothing::<Customer>().when(open(slip)).then_refused(Rejection::NotAnEmail);
        given::<Customer>([opened()]).when(replace_email(slip)).then_refused(Rejection::NotAnEmail);
    }
}

#[test]
fn a_customer_can_take_another_name() {
    given::<Customer>([opened()])
        .when(rename("Karoo Catering"))
        .then([Event::Renamed { name: text("Karoo Catering") }])
        .and_when(rename("Karoo Catering"))
        .then_nothing();
}

#[test]
fn another_address_frees_the_one_before() {
    let replaced = Event::EmailReplaced {
        email: text("bills@karoo.example").into(),
        previous: text("Accounts@karoo.example").into(),
    };
    given::<Customer>([opened()])
        .when(replace_email("bills@karoo.example"))
        .then([replaced.clone()])
        .and_when(replace_email("bills@karoo.example"))
        .then_nothing();
    let released = Claim::Release { scope: "customer.email", key: key(&opened()), personal: true };
    assert_eq!(Customer::claims(&replaced).first(), Some(&released));
}

#[test]
fn terms_can_be_agreed_anew() {
    given::<Customer>([opened()])
        .when(agree_terms(7))
        .then([Event::TermsAgreed { payment_terms_days: days(7) }])
        .and_when(agree_terms(7))
        .then_nothing();
}

#[test]
fn a_closed_customer_stays_closed() {
    given::<Customer>([opened()]).when(close()).then([closed()]).and_when(close()).then_nothing();
    for command in [open("Accounts@karoo.example"), rename("Karoo"), agree_terms(7)] {
        given::<Customer>([opened(), closed()]).when(command).then_refused(Rejection::Closed);
    }
}

#[test]
fn a_customer_that_was_never_opened_does_nothing() {
    for command in [rename("Karoo"), replace_email("a@b"), agree_terms(7), close()] {
        nothing::<Customer>().when(command).then_refused(Rejection::NotFound);
    }
}

#[test]
fn an_address_is_claimed_without_being_told() {
    let claims = Customer::claims(&opened());
    assert!(matches!(claims[..], [Claim::Take { scope: "customer.email", personal: true, .. }]));
    assert!(!format!("{claims:?}").contains("karoo"));
    // However it is spelled, it is one address.
    let spelled = Event::Opened {
        name: text("Karoo Kitchen"),
        email: text("ACCOUNTS@Karoo.example").into(),
        currency: Currency::ZAR,
        payment_terms_days: days(30),
    };
    assert_eq!(Customer::claims(&spelled), Customer::claims(&opened()));
}

#[test]
fn an_erased_address_claims_nothing() {
    let erased = Event::Closed { reason: text("moved away"), email: Personal::ERASED };
    assert_eq!(Customer::claims(&erased), []);
    given::<Customer>([opened(), erased]).when(close()).then_nothing();
}

fn key(event: &Event) -> String {
    match Customer::claims(event).pop() {
        Some(Claim::Take { key, .. }) => key,
        other => panic!("expected a claim, got {other:?}"),
    }
}
