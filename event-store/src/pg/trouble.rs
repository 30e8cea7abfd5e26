//! Trouble that lasts, told once.

use std::time::{Duration, Instant};

/// How often the same trouble is told again while it lasts.
const REMINDER: Duration = Duration::from_mins(1);

/// What was told about the trouble that somebody has who tries again and again.
#[derive(Debug, Default)]
pub struct Trouble(Option<(String, Instant)>);

impl Trouble {
    /// What is to be told of an error: nothing if that was just told.
    pub fn news(&mut self, error: &impl std::error::Error) -> Option<&str> {
        let text = error.to_string();
        let told = self.0.as_ref();
        if told.is_some_and(|(told, at)| *told == text && at.elapsed() <= REMINDER) {
            return None;
        }
        let (told, _) = self.0.insert((text, Instant::now()));
        Some(told)
    }

    /// It is over: the next is news, even if it is the same.
    pub fn over(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Error;

    use super::*;

    #[test]
    fn the_same_trouble_is_told_once_until_it_is_over_or_has_lasted() {
        let mut trouble = Trouble::default();
        let other = std::io::Error::other("another");
        assert_eq!(trouble.news(&Error), Some(&*Error.to_string()));
        assert_eq!(trouble.news(&Error), None);
        assert_eq!(trouble.news(&other), Some("another"));
        assert_eq!(trouble.news(&other), None);
        trouble.over();
        assert_eq!(trouble.news(&other), Some("another"));
        if let Some((_, at)) = &mut trouble.0 {
            *at = at.checked_sub(REMINDER + Duration::from_secs(1)).unwrap();
        }
        assert_eq!(trouble.news(&other), Some("another"));
    }
}
