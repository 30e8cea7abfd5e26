//! What a payment does, by stage of its life.

mod authorizing;
mod beginning;
mod capturing;
mod ending;
mod model;
mod refunding;
