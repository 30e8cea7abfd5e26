//! The laws of read models.

use std::marker::PhantomData;

use crate::kernel::{self, SourceVisitor, Sources, testing::show};

use super::{Broken, Order, cast::Cast, view};

/// Checks the laws of a read model.
///
/// # Panics
/// When a law is broken, with the simplest history found that breaks it; when
/// random commands never lead to an event that touches a row.
#[track_caller]
pub fn read_model<R: kernel::ReadModel>() {
    ReadModel::<R>::new().hold();
}

/// The laws of a read model whose sources refer to others, or that chance
/// alone does not lead through.
pub struct ReadModel<R: kernel::ReadModel> {
    others: Cast,
    of: PhantomData<fn() -> R>,
}

impl<R: kernel::ReadModel> Default for ReadModel<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: kernel::ReadModel> ReadModel<R> {
    /// The laws of a read model whose sources are alone in the world.
    #[must_use]
    pub fn new() -> Self {
        Self { others: Cast::default(), of: PhantomData }
    }

    /// Another type of aggregate takes part, because commands to the sources
    /// refer to it.
    #[must_use]
    pub fn with<B: kernel::Aggregate>(mut self) -> Self {
        self.others.add::<B>();
        self
    }

    /// A story that leads where chance rarely does. Random commands go on
    /// from anywhere in it.
    #[must_use]
    pub fn orders(mut self, orders: impl IntoIterator<Item = Order>) -> Self {
        self.others.stories.push(orders.into_iter().collect());
        self
    }

    /// Checks the laws.
    ///
    /// # Panics
    /// When a law is broken, with the simplest history found that breaks it;
    /// when random commands never lead to an event that touches a row.
    #[track_caller]
    pub fn hold(self) {
        if let Err(why) = self.check() {
            show::fail(&format!("the laws of {} do not hold\n{why}", R::NAME));
        }
    }

    fn check(self) -> Result<(), Broken> {
        let mut cast = self.others;
        R::Sources::each(&mut Enter(&mut cast));
        let view = view::View::<R>::new();
        cast.play_all(|world| view.look(world))?;
        R::Sources::types()
            .into_iter()
            .find_map(|kind| cast.unreached(kind, view::touches::<R>))
            .map_or_else(|| view.was_peopled(), Err)
    }
}

struct Enter<'a>(&'a mut Cast);

impl SourceVisitor for Enter<'_> {
    fn visit<A: kernel::Aggregate>(&mut self) {
        self.0.fold::<A>();
    }
}
