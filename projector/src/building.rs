//! Measures of tables that are being built, by whatever process: one that ends
//! with its work is asked by nobody how far it is.

use std::sync::{Arc, Mutex, PoisonError};

use deadpool_postgres::ClientWrapper;
use opentelemetry::{KeyValue, metrics::Meter};
use service::telemetry;
use tokio_postgres::Error;

use crate::versions::{Build, Projection, versions};

/// The builds there were when the projector last looked.
#[derive(Clone, Default)]
pub(crate) struct Building(Arc<Mutex<Vec<(KeyValue, Build)>>>);

impl Building {
    /// Shows what is known of builds to whoever asks for measures.
    pub(crate) fn observed() -> Self {
        let building = Self::default();
        let meter = telemetry::meter();
        building.observe(
            meter,
            "projection_rebuild_progress",
            "How much of the log a rebuild has gone through, 0 to 1.",
            |build| Some(ratio(build)),
        );
        building.observe(
            meter,
            "projection_rebuild_events",
            "Events that a rebuild has gone through.",
            |build| Some(number(build.done)),
        );
        building.observe(
            meter,
            "projection_rebuild_rows",
            "Rows that a rebuild has written.",
            |build| Some(number(build.rows)),
        );
        building.observe(
            meter,
            "projection_rebuild_events_per_second",
            "How fast a rebuild is.",
            |build| build.rate,
        );
        building.observe(
            meter,
            "projection_rebuild_seconds_left",
            "How long a rebuild will take if it goes on like this.",
            |build| build.left().map(|left| left.as_secs_f64()),
        );
        building.observe(
            meter,
            "projection_rebuild_waiting",
            "1 where a rebuild is paused or was interrupted.",
            |build| Some(f64::from(u8::from(build.paused || !build.is_under_way()))),
        );
        building
    }

    fn observe(
        &self,
        meter: &Meter,
        name: &'static str,
        description: &'static str,
        value: fn(&Build) -> Option<f64>,
    ) {
        let known = self.clone();
        // The instruments live as long as the meter that calls them.
        let _ = meter
            .f64_observable_gauge(name)
            .with_description(description)
            .with_callback(move |gauge| {
                let known = known.0.lock().unwrap_or_else(PoisonError::into_inner);
                for (projection, build) in &*known {
                    if let Some(value) = value(build) {
                        gauge.observe(value, std::slice::from_ref(projection));
                    }
                }
            })
            .build();
    }

    /// Looks how far builds are.
    pub(crate) async fn look(&self, client: &ClientWrapper) -> Result<(), Error> {
        let builds = versions(client).await?.into_iter().filter_map(|projection| {
            let Projection { read_model, build, .. } = projection;
            Some((KeyValue::new("projection", read_model), build?))
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = builds.collect();
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a measure may round")]
fn number(count: u64) -> f64 {
    count as f64
}

fn ratio(build: &Build) -> f64 {
    number(build.done) / number(build.total.max(1))
}
