//! The laws of aggregates.

use std::marker::PhantomData;

use crate::kernel::{
    self,
    testing::{fixed, show},
};

use super::{Broken, Invariant, Order, cast::Cast, histories};

/// Checks the laws of an aggregate whose every reachable state keeps the
/// invariant.
///
/// # Panics
/// When a law is broken, with the simplest history found that breaks it; when
/// random commands never lead to one of the events.
#[track_caller]
pub fn aggregate<A: kernel::Aggregate>(invariant: Invariant<A>) {
    Aggregate::<A>::new().invariant(invariant).hold();
}

/// The laws of an aggregate that refers to others, or that chance alone does
/// not lead through.
pub struct Aggregate<A: kernel::Aggregate> {
    invariant: Invariant<A>,
    others: Cast,
    of: PhantomData<fn() -> A>,
}

impl<A: kernel::Aggregate> Default for Aggregate<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: kernel::Aggregate> Aggregate<A> {
    /// The laws of an aggregate that is alone in the world.
    #[must_use]
    pub fn new() -> Self {
        Self { invariant: |_| Ok(()), others: Cast::default(), of: PhantomData }
    }

    /// What is true of every reachable state, or how it is not.
    #[must_use]
    pub fn invariant(mut self, invariant: Invariant<A>) -> Self {
        self.invariant = invariant;
        self
    }

    /// Another type of aggregate takes part, because commands refer to it.
    #[must_use]
    pub fn with<B: kernel::Aggregate>(mut self) -> Self {
        self.others.add::<B>();
        self
    }

    /// Commands to one aggregate that lead where chance rarely does. Random
    /// commands go on from anywhere in the story.
    #[must_use]
    pub fn story<C: Into<A::Command>>(self, commands: impl IntoIterator<Item = C>) -> Self {
        self.orders(commands.into_iter().map(|command| super::to::<A>(fixed::target(), command)))
    }

    /// A story in which several aggregates take part.
    #[must_use]
    pub fn orders(mut self, orders: impl IntoIterator<Item = Order>) -> Self {
        self.others.stories.push(orders.into_iter().collect());
        self
    }

    /// Checks the laws.
    ///
    /// # Panics
    /// When a law is broken, with the simplest history found that breaks it;
    /// when random commands never lead to one of the events.
    #[track_caller]
    pub fn hold(self) {
        if let Err(why) = self.check() {
            show::fail(&format!("the laws of {} do not hold\n{why}", A::TYPE));
        }
    }

    fn check(self) -> Result<(), Broken> {
        let mut cast = self.others;
        cast.judge::<A>(self.invariant);
        cast.play_all(|_| Ok(()))?;
        histories::check::<A>()?;
        cast.unreached(A::TYPE, |_| true).map_or(Ok(()), Err)
    }
}
