//! Folds the log into the read models' tables.
//!
//! - [`create_tables`] derives a table from every read model's row type.
//! - [`Projector`] folds what is new into all of them, exactly once: rows and
//!   checkpoints are written in one transaction. [`run()`] keeps it going.
//! - [`rebuild()`] fills a table anew, from zero and beside the one that is
//!   read, and puts it in its place.
//! - [`Pasts`] fills tables with moments of the past, for audits.
//! - [`verify()`] folds everything again and compares it with the tables.
//!
//! Nothing here knows a business word: it interprets the read models that a
//! [`Domain`](domain::kernel::Domain) declares.

mod batch;
mod building;
mod cells;
mod fencing;
mod fold;
mod kept;
mod lag;
mod model;
mod pace;
mod pasts;
mod progress;
mod projector;
mod quarantine;
mod rebuild;
mod refold;
mod round;
mod run;
mod session;
mod settings;
mod standing;
mod step;
mod stream;
mod tables;
mod trace;
mod turn;
mod vault;
mod verify;
mod versions;
mod write;

pub use pasts::Pasts;
pub use progress::{Phase, Progress};
pub use projector::{Projector, lease_group};
pub use quarantine::{Discard, Discarded, Quarantine, QuarantineError, Quarantined, Which};
pub use rebuild::{RebuildError, RebuildOrder, Rebuilt, rebuild};
pub use run::run;
pub use settings::Settings;
pub use step::{StepError, Stepped};
pub use tables::{TableState, TablesError, create_tables, ddl};
pub use verify::{Difference, Scope, Verified, VerifyError, What, verify};
pub use versions::{
    Build, Lag, Projection, Switched, VersionError, drop_versions, pause, projections, resume,
    roll_back, roll_forward,
};
