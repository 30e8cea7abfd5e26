//! Workers at work, on a real PostgreSQL.

mod failing;
mod personal;
mod racing;
mod reacting;
mod retention;
mod running;
mod starting;
mod street;
mod timing;
mod toy;
