//! Random histories in the making: who is told what, when and by whom.

use proptest::{
    collection::vec,
    option,
    prelude::any,
    prop_oneof,
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};
use serde_json::Value;
use ulid::Ulid;

use super::{cast::Cast, role::Role};

/// How many commands follow a story at most.
const MOST: usize = 120;

/// The seconds that may pass before a command, each with how often they do:
/// nothing, an hour, a day, a week, more than a month.
const PAUSES: [(u32, i64); 5] =
    [(20, 0), (4, 3_600), (2, 86_400), (1, 8 * 86_400), (1, 40 * 86_400)];

/// A history that has not happened yet.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// The story it begins with, and how much of it.
    pub(super) story: Option<(usize, usize)>,
    /// What comes after.
    pub(super) moves: Vec<Move>,
    /// Which commands nobody gives this time.
    pub(super) shunned: Shunned,
}

/// Commands left out of a course. Lives last longer where nobody ends them, so
/// that courses without one command or the other lead deeper than those with
/// all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shunned(u64);

impl Shunned {
    /// Whether the command is left out.
    pub(super) fn contains(self, command: &Value) -> bool {
        let name = command.as_object().and_then(|variant| variant.keys().next());
        let sum = name.map_or(0, |name| {
            name.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 64)
        });
        self.0 >> sum & 1 == 1
    }
}

/// One command on its way.
#[derive(Clone, Debug)]
pub(super) struct Move {
    /// Which role is told.
    pub(super) role: usize,
    /// Which one of its kind, if it is to come into being.
    pub(super) id: Ulid,
    /// Which of those there are is meant otherwise; at times none of them.
    pub(super) choice: Option<u8>,
    /// What it is told.
    pub(super) command: Value,
    /// What it is told if there is none of its kind yet.
    pub(super) first: Value,
    /// How much later.
    pub(super) seconds: i64,
    /// By whom.
    pub(super) actor: usize,
    /// Which of its values is replaced by one that is known to the world.
    pub(super) echo: Option<(usize, usize)>,
}

/// The courses that a cast may take.
pub(super) fn courses(cast: &Cast) -> BoxedStrategy<Course> {
    let roles = cast.roles.iter().enumerate();
    let moves: Vec<_> = roles
        .map(|(place, role)| {
            let weight = if role.matters() { 3 } else { 1 };
            (weight, moves(place, role.as_ref(), cast.ids(role.as_ref())))
        })
        .collect();
    let shunned = prop_oneof![Just(0), (any::<u64>(), any::<u64>()).prop_map(|(a, b)| a & b)];
    (stories(cast), vec(Union::new_weighted(moves), 0..=MOST), shunned)
        .prop_map(|(story, moves, shunned)| Course { story, moves, shunned: Shunned(shunned) })
        .boxed()
}

/// Every second course begins with a story, if there is one.
fn stories(cast: &Cast) -> BoxedStrategy<Option<(usize, usize)>> {
    let beginnings: Vec<(usize, usize)> = cast
        .stories
        .iter()
        .enumerate()
        .flat_map(|(story, orders)| (1..=orders.len()).map(move |length| (story, length)))
        .collect();
    if beginnings.is_empty() { Just(None).boxed() } else { option::of(select(beginnings)).boxed() }
}

fn pauses() -> BoxedStrategy<i64> {
    Union::new_weighted(PAUSES.map(|(weight, seconds)| (weight, Just(seconds))).into()).boxed()
}

fn moves(role: usize, of: &dyn Role, ids: Vec<Ulid>) -> BoxedStrategy<Move> {
    let echo = option::weighted(0.4, (0..256_usize, 0..256_usize));
    let choice = option::weighted(0.9, any::<u8>());
    (of.commands(), (select(ids), choice), pauses(), 0..8_usize, echo)
        .prop_map(move |((command, first), (id, choice), seconds, actor, echo)| Move {
            role,
            id,
            choice,
            command,
            first,
            seconds,
            actor,
            echo,
        })
        .boxed()
}
