//! Reproducible benchmarks: this product beside its peers, in one run, on one
//! server, on whatever machine it is run. Ratios travel, seconds do not.

mod append;
mod peer;
mod report;
mod server;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use report::Report;
use server::Server;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Tenantry beside its peers.
#[derive(Parser)]
struct Options {
    /// Run one benchmark alone.
    #[arg(long, value_parser = ["append"])]
    only: Option<String>,
    /// Seconds per measured case.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Where the databases of the run are kept; emptied first.
    #[arg(long, default_value = "target/bench/data")]
    folder: PathBuf,
    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench/results.json")]
    results: PathBuf,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let server = Server::start(&options.folder)?;
    let mut report = Report::default();
    let wanted = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if wanted("append") {
        append::run(&server, &mut report, options.seconds).await?;
    }
    report.save(&options.results)?;
    println!("{}", report.table());
    Ok(())
}
