//! The command line as a whole. What a command takes stands beside what it does.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    erase::Erase,
    events::Events,
    import::Import,
    keys::Keys,
    past::Past,
    projections::{Projections, Rebuild},
    proof::Proof,
    replay::Replay,
    tenant::Tenant,
    tools::{Demo, Describe, Token, Verify},
};

/// Tenantry: an event-sourced backend for multi-tenant platforms, on
/// PostgreSQL.
///
/// `tenantry up` runs everything on this machine. The other commands work on
/// what such an `up` runs (--data), or on any database (--database).
#[derive(Parser, Debug)]
#[command(name = "tenantry", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Options {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where to work.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The data folder of `tenantry up`.
    #[arg(long, global = true, value_name = "DIR", default_value = "data", env = "TENANTRY_DATA")]
    pub(crate) data: PathBuf,
    /// A database to work on instead of a data folder.
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// A configuration file. `tenantry config` shows what may be in it.
    #[arg(long, global = true, value_name = "FILE", env = "TENANTRY_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run everything on this machine: PostgreSQL and all roles.
    Up(Up),
    /// Run one or several roles against a database.
    Serve(Serve),
    /// Bring a database up to this program's schema.
    Migrate,
    /// Give a tenant a log; export and import one.
    Tenant(Tenant),
    /// Fill the demo tenants with history, by real commands.
    Demo(Demo),
    /// Mint a bearer token.
    Token(Token),
    /// Show what happened: a stream or a whole tenant, event by event.
    Replay(Replay),
    /// Fold everything anew and compare it with the read tables.
    Verify(Verify),
    /// Fill a read model's table from the first event on, while everything runs.
    Rebuild(Rebuild),
    /// Put a moment of a tenant's past into tables, for audits; list and remove
    /// those there are.
    Past(Past),
    /// Show the read models' versions: how far they are, and which are read.
    Projections(Projections),
    /// Forget a person: destroy the key that their personal data is sealed with.
    Erase(Erase),
    /// Make, rotate and retire the master keys of personal data.
    Keys(Keys),
    /// Prove what is in the log, check such proofs, audit the log itself.
    Proof(Proof),
    /// Show the configuration: every key, what it means, what is in effect.
    Config(Config),
    /// Move in from another event store.
    Import(Import),
    /// Show which events there are: names, fields, versions, schemas.
    Events(Events),
    /// Print what is generated from the declarations.
    Describe(Describe),
}

#[derive(Args, Debug)]
pub(crate) struct Up {
    /// Fill three demo tenants with some weeks of history.
    #[arg(long)]
    pub(crate) demo: bool,
    /// The address to listen on.
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub(crate) listen: String,
    /// The command API's port; the query API takes the next. 0 takes free ones.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(crate) port: u16,
}

/// What a process can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Takes commands over HTTP.
    CommandApi,
    /// Answers queries over GraphQL.
    QueryApi,
    /// Folds the log into the read tables.
    Projector,
    /// Runs reactions and timers.
    Worker,
}

impl Role {
    pub(crate) const ALL: [Self; 4] =
        [Self::CommandApi, Self::QueryApi, Self::Projector, Self::Worker];
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Which roles.
    #[arg(required = true, value_name = "ROLE")]
    pub(crate) roles: Vec<Role>,
}

#[derive(Args, Debug)]
pub(crate) struct Config {
    /// Show what is in effect here, without secrets, instead of the defaults.
    #[arg(long)]
    pub(crate) effective: bool,
}
