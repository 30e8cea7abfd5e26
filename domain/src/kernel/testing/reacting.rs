//! This event calls for those intents.

use crate::kernel::{Actor, Date, Id, Intent, Reaction, Timestamp};

use super::{
    folding::{Step, of},
    show,
};

/// Shows an event to a reaction.
#[must_use]
pub fn reacting<R: Reaction>(
    id: Id<R::Source>,
    event: <R::Source as crate::kernel::Aggregate>::Event,
) -> Reacting<R> {
    Reacting { step: of(id, event), reaction: std::marker::PhantomData }
}

/// A reaction that is about to see an event.
pub struct Reacting<R: Reaction> {
    step: Step,
    reaction: std::marker::PhantomData<fn() -> R>,
}

impl<R: Reaction> Reacting<R> {
    /// The event happened in the morning of this day instead of
    /// [`NOW`](super::NOW).
    #[must_use]
    pub fn on(self, date: Date) -> Self {
        Self { step: self.step.on(date), ..self }
    }

    /// The event happened at this time.
    #[must_use]
    pub fn at(self, time: Timestamp) -> Self {
        Self { step: self.step.at(time), ..self }
    }

    /// Somebody else brought the event about.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { step: self.step.by(actor), ..self }
    }

    /// These intents in this order, and no others.
    ///
    /// # Panics
    /// When the event calls for something else.
    #[track_caller]
    pub fn then(self, intents: impl IntoIterator<Item = impl Into<Intent>>) {
        self.expect(&intents.into_iter().map(Into::into).collect::<Vec<_>>());
    }

    /// Nothing.
    ///
    /// # Panics
    /// When the event calls for something.
    #[track_caller]
    pub fn then_nothing(self) {
        self.expect(&[]);
    }

    #[track_caller]
    fn expect(self, expected: &[Intent]) {
        let told = format!("    {}\n", self.step.shown());
        let actual = match self.step.recorded(1, 1) {
            Ok(event) => event.of::<R::Source>().map(R::react).unwrap_or_default(),
            Err(error) => show::fail(&error),
        };
        if actual != expected {
            show::fail(&show::paragraphs(&[
                ("to the event", told),
                ("expected in answer", show::list(expected)),
                ("but it calls for", show::list(&actual)),
            ]));
        }
    }
}
