//! Archives of tenants: what goes into one comes out of it, whatever happens
//! in between.

mod damage;
mod drill;
mod growing;
mod interrupted;
mod keys;
mod past;
mod signed;
pub(crate) mod world;
