use crate::kernel::{Date, Timestamp, testing::NOW};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn times_are_read_in_any_zone_and_written_in_utc() {
    assert_eq!(time("2026-01-15T11:00:00+02:00"), NOW);
    assert_eq!(NOW.to_string(), "2026-01-15T09:00:00Z");
    assert_eq!(time("2026-01-15T09:00:00.000001Z").micros(), NOW.micros() + 1);
    assert_eq!(time("2026-01-15T09:00:00.000001Z").to_string(), "2026-01-15T09:00:00.000001Z");
    assert!("2026-01-15 9 o’clock".parse::<Timestamp>().is_err());
    assert!("2026-01-15T09:00:00".parse::<Timestamp>().is_err());
}

#[test]
fn times_are_text_for_people_and_numbers_for_the_log() {
    assert_eq!(serde_json::to_string(&NOW).unwrap(), r#""2026-01-15T09:00:00Z""#);
    assert_eq!(serde_json::from_str::<Timestamp>(r#""2026-01-15T09:00:00Z""#).unwrap(), NOW);
    let bytes = rmp_serde::to_vec_named(&NOW).unwrap();
    assert_eq!(bytes, rmp_serde::to_vec(&NOW.micros()).unwrap());
    for time in [NOW, Timestamp::default(), Timestamp::from_micros(-1)] {
        let bytes = rmp_serde::to_vec_named(&time).unwrap();
        assert_eq!(rmp_serde::from_slice::<Timestamp>(&bytes).unwrap(), time);
    }
}

#[test]
fn dates_are_text_for_people_and_numbers_for_the_log() {
    let leap_day = date("2028-02-29");
    assert_eq!(serde_json::to_string(&leap_day).unwrap(), r#""2028-02-29""#);
    assert_eq!(serde_json::from_str::<Date>(r#""2028-02-29""#).unwrap(), leap_day);
    for date in [leap_day, date("1969-12-31"), date("1970-01-01")] {
        let bytes = rmp_serde::to_vec_named(&date).unwrap();
        assert_eq!(bytes, rmp_serde::to_vec(&date.days()).unwrap());
        assert_eq!(rmp_serde::from_slice::<Date>(&bytes).unwrap(), date);
    }
    assert!(serde_json::from_str::<Date>(r#""2027-02-29""#).is_err());
    assert!(serde_json::from_str::<Date>(&i64::MAX.to_string()).is_err());
    assert!(serde_json::from_str::<Date>(&u64::MAX.to_string()).is_err());
}

#[test]
fn a_day_ends_at_midnight_utc() {
    assert_eq!(time("2026-01-15T23:59:59.999999Z").date(), date("2026-01-15"));
    assert_eq!(time("2026-01-16T00:00:00Z").date(), date("2026-01-16"));
    assert_eq!(time("1969-12-31T23:59:59Z").date(), date("1969-12-31"));
    assert_eq!(date("2026-01-16").start(), time("2026-01-16T00:00:00Z"));
}

#[test]
fn the_end_of_time_is_the_end() {
    assert_eq!(Timestamp::from_micros(i64::MAX).plus_seconds(1).micros(), i64::MAX);
    assert_eq!(Timestamp::from_micros(i64::MIN).plus_seconds(-1).micros(), i64::MIN);
    assert!(!Timestamp::from_micros(i64::MAX).to_string().is_empty());
    let last = date("2026-01-15").plus_days(u32::MAX);
    assert_eq!(last.plus_days(1), last);
}

#[test]
fn only_days_of_the_calendar_are_dates() {
    assert_eq!(Date::from_ymd(2026, 1, 15), Some(NOW.date()));
    assert_eq!(Date::from_ymd(2026, 2, 29), None);
    assert_eq!(Date::from_days(NOW.date().days()), Some(NOW.date()));
    assert_eq!(Date::from_days(i32::MAX), None);
    assert_eq!(date("2026-01-31").plus_days(1), date("2026-02-01"));
    assert_eq!(date("2026-12-31").year(), 2026);
}
