//! Given what has happened, when an order is given, then this follows.

use crate::kernel::{
    Actor, Aggregate, Claim, Facts, Id, Referenced, ReferencedState, References, Timestamp,
};

use super::{fixed, show};

/// An aggregate to which this has happened.
#[must_use]
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    Given {
        history: events.into_iter().collect(),
        facts: fixed::facts::<A>(),
        known: Referenced::default(),
    }
}

/// An aggregate to which nothing has happened yet.
#[must_use]
pub fn nothing<A: Aggregate>() -> Given<A> {
    given([])
}

/// What has happened, and the circumstances of the order to come.
#[derive(Clone, Debug)]
pub struct Given<A: Aggregate> {
    history: Vec<A::Event>,
    facts: Facts,
    known: Referenced,
}

/// What a test knows about another aggregate: its state or its history.
pub trait Known<B: Aggregate> {
    /// The state, and how many events led to it.
    fn state(self) -> (B, u64);
}

impl<B: Aggregate> Known<B> for B {
    fn state(self) -> (B, u64) {
        (self, 1)
    }
}

impl<B: Aggregate> Known<B> for Vec<B::Event> {
    fn state(self) -> (B, u64) {
        (fold(&self), self.len() as u64)
    }
}

impl<B: Aggregate, const LENGTH: usize> Known<B> for [B::Event; LENGTH] {
    fn state(self) -> (B, u64) {
        (fold(&self), LENGTH as u64)
    }
}

impl<A: Aggregate> Given<A> {
    /// The order is given at this time instead of [`NOW`](super::NOW).
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.facts.now = now;
        self
    }

    /// Somebody else gives the order.
    #[must_use]
    pub fn acting(mut self, actor: Actor) -> Self {
        self.facts.actor = actor;
        self
    }

    /// Whoever gives the order says why.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.facts.reason = Some(reason.to_owned());
        self
    }

    /// The order addresses this aggregate instead of the
    /// [`target`](super::target).
    #[must_use]
    pub fn addressed(mut self, id: Id<A>) -> Self {
        self.facts.target = id.ulid();
        self
    }

    /// Another aggregate exists. The decision sees it only if the aggregate's
    /// `references` ask for it, as when it is loaded from the log.
    #[must_use]
    pub fn knowing<B: Aggregate>(mut self, id: Id<B>, known: impl Known<B>) -> Self {
        let (state, version) = known.state();
        self.known.states.retain(|other| (other.kind, other.id) != (B::TYPE, id.ulid()));
        self.known.states.push(ReferencedState {
            kind: B::TYPE,
            id: id.ulid(),
            version,
            state: Some(std::sync::Arc::new(state)),
        });
        self
    }

    /// The last number taken from a series; it is 0 unless a test says so.
    #[must_use]
    pub fn with_series(mut self, name: impl Into<String>, last: u64) -> Self {
        set_last(&mut self.known, name.into(), last);
        self
    }

    /// Gives the order.
    #[must_use = "an order without an expectation proves nothing"]
    pub fn when(self, command: impl Into<A::Command>) -> Outcome<A> {
        let command = command.into();
        let state: A = fold(&self.history);
        let referenced = found(&state.references(&command, &self.facts), &self.known);
        let facts = Facts { referenced, ..self.facts.clone() };
        let decided = state.decide(command.clone(), &facts);
        Outcome { given: self, command, decided }
    }
}

/// What came of an order.
#[derive(Clone, Debug)]
pub struct Outcome<A: Aggregate> {
    given: Given<A>,
    command: A::Command,
    decided: Result<Vec<A::Event>, A::Rejection>,
}

#[expect(clippy::return_self_not_must_use, reason = "an expectation may end its test")]
impl<A: Aggregate> Outcome<A> {
    /// These events, and no others.
    ///
    /// # Panics
    /// When something else came of it.
    #[track_caller]
    pub fn then(self, events: impl IntoIterator<Item = A::Event>) -> Self {
        let expected: Vec<_> = events.into_iter().collect();
        match &self.decided {
            Ok(actual) if *actual == expected => {}
            Ok(actual) => {
                let (expected, actual) = show::both(&expected, actual);
                self.fail(expected, actual);
            }
            Err(_) => self.fail(show::list(&expected), self.actual()),
        }
        self
    }

    /// Nothing new: it was already so.
    ///
    /// # Panics
    /// When something else came of it.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        if !matches!(&self.decided, Ok(events) if events.is_empty()) {
            self.fail("    nothing, as it was already so\n".to_owned(), self.actual());
        }
        self
    }

    /// A refusal for this reason.
    ///
    /// # Panics
    /// When something else came of it.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "expectations are written as literals")]
    pub fn then_refused(self, rejection: A::Rejection) -> Self {
        if self.decided.as_ref().err() != Some(&rejection) {
            self.fail(refused::<A>(&rejection), self.actual());
        }
        self
    }

    /// What came of it, for expectations that are no example.
    ///
    /// # Errors
    /// The refusal, if it was refused.
    pub fn decided(&self) -> Result<&[A::Event], &A::Rejection> {
        self.decided.as_deref()
    }

    /// Looks at the state that results, which is the old one after a refusal.
    #[track_caller]
    pub fn then_state(self, look: impl FnOnce(&A)) -> Self {
        look(&fold(&self.clone().afterwards().history));
        self
    }

    /// Takes all that has happened so far as given.
    #[must_use]
    pub fn afterwards(self) -> Given<A> {
        let Self { mut given, decided, .. } = self;
        for event in decided.into_iter().flatten() {
            for claim in A::claims(&event) {
                if let Claim::Number { series, number } = claim {
                    set_last(&mut given.known, series, number);
                }
            }
            given.history.push(event);
        }
        given
    }

    /// Gives the next order.
    #[must_use = "an order without an expectation proves nothing"]
    pub fn and_when(self, command: impl Into<A::Command>) -> Self {
        self.afterwards().when(command)
    }

    fn actual(&self) -> String {
        match &self.decided {
            Ok(events) => show::list(events),
            Err(rejection) => refused::<A>(rejection),
        }
    }

    #[track_caller]
    fn fail(&self, expected: String, actual: String) -> ! {
        let Given { history, facts, known } = &self.given;
        let mut parts = vec![("given", show::list(history))];
        if !known.states.is_empty() || !known.series.is_empty() {
            let others = known.states.iter().map(|state| format!("{state:?}"));
            let series = known.series.iter().map(|(name, last)| format!("{name} up to {last}"));
            parts.push(("knowing", show::numbered(others.chain(series))));
        }
        let circumstances =
            format!("    {:?}\n    by {} at {}\n", self.command, facts.actor, facts.now);
        parts.extend([
            ("when", circumstances),
            ("then expected", expected),
            ("but what came of it is", actual),
        ]);
        show::fail(&show::paragraphs(&parts));
    }
}

fn refused<A: Aggregate>(rejection: &A::Rejection) -> String {
    format!("    refused with {rejection:?}: {rejection}\n")
}

pub(super) fn fold<A: Aggregate>(events: &[A::Event]) -> A {
    events.iter().fold(A::default(), |mut state, event| {
        state.evolve(event);
        state
    })
}

/// What the log would answer: a state or a last number for everything asked,
/// and nothing that was not asked for.
fn found(asked: &References, known: &Referenced) -> Referenced {
    let state = |(kind, id): &(&'static str, ulid::Ulid)| {
        known
            .states
            .iter()
            .find(|state| (state.kind, state.id) == (*kind, *id))
            .cloned()
            .unwrap_or(ReferencedState { kind, id: *id, version: 0, state: None })
    };
    let last = |name: &String| {
        let known = known.series.iter().find(|(series, _)| series == name);
        (name.clone(), known.map_or(0, |(_, last)| *last))
    };
    Referenced {
        states: asked.aggregates.iter().map(state).collect(),
        series: asked.series.iter().map(last).collect(),
    }
}

fn set_last(known: &mut Referenced, name: String, last: u64) {
    known.series.retain(|(series, _)| *series != name);
    known.series.push((name, last));
}
