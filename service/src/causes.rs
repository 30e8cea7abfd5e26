//! An error told with everything that led to it.

use std::error::Error;

/// All that the database driver says by itself when the server has refused.
const DRIVER: &str = "db error";

/// `error: its cause: the cause of that`, without saying anything twice, as
/// errors do that show their cause in their own words.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if text == DRIVER {
            text = words;
        } else if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    text
}
