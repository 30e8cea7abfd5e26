use schemars::schema_for;

use crate::kernel::{Claim, Personal, Text};

fn text(text: &str) -> Result<Text<5>, String> {
    Text::parse(text)
}

#[test]
fn text_is_trimmed_and_bounded_in_characters() {
    assert_eq!(&*text("  Zoë  ").unwrap(), "Zoë");
    assert_eq!(&*text("東京都庁舎").unwrap(), "東京都庁舎");
    assert_eq!(text("six...").unwrap_err(), "must have 1 to 5 characters, has 6");
    assert_eq!(text(" \n ").unwrap_err(), "must have 1 to 5 characters, has 0");
    assert_eq!(text("a\nb").unwrap_err(), "must not contain control characters");
    assert_eq!(text("a\u{7f}b").unwrap_err(), "must not contain control characters");
}

#[test]
fn text_from_people_is_looked_at_and_text_from_the_log_is_not() {
    assert!(serde_json::from_str::<Text<5>>(r#""too long""#).is_err());
    let stored = rmp_serde::to_vec_named("too long").unwrap();
    assert_eq!(&*rmp_serde::from_slice::<Text<5>>(&stored).unwrap(), "too long");
}

#[test]
fn text_of_a_program_is_cut_off_between_characters() {
    assert_eq!(&*Text::<5>::of(123_456), "12345");
    assert_eq!(&*Text::<2>::of("東京都"), "東京");
    assert_eq!(&*Text::<5>::of("abc"), "abc");
}

#[test]
fn a_persons_name_does_not_show() {
    let name = Personal::from(text("Zoë").unwrap());
    assert_eq!(format!("{name:?}"), "[personal]");
    assert_eq!(format!("{:?}", Personal::<Text<5>>::ERASED), "[erased]");
    assert_eq!(name.known(), Some(&text("Zoë").unwrap()));
}

#[test]
fn what_is_erased_reads_as_null() {
    let name = Personal::from(text("Zoë").unwrap());
    assert_eq!(serde_json::to_string(&name).unwrap(), r#""Zoë""#);
    assert_eq!(serde_json::from_str::<Personal<Text<5>>>(r#""Zoë""#).unwrap(), name);
    assert_eq!(serde_json::to_string(&Personal::<Text<5>>::ERASED).unwrap(), "null");
    assert_eq!(serde_json::from_str::<Personal<Text<5>>>("null").unwrap(), Personal::ERASED);
    let stored = rmp_serde::to_vec_named(&name).unwrap();
    assert_eq!(rmp_serde::from_slice::<Personal<Text<5>>>(&stored).unwrap(), name);
}

#[test]
fn the_schema_of_text_says_what_is_accepted() {
    let schema = schema_for!(Personal<Text<5>>).to_value();
    assert_eq!(schema["minLength"], 1);
    assert_eq!(schema["maxLength"], 5);
    assert_eq!(schema["x-personal"], true);
}

#[test]
fn a_claim_on_a_persons_value_does_not_tell_it() {
    let value = |text: &str| Personal::from(text.to_owned());
    let taken = Claim::take_personal("customer.email", &value("Zoe@Example.com ")).unwrap();
    assert_eq!(
        Some(&taken),
        Claim::take_personal("customer.email", &value("zoe@example.com")).as_ref()
    );
    assert!(!format!("{taken:?}").to_lowercase().contains("zoe"), "{taken:?}");
    let Claim::Take { key: taken, .. } = taken else { panic!("{taken:?}") };
    let released = Claim::release_personal("customer.email", &value("zoe@example.com"));
    assert_eq!(
        released,
        Some(Claim::Release { scope: "customer.email", key: taken, personal: true })
    );
    assert_eq!(Claim::take_personal("customer.email", &Personal::<String>::ERASED), None);
}
