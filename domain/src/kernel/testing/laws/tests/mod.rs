//! Laws that cannot fail prove nothing: each is broken here on purpose.

mod bell;
mod lamp;
mod view;
