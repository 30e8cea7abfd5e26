//! The GraphQL API over the read models.
//!
//! [`run()`] serves what the registry declares, and knows no business word:
//! types, filters, orders, groups and relations follow from the row types. A
//! request takes this way:
//!
//! - `http` finds out who asks, and in which form;
//! - `engine` parses it, measures it (`limits`), and waits, if the client says
//!   so, until what it wrote is visible;
//! - `schema` resolves its fields: `arguments` are read, `sql` makes one
//!   statement of each list, `reading` runs all of them at one moment of one
//!   tenant, and `rows` reads what they point to, for all rows at once;
//! - live queries follow the same way again and again (`live`).

mod arguments;
mod catalogue;
mod consistency;
mod cursor;
mod engine;
mod http;
mod limits;
mod live;
mod order;
mod persisted;
mod personal;
mod problem;
mod reading;
mod rows;
mod run;
mod schema;
mod settings;
mod sql;
mod value;

pub use catalogue::CatalogueError;
pub use persisted::ListError;
pub use run::{QueryError, Resources, run};
pub use schema::{NoSchema, sdl};
