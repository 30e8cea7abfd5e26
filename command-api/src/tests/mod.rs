//! The API as its clients see it, over real sockets.

mod batches;
mod described;
mod done;
mod failing;
mod judged;
mod refused;
mod repeated;
mod site;
mod stored;
