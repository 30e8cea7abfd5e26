//! What was measured of one log, and how it compares with another.

use std::time::Duration;

use crate::{
    load::Measured,
    report::{Report, Row},
};

/// A figure as often as it was measured.
struct Figure {
    case: String,
    unit: &'static str,
    more_is_better: bool,
    values: Vec<f64>,
}

/// The figures of one log at one size, in the order in which they came.
#[derive(Default)]
pub(super) struct Figures(Vec<Figure>);

impl Figures {
    pub(super) fn more(&mut self, case: impl Into<String>, unit: &'static str, value: f64) {
        self.add(case.into(), unit, true, value);
    }

    pub(super) fn less(&mut self, case: impl Into<String>, unit: &'static str, value: f64) {
        self.add(case.into(), unit, false, value);
    }

    /// Adds throughput and latencies.
    pub(super) fn load(&mut self, case: &str, unit: &'static str, measured: &Measured) {
        self.more(case, unit, measured.per_second);
        for (what, time) in [
            ("p50", measured.p50),
            ("p95", measured.p95),
            ("p99", measured.p99),
            ("p99.9", measured.p999),
        ] {
            self.less(format!("{case}, {what}"), "ms", milliseconds(time));
        }
    }

    /// Adds what most calls took, and the slowest.
    pub(super) fn times(&mut self, case: &str, times: Vec<Duration>) {
        let measured = Measured::of(times, Duration::from_secs(1));
        for (what, time) in [("p50", measured.p50), ("p99", measured.p99)] {
            self.less(format!("{case}, {what}"), "ms", milliseconds(time));
        }
    }

    fn add(&mut self, case: String, unit: &'static str, more_is_better: bool, value: f64) {
        if let Some(known) = self.0.iter_mut().find(|figure| figure.case == case) {
            known.values.push(value);
        } else {
            self.0.push(Figure { case, unit, more_is_better, values: vec![value] });
        }
    }

    /// Reports the medians, beside those of another log where it has them.
    pub(super) fn report(&self, report: &mut Report, label: &str, beside: Option<&Self>) {
        for figure in &self.0 {
            let case = format!("{label}: {}", figure.case);
            let ours = median(&figure.values);
            let theirs = beside.and_then(|figures| figures.median_of(&figure.case));
            report.add(match theirs {
                None => Row::alone("size", &case, figure.unit, ours),
                Some(theirs) if figure.more_is_better => {
                    Row::more_is_better("size", &case, figure.unit, ours, theirs)
                }
                Some(theirs) => Row::less_is_better("size", &case, figure.unit, ours, theirs),
            });
        }
    }

    fn median_of(&self, case: &str) -> Option<f64> {
        self.0.iter().find(|figure| figure.case == case).map(|figure| median(&figure.values))
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
