//! Log lines of one test, caught before they are written.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing::{
    level_filters::LevelFilter,
    subscriber::{DefaultGuard, set_default},
};
use tracing_subscriber::{Layer, Registry, filter::Targets, layer::SubscriberExt};

use super::lines::{Form, Lines};

/// What is logged on this thread as long as it lives.
pub(crate) struct Captured {
    text: Buffer,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Captured {
    pub(crate) fn json() -> Self {
        Self::of(Form::Json { service: "test".to_owned() })
    }

    pub(crate) fn text_form() -> Self {
        Self::of(Form::Text { colours: false })
    }

    fn of(form: Form) -> Self {
        let text = Buffer::default();
        let writer = text.clone();
        // Others have things to say as well, which no test waits for.
        let ours = Targets::new().with_target("service", LevelFilter::TRACE);
        let lines = Lines::new(form, move || writer.clone()).with_filter(ours);
        Self { text, _guard: set_default(Registry::default().with(lines)) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
