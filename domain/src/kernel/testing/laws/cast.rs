//! Who takes part in a world, and the stories told about them.

use std::collections::BTreeSet;

use ulid::Ulid;

use crate::kernel::{
    Aggregate, AnyRecorded,
    testing::{fixed, show},
};

use super::{
    Broken, Invariant, Order,
    moves::courses,
    reach::Reach,
    role::{Role, RoleOf},
    run,
    world::World,
};

/// How many of one type there may be, beside those of the stories.
const BIRTHS: u64 = 6;

/// Everybody who takes part, what is told about them, and how far random
/// commands have taken them.
#[derive(Default)]
pub(super) struct Cast {
    pub(super) roles: Vec<Box<dyn Role>>,
    pub(super) stories: Vec<Vec<Order>>,
    pub(super) reach: Reach,
}

impl Cast {
    /// Adds a type that others refer to.
    pub(super) fn add<A: Aggregate>(&mut self) {
        self.cast::<A>(None, false);
    }

    /// Adds a type whose events are folded.
    pub(super) fn fold<A: Aggregate>(&mut self) {
        self.cast::<A>(None, true);
    }

    /// Adds a type whose every state is looked at.
    pub(super) fn judge<A: Aggregate>(&mut self, invariant: Invariant<A>) {
        self.cast::<A>(Some(invariant), true);
    }

    /// Whoever has a part already is given the new one.
    fn cast<A: Aggregate>(&mut self, invariant: Option<Invariant<A>>, matters: bool) {
        let role: Box<dyn Role> = Box::new(RoleOf::<A>::new(invariant, matters));
        match self.roles.iter_mut().find(|role| role.kind() == A::TYPE) {
            Some(cast) => *cast = role,
            None => self.roles.push(role),
        }
    }

    /// Tells the stories, then lets random courses happen, and looks at each
    /// world that comes of it.
    pub(super) fn play_all(
        &self,
        look: impl Fn(&World<'_>) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        for story in &self.stories {
            let mut world = World::new(self).telling();
            let outcome = world.tell(story).and_then(|()| look(&world));
            outcome.map_err(|why| in_history(&why, &world))?;
        }
        run::run(&courses(self), |course| {
            let mut world = World::new(self);
            world.play(course)?;
            look(&world)
        })
        .map_err(|(why, course)| {
            // The same again, but taking notes.
            let mut world = World::new(self).telling();
            let _ = course.map(|course| world.play(&course));
            in_history(&why, &world)
        })
    }

    pub(super) fn place(&self, kind: &str) -> Option<usize> {
        self.roles.iter().position(|role| role.kind() == kind)
    }

    /// The ids under which a role comes into being: those of its stories, and
    /// the first few.
    pub(super) fn ids(&self, role: &dyn Role) -> Vec<Ulid> {
        let first = (1..=BIRTHS).map(|number| fixed::ulid_of(role.prefix(), number));
        let told = self.stories.iter().flatten().filter(|order| order.kind == role.kind());
        let mut ids: Vec<Ulid> = first.chain(told.map(|order| order.id)).collect();
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        ids
    }

    /// The events of a type that never came about, in words; nothing if all
    /// that matter did, or if there were too few cases to tell.
    pub(super) fn unreached(
        &self,
        kind: &str,
        matters: impl Fn(&AnyRecorded) -> bool,
    ) -> Option<String> {
        let role = self.roles.iter().find(|role| run::are_many() && role.kind() == kind)?;
        self.reach.unreached(role.as_ref(), matters)
    }
}

fn in_history(why: &str, world: &World<'_>) -> Broken {
    format!("{why}\n\nin this history:\n{}", show::numbered(world.told().into_iter()))
}
