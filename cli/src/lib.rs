//! The command line of Tenantry: every role and every tool in one binary.
//!
//! [`main`] is generic over the domain, so that a product with contexts of its
//! own gets the same program by writing the same three lines.

mod archive;
mod cold;
pub mod demo;
mod erase;
mod events;
mod import;
mod keys;
mod options;
mod past;
mod place;
mod progress;
mod projections;
mod proof;
mod quarantine;
mod replay;
mod roles;
mod tenant;
mod tools;
mod up;

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use clap::Parser;
use domain::kernel::{Domain, Registry};
use service::{config::Config, shutdown::Shutdown, telemetry};

pub use options::Options;
pub use place::{Endpoints, TenantAccess};

use options::Command;

/// The exit code of a comparison that found differences.
const DIFFERENT: u8 = 3;

/// Runs the program for a domain.
///
/// Exit codes: 0 done, 1 failed (the reason is on standard error), 2 the
/// command line cannot be understood, 3 a comparison, an audit or a check found
/// differences.
#[must_use]
pub fn main<D: Domain>() -> ExitCode {
    let options = Options::parse();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run::<D>(options)));
    outcome.unwrap_or_else(|error| {
        say(&format!("error: {}", told(&error)));
        ExitCode::FAILURE
    })
}

/// An error with its causes, each said once.
fn told(error: &anyhow::Error) -> String {
    error.chain().skip(1).map(ToString::to_string).fold(error.to_string(), |text, cause| {
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}

async fn run<D: Domain>(options: Options) -> Result<ExitCode> {
    let registry = Arc::new(Registry::of::<D>()?);
    let place = options.place;
    match options.command {
        Command::Up(up) => up::run::<D>(&registry, &place, &up).await?,
        Command::Serve(serve) => {
            let config = place.config()?;
            let _telemetry = telemetry::install(&config.telemetry, "tenantry")?;
            let shutdown = Shutdown::on_signals()?;
            let mut roles = serve.roles;
            roles.dedup();
            roles::Running::start::<D>(&config, &registry, &roles, &shutdown).await?.end().await?;
        }
        Command::Migrate => tools::migrate(&place.config()?, &registry).await?,
        Command::Tenant(tenant) => tenant::run(&place, &registry, &tenant.action).await?,
        Command::Demo(demo) => tools::demo::<D>(&place.config()?, &demo).await?,
        Command::Token(token) => tools::token(&place.config()?, &token)?,
        Command::Replay(replay) => tools::replay(&place.config()?, &registry, &replay).await?,
        Command::Verify(verify) => {
            if !tools::verify(&place.config()?, &registry, &verify).await? {
                return Ok(ExitCode::from(DIFFERENT));
            }
        }
        Command::Rebuild(rebuild) => {
            projections::rebuild(&place.config()?, &registry, &rebuild).await?;
        }
        Command::Projections(projections) => {
            projections::run(&place.config()?, &registry, &projections).await?;
        }
        Command::Past(past) => past::run(&place.config()?, &registry, &past.action).await?,
        Command::Erase(erase) => erase::run(&place.config()?, &registry, &erase).await?,
        Command::Keys(keys) => keys::run(&place, &keys.action).await?,
        Command::Proof(proof) => {
            if !proof::run(&place, &proof.action).await? {
                return Ok(ExitCode::from(DIFFERENT));
            }
        }
        Command::Config(shown) => {
            let config = if shown.effective {
                Config::load(place.config.as_deref())?.effective()
            } else {
                service::config::DEFAULTS.to_owned()
            };
            print(config.trim_end());
        }
        Command::Import(import) => {
            if !import::run(&place, &registry, import.from).await? {
                return Ok(ExitCode::from(DIFFERENT));
            }
        }
        Command::Events(shown) => events::run(&registry, &shown)?,
        Command::Describe(describe) => tools::describe(&registry, describe.what)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Results go to standard output.
#[expect(clippy::print_stdout, reason = "the result of a command")]
fn print(text: &str) {
    println!("{text}");
}

/// Prints the first of so many differences, and answers in words how many there
/// are.
fn print_differences<T: std::fmt::Display>(
    first: impl IntoIterator<Item = T>,
    found: u64,
) -> String {
    let mut told = 0;
    for difference in first {
        print(&difference.to_string());
        told += 1;
    }
    if found > told {
        print(&format!("and {} more", found - told));
    }
    match found {
        0 => "no difference".to_owned(),
        1 => "1 difference".to_owned(),
        found => format!("{found} differences"),
    }
}

/// What accompanies them goes to standard error.
#[expect(clippy::print_stderr, reason = "a command line talks to people")]
fn say(text: &str) {
    eprintln!("{text}");
}
