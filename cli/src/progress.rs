//! Progress bars on long work, where somebody watches.

use std::{borrow::Cow, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error; nothing where that is no terminal.
#[derive(Clone)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that counts something.
    pub(crate) fn counting(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template =
            format!("{{msg:>12}} {{bar:32}} {{human_pos}}/{{human_len}} {what}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(crate) fn at(&self, done: u64, of: u64, doing: impl Into<Cow<'static, str>>) {
        self.0.set_length(of);
        self.0.set_position(done);
        self.0.set_message(doing);
    }

    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
