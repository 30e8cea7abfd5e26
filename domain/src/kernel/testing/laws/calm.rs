//! Panics as broken laws.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Broken;

/// Calls what must not panic.
pub(super) fn calmly<T>(law: &str, call: impl FnOnce() -> T) -> Result<T, Broken> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        let words = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied());
        format!("{law} panicked: {}", words.unwrap_or("without words"))
    })
}
