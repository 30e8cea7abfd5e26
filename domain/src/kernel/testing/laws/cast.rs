//! Who takes part in a world, and the stories told about them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Strategy},
};
use serde_json::Value;
use ulid::Ulid;

use crate::kernel::{
    Aggregate, AnyRecorded, Command, EventCodec, Recorded,
    testing::{
        arbitrary::{Manner, any_of, command_variants, event_variants, samples},
        fixed, show,
    },
};

use super::{
    Broken, Invariant, Order,
    life::{Lives, LivesOf, Nature},
    moves::courses,
    run,
    world::{Answer, World},
};

/// One type of aggregate that takes part.
pub(super) trait Role {
    /// Its type.
    fn kind(&self) -> &'static str;
    /// What its ids begin with.
    fn prefix(&self) -> &'static str;
    /// Whether it is what the laws are about.
    fn matters(&self) -> bool;
    /// The names of its events.
    fn events(&self) -> Vec<String>;
    /// Commands that somebody might give it, each beside one that brings it into
    /// being.
    fn commands(&self) -> BoxedStrategy<(Value, Value)>;
    /// Its lives in a new world.
    fn lives(&self) -> Box<dyn Lives>;
    /// A few events of a name as they might be.
    fn imagine(&self, event: &str) -> Vec<AnyRecorded>;
}

struct RoleOf<A: Aggregate> {
    nature: Arc<Nature<A>>,
    matters: bool,
}

impl<A: Aggregate> Role for RoleOf<A> {
    fn kind(&self) -> &'static str {
        A::TYPE
    }
    fn prefix(&self) -> &'static str {
        A::PREFIX
    }
    fn matters(&self) -> bool {
        self.matters
    }
    fn events(&self) -> Vec<String> {
        self.nature.codec.shapes().map(|(name, _)| name.to_owned()).collect()
    }
    fn commands(&self) -> BoxedStrategy<(Value, Value)> {
        let all: Vec<(String, BoxedStrategy<Value>)> = command_variants::<A>()
            .into_iter()
            .map(|(name, values)| (name, select(pool(&values)).boxed()))
            .collect();
        let creates = |(name, _): &&(String, _)| A::Command::CREATE.contains(&name.as_str());
        let first: Vec<_> = all.iter().filter(creates).cloned().collect();
        let first = if first.is_empty() { all.clone() } else { first };
        (any_of(all), any_of(first)).boxed()
    }
    fn lives(&self) -> Box<dyn Lives> {
        Box::new(LivesOf::new(Arc::clone(&self.nature)))
    }
    fn imagine(&self, event: &str) -> Vec<AnyRecorded> {
        let values = event_variants::<A>(Manner::Plausible);
        let values = values.into_iter().find(|(name, _)| name == event);
        let events = values.into_iter().flat_map(|(_, values)| samples(&values, 8));
        events
            .filter_map(|value| serde_json::from_value(value).ok())
            .map(|event| {
                let envelope = fixed::envelope(A::TYPE, fixed::target::<A>().ulid(), 1, 1);
                AnyRecorded::new(Recorded::<A> { id: fixed::target(), event, envelope })
            })
            .collect()
    }
}

/// How many of one type there may be, beside those of the stories.
const BIRTHS: u64 = 6;

/// How many different ways there are to give one command.
const POOL: usize = 64;

/// Commands to choose from, the plainest first, as failures shrink that way.
/// Drawing each of thousands anew would take longer than all the laws.
fn pool(values: &BoxedStrategy<Value>) -> Vec<Value> {
    let mut pool = samples(values, POOL);
    pool.sort_by_cached_key(|value| {
        let text = value.to_string();
        (text.len(), text)
    });
    pool.dedup();
    pool
}

/// Everybody who takes part, what is told about them, and how far random
/// commands have taken them.
#[derive(Default)]
pub(super) struct Cast {
    pub(super) roles: Vec<Box<dyn Role>>,
    pub(super) stories: Vec<Vec<Order>>,
    reached: RefCell<BTreeSet<(&'static str, &'static str)>>,
    strangers: RefCell<BTreeSet<&'static str>>,
    answers: RefCell<Answers>,
}

/// For each command, by type and name, how often it was carried out, and how
/// often it came to nothing for which reason.
type Answers = BTreeMap<(&'static str, String), (usize, BTreeMap<String, usize>)>;

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
        let nature = Arc::new(Nature { codec: EventCodec::new(), invariant });
        let role: Box<dyn Role> = Box::new(RoleOf::<A> { nature, matters });
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

    /// Notes that an event has come about.
    pub(super) fn reached(&self, kind: &'static str, event: &'static str) {
        self.reached.borrow_mut().insert((kind, event));
    }

    /// Notes that somebody referred to a type that takes no part.
    pub(super) fn missed(&self, stranger: &'static str) {
        self.strangers.borrow_mut().insert(stranger);
    }

    /// Notes what a command came to.
    pub(super) fn answered(&self, kind: &'static str, command: &Value, answer: &Answer) {
        let name = command.as_object().and_then(|variant| variant.keys().next());
        let name = name.map_or_else(|| command.to_string(), Clone::clone);
        let mut answers = self.answers.borrow_mut();
        let (carried_out, reasons) = answers.entry((kind, name)).or_default();
        match answer {
            Answer::Executed(_) => *carried_out += 1,
            Answer::Turned(why) => *reasons.entry(why.clone()).or_default() += 1,
        }
    }

    /// The commands to a type that never were carried out, and mostly why not.
    fn in_vain(&self, kind: &str) -> String {
        let answers = self.answers.borrow();
        let in_vain = answers.iter().filter(|((of, _), (times, _))| *of == kind && *times == 0);
        in_vain.fold(String::new(), |text, ((_, command), (_, reasons))| {
            let mut reasons: Vec<_> = reasons.iter().collect();
            reasons.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
            let why = reasons.into_iter().take(3).fold(String::new(), |text, (why, times)| {
                format!("{text}\n        {why} ({times} times)")
            });
            format!("{text}\n    {command} was never carried out:{why}")
        })
    }

    /// The events of a type that never came about, in words; nothing if all
    /// that matter did.
    pub(super) fn unreached(
        &self,
        kind: &'static str,
        matters: impl Fn(&AnyRecorded) -> bool,
    ) -> Option<String> {
        let role = self.roles.iter().find(|role| run::are_many() && role.kind() == kind)?;
        let reached = self.reached.borrow();
        let never: Vec<String> = role
            .events()
            .into_iter()
            .filter(|event| !reached.iter().any(|(of, name)| *of == kind && name == event))
            .filter(|event| role.imagine(event).iter().any(&matters))
            .collect();
        if never.is_empty() {
            return None;
        }
        let strangers = self.strangers.borrow();
        let strangers: Vec<&str> = strangers.iter().copied().collect();
        let hint = if strangers.is_empty() {
            "tell a story that leads there".to_owned()
        } else {
            format!("let those it refers to take part, using with(): {}", strangers.join(", "))
        };
        Some(format!(
            "random commands to {kind} never led to {}, so that the laws say nothing of it; {hint}{}",
            never.join(", "),
            self.in_vain(kind)
        ))
    }
}

fn in_history(why: &str, world: &World<'_>) -> Broken {
    format!("{why}\n\nin this history:\n{}", show::numbered(world.told().into_iter()))
}
