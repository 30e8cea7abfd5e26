//! What the kernel promises to whoever writes a context or interprets one.

mod cells;
mod codec;
mod facts;
mod faults;
mod folds;
mod ids;
mod personal;
mod registry;
mod tables;
mod texts;
mod times;
mod variants;
