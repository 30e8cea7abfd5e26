//! What was measured: as a table for people, as JSON for programs.

use std::{fmt::Write, path::Path};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::load::Measured;

/// One measured figure beside the peer's.
#[derive(Serialize, Deserialize, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) bench: String,
    pub(crate) case: String,
    pub(crate) ours: f64,
    /// Nothing where there is no peer, or the bar where the figure has one.
    pub(crate) peer: Option<f64>,
    /// How many times better ours is; below 1 it is worse.
    pub(crate) ratio: Option<f64>,
    pub(crate) unit: String,
}

impl Row {
    pub(crate) fn more_is_better(
        bench: &str,
        case: &str,
        unit: &str,
        ours: f64,
        peer: f64,
    ) -> Self {
        Self { ratio: Some(ours / peer), ..Self::less_is_better(bench, case, unit, ours, peer) }
    }

    pub(crate) fn less_is_better(
        bench: &str,
        case: &str,
        unit: &str,
        ours: f64,
        peer: f64,
    ) -> Self {
        Self {
            bench: bench.to_owned(),
            case: case.to_owned(),
            ours,
            peer: Some(peer),
            ratio: Some(peer / ours),
            unit: unit.to_owned(),
        }
    }

    pub(crate) fn alone(bench: &str, case: &str, unit: &str, ours: f64) -> Self {
        Self { peer: None, ratio: None, ..Self::less_is_better(bench, case, unit, ours, 1.0) }
    }
}

/// All figures of a run.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a figure and shows it.
    pub(crate) fn add(&mut self, row: Row) {
        eprintln(&line(&row));
        self.rows.push(row);
    }

    /// Adds the latencies of two runs side by side.
    pub(crate) fn latencies(&mut self, bench: &str, case: &str, ours: &Measured, peer: &Measured) {
        let times = [
            ("p50", ours.p50, peer.p50),
            ("p95", ours.p95, peer.p95),
            ("p99", ours.p99, peer.p99),
            ("p99.9", ours.p999, peer.p999),
        ];
        for (what, ours, peer) in times {
            let case = format!("{case}, {what}");
            let [ours, peer] = [ours, peer].map(|time| time.as_secs_f64() * 1e3);
            self.add(Row::less_is_better(bench, &case, "ms", ours, peer));
        }
    }

    /// The figures as a Markdown table.
    pub(crate) fn table(&self) -> String {
        let mut table =
            "| bench | case | ours | peer | ratio | unit |\n|---|---|---:|---:|---:|---|\n"
                .to_owned();
        for row in &self.rows {
            table.push_str(&line(row));
            table.push('\n');
        }
        table
    }

    /// Writes the figures, keeping those of other benchmarks from earlier runs.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let ran = |bench: &str| self.rows.iter().any(|row| row.bench == bench);
        let mut rows: Vec<Row> = match std::fs::read(path) {
            Ok(earlier) => serde_json::from_slice(&earlier)?,
            Err(_) => vec![],
        };
        rows.retain(|row| !ran(&row.bench));
        rows.extend(self.rows.iter().cloned());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(path, serde_json::to_vec_pretty(&rows)?)?)
    }
}

fn line(row: &Row) -> String {
    let mut line = format!("| {} | {} | {} |", row.bench, row.case, figure(row.ours));
    let optional = |value: Option<f64>| value.map(figure).unwrap_or_default();
    let ratio = row.ratio.map(|ratio| format!("{ratio:.1}×")).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = write!(line, " {} | {ratio} | {} |", optional(row.peer), row.unit);
    line
}

fn figure(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[expect(clippy::print_stderr, reason = "a benchmark talks to whoever runs it")]
fn eprintln(text: &str) {
    eprintln!("{text}");
}
