//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::kernel::Timestamp;
use event_store::{
    TenantId,
    archive::{SEGMENT_BYTES, Until},
    import::OrderRule,
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
pub(crate) struct Tenant {
    #[command(subcommand)]
    pub(crate) action: TenantAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum TenantAction {
    /// Give a new tenant a log, and print its id.
    Create {
        /// The tenant's name.
        name: String,
    },
    /// List the tenants.
    List,
    /// Tell where a tenant's log stands: how long it is, up to where it is sealed
    /// and cold, and how far its consumers have come.
    Show {
        /// Whose log.
        tenant: TenantId,
    },
    /// Move old events out of the database into cold storage, from where they
    /// are read as before. Only those that are sealed, and that all consumers
    /// have seen.
    Cool(Cool),
    /// Bring cold events back into the database.
    Warm(Warm),
    /// Write a tenant's log into an archive, or add to it what is new. One that
    /// was interrupted is gone on with.
    Export(Export),
    /// Bring an archive into this database, checked whole before anything is
    /// written. One that was interrupted is gone on with. Prints the tenant's id.
    Import(TenantImport),
    /// Read an archive from end to end: every checksum, position, version and
    /// event. Needs no database.
    VerifyArchive {
        /// The archive: a folder or a URL.
        #[arg(value_name = "DIR|URL")]
        from: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Cool {
    /// Whose events; those of all tenants by default.
    pub(crate) tenant: Option<TenantId>,
    /// How old events are that are moved: 90d, 12h, 30m or 0s.
    #[arg(long, value_name = "AGE")]
    pub(crate) older_than: Age,
    /// The fewest events of a tenant that are moved together; by default
    /// `cold.least_events`.
    #[arg(long, value_name = "EVENTS")]
    pub(crate) least: Option<u64>,
    /// Only tell what would be moved.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A span of time, as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age(pub(crate) std::time::Duration);

impl std::str::FromStr for Age {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a number and d, h, m or s, like 90d, got {text:?}");
        let (number, unit) =
            text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(expected)?;
        let number: u32 = number.parse().map_err(|_| expected())?;
        let seconds = match unit {
            "d" => 24 * 60 * 60,
            "h" => 60 * 60,
            "m" => 60,
            "s" => 1,
            _ => return Err(expected()),
        };
        Ok(Self(std::time::Duration::from_secs(u64::from(number) * seconds)))
    }
}

#[derive(Args, Debug)]
pub(crate) struct Warm {
    /// Whose events.
    pub(crate) tenant: TenantId,
    /// Only segments with events behind this position; all by default.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Whose log.
    pub(crate) tenant: TenantId,
    /// Where to: a folder or a URL, for example `s3://bucket/folder`.
    #[arg(long, value_name = "DIR|URL")]
    pub(crate) to: String,
    /// Up to this position or moment; up to now by default.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) until: Option<Until>,
    /// Add what is new to the archive that is there.
    #[arg(long)]
    pub(crate) since_archive: bool,
    /// How much text goes into one file, before it is compressed.
    #[arg(long, value_name = "BYTES", default_value_t = SEGMENT_BYTES)]
    pub(crate) segment_bytes: u64,
    /// Also write the keys of personal data, into this file. Keep it apart.
    #[arg(long, value_name = "FILE", requires = "transfer_key")]
    pub(crate) keys: Option<PathBuf>,
    /// What the keys are encrypted under in their file; made if it is not there.
    #[arg(long, value_name = "FILE", requires = "keys")]
    pub(crate) transfer_key: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct TenantImport {
    /// The archive: a folder or a URL.
    #[arg(value_name = "DIR|URL", required_unless_present = "abandon")]
    pub(crate) from: Option<String>,
    /// Bring it in beside the live one: as a new tenant of this name, or as the
    /// tenant of this id.
    #[arg(long = "as", value_name = "NAME|TENANT", conflicts_with = "abandon")]
    pub(crate) to: Option<String>,
    /// Up to this position or moment; everything by default.
    #[arg(long, value_name = "POSITION|TIME", conflicts_with = "abandon")]
    pub(crate) until: Option<Until>,
    /// Read the archive from end to end and write nothing.
    #[arg(long, conflicts_with_all = ["abandon", "to", "until"])]
    pub(crate) check: bool,
    /// Take the keys of personal data from this file, instead of from the
    /// tenant that the archive was made from.
    #[arg(long, value_name = "FILE", requires = "transfer_key")]
    pub(crate) keys: Option<PathBuf>,
    /// What the keys are encrypted under in their file.
    #[arg(long, value_name = "FILE", requires = "keys")]
    pub(crate) transfer_key: Option<PathBuf>,
    /// Bring no keys along: personal data stays sealed and reads as erased.
    #[arg(long, conflicts_with = "keys")]
    pub(crate) without_keys: bool,
    /// Give up the import into this tenant that was interrupted.
    #[arg(long, value_name = "TENANT", conflicts_with = "from")]
    pub(crate) abandon: Option<TenantId>,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Other seeds make other histories.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Days of history, up to yesterday.
    #[arg(long, default_value_t = 56)]
    pub(crate) days: u32,
    /// Make about so many events instead of the usual amount.
    #[arg(long, value_name = "N")]
    pub(crate) events: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Token {
    /// The bearer's tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// The bearer's own id in the tenant.
    #[arg(long, default_value = "admin")]
    pub(crate) subject: String,
    /// A role of the bearer, repeatable: admin, member, viewer, auditor.
    #[arg(long = "role", value_name = "ROLE", default_value = "admin")]
    pub(crate) roles: Vec<String>,
    /// How long it is good for, in seconds; the configured time by default.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) lifetime: Option<u64>,
}

#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// Whose log.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// One stream, by the id of its aggregate, for example `inv_01J…`.
    #[arg(value_name = "ID")]
    pub(crate) stream: Option<String>,
    /// Up to this version of the stream.
    #[arg(long, value_name = "N", requires = "stream")]
    pub(crate) to_version: Option<u64>,
    /// Up to this position in the tenant's log.
    #[arg(long, value_name = "N")]
    pub(crate) to_position: Option<u64>,
    /// Up to this moment, for example 2026-11-20T09:30:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) to_time: Option<Timestamp>,
    /// Show the state of the aggregate after the last event.
    #[arg(long, requires = "stream")]
    pub(crate) state: bool,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// One read model; all by default.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: Option<String>,
    /// One tenant; all by default.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// The tenants from this one on, in the order of their ids.
    #[arg(long, value_name = "TENANT", conflicts_with = "tenant")]
    pub(crate) from: Option<TenantId>,
}

#[derive(Args, Debug)]
pub(crate) struct Rebuild {
    /// Which read model. By default all those that have no table yet.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: Option<String>,
    /// Throw away what an interrupted rebuild has loaded.
    #[arg(long, requires = "read_model")]
    pub(crate) anew: bool,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Projections {
    #[command(subcommand)]
    pub(crate) action: Option<ProjectionsAction>,
    /// One JSON object per version and line, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Name so many of the tenants that are furthest behind.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) worst: usize,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ProjectionsAction {
    /// Let readers see the version before. Its table must be up to date.
    Rollback(Switch),
    /// Let readers see the version again that was rolled back.
    Forward(Switch),
    /// Drop the table of a version that is not read any more.
    Drop {
        /// Which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
        /// Which version; by default all before the one that is read.
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// See to streams that a read model cannot take.
    Quarantine {
        #[command(subcommand)]
        action: QuarantineAction,
    },
    /// Let a rebuild wait.
    Pause {
        /// Which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
    },
    /// Let a rebuild go on.
    Resume {
        /// Which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum QuarantineAction {
    /// List the streams that are quarantined, longest first.
    List {
        #[command(flatten)]
        which: Which,
        /// List the events that were discarded instead.
        #[arg(long)]
        discarded: bool,
        /// How to show them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show a quarantined stream: which event cannot be folded, and why.
    Show {
        /// For which read model.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
        /// The stream, by the id of its aggregate, for example `inv_01J…`.
        #[arg(value_name = "ID")]
        stream: String,
        /// Whose stream.
        #[arg(long, value_name = "TENANT")]
        tenant: TenantId,
        /// How to show it.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Try streams again now, rather than when their time comes.
    Retry {
        #[command(flatten)]
        which: Which,
    },
    /// Leave the event that cannot be folded out of the read model, for ever.
    Discard {
        /// Of which read model, in all its versions.
        #[arg(value_name = "READ_MODEL")]
        read_model: String,
        /// The stream, by the id of its aggregate, for example `inv_01J…`.
        #[arg(value_name = "ID")]
        stream: String,
        /// Whose stream.
        #[arg(long, value_name = "TENANT")]
        tenant: TenantId,
        /// The position of the event, as `show` tells it.
        #[arg(long, value_name = "N")]
        position: u64,
        /// Leave out the events as well that are held back because of it.
        #[arg(long)]
        held: bool,
        /// Why. It is kept for ever: say nothing about people.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who decides so, for the record.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
}

/// Which quarantined streams: all but for what is named.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// Those of a read model.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: Option<String>,
    /// Those of a tenant.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// One stream, by the id of its aggregate.
    #[arg(long, value_name = "ID")]
    pub(crate) stream: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Switch {
    /// Which read model.
    #[arg(value_name = "READ_MODEL")]
    pub(crate) read_model: String,
    /// Even if that shows less than readers have seen already.
    #[arg(long)]
    pub(crate) behind: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Past {
    #[command(subcommand)]
    pub(crate) action: PastAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum PastAction {
    /// Ask for a moment to be put into tables, which a running projector does.
    /// Prints the id to ask for it with: `As-Of: past_01J…`.
    Start(PastStart),
    /// List those there are, and how far each is.
    List(PastList),
    /// Remove one before its time.
    Remove {
        /// Its id, `past_01J…`.
        #[arg(value_name = "PAST")]
        past: String,
    },
}

#[derive(Args, Debug)]
pub(crate) struct PastStart {
    /// Whose past.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// Which moment; now by default.
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) at: Option<Until>,
    /// For how many days it is kept.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,
    /// Why it is looked at, for the record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who asked, for the record.
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) by: String,
    /// Wait until its tables are filled.
    #[arg(long)]
    pub(crate) wait: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PastList {
    /// One tenant's; all by default.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Erase {
    /// Whose log.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// The person: the id of the aggregate that holds their data, for example
    /// `cus_01J…`, or a bare ULID.
    #[arg(value_name = "ID")]
    pub(crate) subject: String,
    /// Why. It is kept for ever: say nothing about the person.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who asked, for the record.
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) by: String,
}

#[derive(Args, Debug)]
pub(crate) struct Keys {
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum KeysAction {
    /// Make the file of master keys, with a first key in it.
    Create {
        /// Where; by default what `keys.file` says.
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// List the master keys and how many tenants need each.
    List,
    /// Add a master key and encrypt all tenants' keys anew, and with them the
    /// keys of all people. Nothing else is rewritten.
    Rotate,
    /// Destroy the master keys that were replaced before a moment. Copies of
    /// the database from before then lose all their personal data.
    Prune {
        /// The moment, for example 2026-11-20T09:30:00Z.
        #[arg(long, value_name = "TIME")]
        before: Timestamp,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Proof {
    #[command(subcommand)]
    pub(crate) action: ProofAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ProofAction {
    /// Print the signed root of a tenant's log.
    Checkpoint {
        #[command(flatten)]
        of: Of,
        /// The one over so many events; the last by default.
        #[arg(long, value_name = "N")]
        size: Option<u64>,
    },
    /// Prove that an event is in the log.
    Inclusion {
        #[command(flatten)]
        of: Of,
        /// The event's position.
        #[arg(long, value_name = "N")]
        position: u64,
        /// In the log of the checkpoint over so many events; of the last by default.
        #[arg(long, value_name = "N")]
        size: Option<u64>,
    },
    /// Prove that a log continues what it was before.
    Consistency {
        #[command(flatten)]
        of: Of,
        /// The size of the earlier checkpoint.
        #[arg(long, value_name = "N")]
        from: u64,
        /// The size of the later checkpoint; the last by default.
        #[arg(long, value_name = "N")]
        to: Option<u64>,
    },
    /// Print the public keys that checkpoints are verified with.
    Keys {
        #[command(flatten)]
        of: Of,
    },
    /// Print the events as they are hashed, one JSON object per line.
    Rows {
        #[command(flatten)]
        of: Of,
        /// Up to this position; that of the last checkpoint by default.
        #[arg(long, value_name = "N")]
        to: Option<u64>,
    },
    /// Check proofs with nothing but public keys: no database, no configuration.
    Check {
        /// What the other commands have printed.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A key you trust, repeatable: name+id+key, or a file of `proof keys`.
        #[arg(long = "key", required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
    /// Read everything and name whatever is not what was signed.
    Audit {
        /// One tenant's log; all by default.
        #[arg(long, value_name = "TENANT")]
        tenant: Option<TenantId>,
        /// A checkpoint that was kept elsewhere, repeatable: tells whether the
        /// database was set back.
        #[arg(long = "checkpoint", value_name = "FILE")]
        checkpoints: Vec<PathBuf>,
    },
}

/// Whose log, and where to put the answer.
#[derive(Args, Debug)]
pub(crate) struct Of {
    /// Whose log.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: TenantId,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Config {
    /// Show what is in effect here, without secrets, instead of the defaults.
    #[arg(long)]
    pub(crate) effective: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) from: ImportFrom,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ImportFrom {
    /// Import the events of a postgres-es database. Run again, it goes on with
    /// what is new.
    PostgresEs(Box<PostgresEs>),
    /// Print the SQL of a read-only view of an imported tenant's log, in the
    /// shape of the table it came from.
    CompatibilityView {
        /// The tenant.
        #[arg(long, value_name = "TENANT")]
        tenant: TenantId,
    },
}

#[derive(Args, Debug)]
pub(crate) struct PostgresEs {
    /// The database to import from.
    #[arg(long, value_name = "URL", env = "TENANTRY_SOURCE", hide_env_values = true)]
    pub(crate) source: String,
    /// Its table of events.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// All events are this tenant's, by id or name.
    #[arg(long, value_name = "TENANT", group = "whose")]
    pub(crate) tenant: Option<String>,
    /// The tenant stands under this key of the metadata.
    #[arg(long, value_name = "KEY", group = "whose")]
    pub(crate) tenant_metadata: Option<String>,
    /// The tenant is what the parentheses of this regular expression match in
    /// the id of the aggregate, for example '^([^:]+):'.
    #[arg(long, value_name = "REGEX", group = "whose")]
    pub(crate) tenant_pattern: Option<String>,
    /// The tenant is what this SQL expression gives for a row named `event`.
    #[arg(long, value_name = "SQL", group = "whose")]
    pub(crate) tenant_sql: Option<String>,
    /// Give tenants that have no log here one.
    #[arg(long)]
    pub(crate) create_tenants: bool,
    /// What events of different streams are put in order by: column:NAME or
    /// metadata:KEY, which hold a time, or physical, as they lie in the table.
    /// By default the column `timestamp`, or physical where there is none.
    #[arg(long, value_name = "RULE")]
    pub(crate) order: Option<OrderRule>,
    /// A TOML file with these rules, and those for names of types, events and
    /// fields.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Store in the open what is declared as personal.
    #[arg(long)]
    pub(crate) open_personal_data: bool,
    /// Look at everything and say what would be done; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Afterwards, compare a view of the source with a read model.
    #[arg(long, value_name = "VIEW:READ_MODEL", value_parser = views)]
    pub(crate) diff_view: Vec<(String, String)>,
}

fn views(text: &str) -> Result<(String, String), String> {
    let (view, read_model) =
        text.split_once(':').ok_or_else(|| "expected VIEW:READ_MODEL".to_owned())?;
    Ok((view.to_owned(), read_model.to_owned()))
}

#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Only those of this name: an event, an aggregate or a context.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = CatalogueFormat::Text)]
    pub(crate) format: CatalogueFormat,
}

/// How the catalogue of events is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogueFormat {
    /// For people.
    Text,
    /// One JSON object per line and event, each with its JSON Schema.
    Json,
    /// All events as an AsyncAPI 3.0 document.
    Asyncapi,
}

#[derive(Args, Debug)]
pub(crate) struct Describe {
    /// What to print.
    #[arg(value_enum)]
    pub(crate) what: What,
}

/// What is generated from the declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The command API as an OpenAPI 3.1 document.
    Openapi,
    /// The events as an AsyncAPI 3.0 document.
    Asyncapi,
    /// The query API as a GraphQL schema.
    Graphql,
    /// The read tables as SQL.
    Tables,
}
