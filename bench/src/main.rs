//! Reproducible benchmarks: this product beside its peers, in one run, on one
//! server, on whatever machine it is run. Ratios travel, seconds do not.

mod append;
mod commands;
mod copy;
mod http;
mod lag;
mod lists;
mod load;
mod peer;
mod rebuild;
mod report;
mod running;
mod server;
mod size;
mod snapshots;
mod start;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use service::{
    auth::{Key, Verifier},
    config::Config,
};

use report::Report;
use server::Server;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Tenantry beside its peers.
#[derive(Parser)]
struct Options {
    /// Run one benchmark alone; `size` runs only so.
    #[arg(long, value_parser = ["append", "commands", "lag", "lists", "rebuild", "size", "snapshots", "start"])]
    only: Option<String>,
    /// Seconds per measured case.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Events in the log of the rebuild benchmark.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Events in the largest log of the size benchmark.
    #[arg(long, default_value_t = 20_000_000)]
    largest: u64,
    /// Kinds of logs of the size benchmark, by their partitions: `0,8,32` is
    /// one table beside 8 and 32 partitions.
    #[arg(long, value_delimiter = ',', default_value = "0")]
    partitions: Vec<u32>,
    /// Keep the logs of the size benchmark for the next run with this option,
    /// which measures only their largest size.
    #[arg(long)]
    keep: bool,
    /// Where the databases of the run are kept; emptied first.
    #[arg(long, default_value = "target/bench/data")]
    folder: PathBuf,
    /// Where the figures go as JSON.
    #[arg(long, default_value = "target/bench/results.json")]
    results: PathBuf,
    /// Serve as the peer of the commands benchmark, on this database.
    #[arg(long, hide = true, requires = "peer_key")]
    peer: Option<String>,
    #[arg(long, hide = true)]
    peer_key: Option<PathBuf>,
    #[arg(long, hide = true, default_value = "127.0.0.1:0")]
    peer_listen: String,
}

impl Options {
    fn size(&self) -> size::Wish<'_> {
        size::Wish {
            folder: &self.folder,
            largest: self.largest,
            partitions: &self.partitions,
            seconds: self.seconds,
            keep: self.keep,
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is the result")]
async fn main() -> Result<()> {
    let options = Options::parse();
    if let (Some(url), Some(key)) = (&options.peer, &options.peer_key) {
        let verifier = Verifier::new(&Key::open(key)?, &Config::default().auth);
        let listener = std::net::TcpListener::bind(&options.peer_listen)?;
        return peer::serve(server::peer_pool(url).await?, verifier, listener).await;
    }
    let mut report = Report::default();
    // It takes the better part of an hour, and 25 GB: only when asked for.
    if options.only.as_deref() == Some("size") {
        size::run(&options.size(), &mut report).await?;
    } else {
        compare(&options, &mut report).await?;
    }
    report.save(&options.results)?;
    println!("{}", report.table());
    Ok(())
}

/// Runs what stands beside a peer.
async fn compare(options: &Options, report: &mut Report) -> Result<()> {
    let server = Server::start(&options.folder)?;
    let wanted = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if wanted("append") {
        append::run(&server, report, options.seconds).await?;
    }
    if wanted("commands") {
        commands::run(&server, report, options.seconds).await?;
    }
    if wanted("lag") {
        lag::run(&options.folder.join("lag"), report, options.seconds).await?;
    }
    if wanted("lists") {
        lists::run(&options.folder.join("lists"), report, options.seconds).await?;
    }
    if wanted("rebuild") {
        rebuild::run(&server, report, options.events).await?;
    }
    if wanted("snapshots") {
        snapshots::run(&server, report).await?;
    }
    if wanted("start") {
        start::run(&options.folder.join("start"), report).await?;
    }
    Ok(())
}
