//! The lives of all aggregates of one type in a world.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use ulid::Ulid;

use crate::kernel::{
    Aggregate, AnyRecorded, Claim, Command, Encoded, Envelope, EventCodec, Facts, ReferencedState,
    References, variant_name,
};

use super::{Broken, Invariant, calm::calmly, snapshot::forms};

/// What decides and remembers, whichever type it is of.
pub(super) trait Lives {
    /// How many events there are of this one.
    fn version(&self, id: Ulid) -> u64;
    /// Whether a command is for one that is there already.
    fn takes_one(&self, command: &Value) -> bool;
    /// One of those there are, the younger the likelier.
    fn one_of(&self, choice: u8) -> Option<Ulid>;
    /// This one as others see it.
    fn find(&self, id: Ulid) -> ReferencedState;
    /// The states there are, that of this one first.
    fn states(&self, id: Ulid) -> Vec<Value>;
    /// What a command needs to see, or how it does not fit its type.
    fn asks(&self, command: &Value, facts: &Facts) -> Result<Result<References, String>, Broken>;
    /// Decides, and keeps what was decided in mind.
    fn decide(&mut self, command: &Value, facts: &Facts) -> Result<Verdict, Broken>;
    /// Lets happen what was decided last.
    fn commit(&mut self, id: Ulid) -> Result<(), Broken>;
    /// Looks back at whole lives.
    fn look_back(&self) -> Result<(), Broken>;
    /// An event as the log gives it back.
    fn recorded(&self, envelope: Envelope, stored: &Encoded) -> Result<AnyRecorded, Broken>;
}

/// What a command came to.
pub(super) enum Verdict {
    /// It was refused.
    Refused(String),
    /// It brought this about, perhaps nothing.
    Decided(Vec<Encoded>, Vec<Claim>),
}

/// What is known about a type once for all worlds.
pub(super) struct Nature<A: Aggregate> {
    pub(super) codec: EventCodec<A>,
    /// What is true of every state, if the laws of this type are looked at.
    pub(super) invariant: Option<Invariant<A>>,
}

/// All lives of one type.
pub(super) struct LivesOf<A: Aggregate> {
    nature: Arc<Nature<A>>,
    lives: BTreeMap<Ulid, Life<A>>,
    /// Who came into being, in order.
    births: Vec<Ulid>,
    decided: Vec<(A::Event, Encoded)>,
}

/// One life: how it stands, what was stored of it, and how it would stand had
/// it gone through a snapshot after every event.
struct Life<A> {
    state: A,
    history: Vec<Encoded>,
    revived: [A; 2],
}

impl<A: Aggregate> Default for Life<A> {
    fn default() -> Self {
        Self { state: A::default(), history: vec![], revived: [A::default(), A::default()] }
    }
}

impl<A: Aggregate> LivesOf<A> {
    pub(super) fn new(nature: Arc<Nature<A>>) -> Self {
        Self { nature, lives: BTreeMap::new(), births: vec![], decided: vec![] }
    }

    fn answer(
        &self,
        command: &A::Command,
        facts: &Facts,
    ) -> Result<Result<Vec<A::Event>, A::Rejection>, Broken> {
        let unborn = Life::default();
        let life = self.lives.get(&facts.target).unwrap_or(&unborn);
        let answer = calmly("decide()", || life.state.decide(command.clone(), facts))?;
        if self.nature.invariant.is_some() {
            // The same state, but put together anew.
            let [twin, _] = &life.revived;
            let again = calmly("decide()", || twin.decide(command.clone(), facts))?;
            if answer != again {
                return Err(format!(
                    "Deterministic: {command:?} comes to {answer:?} and, asked again, to {again:?}"
                ));
            }
        }
        Ok(answer)
    }

    fn stored(&self, event: &A::Event) -> Result<Encoded, Broken> {
        let stored = self.nature.codec.encode(event);
        stored.map_err(|error| format!("Codec: {event:?} cannot be stored: {error}"))
    }
}

impl<A: Aggregate> Lives for LivesOf<A> {
    fn version(&self, id: Ulid) -> u64 {
        self.lives.get(&id).map_or(0, |life| life.history.len() as u64)
    }

    fn takes_one(&self, command: &Value) -> bool {
        let name = command.as_object().and_then(|variant| variant.keys().next());
        !name.is_some_and(|name| A::Command::CREATE.contains(&name.as_str()))
    }

    fn one_of(&self, choice: u8) -> Option<Ulid> {
        // Old ones have often come to their end; the square prefers the young.
        let age = usize::from(choice).pow(2) * self.births.len() / 0x1_0000;
        self.births.iter().rev().nth(age).copied()
    }

    fn find(&self, id: Ulid) -> ReferencedState {
        let state = self.lives.get(&id).map(|life| Arc::new(life.state.clone()) as _);
        ReferencedState { kind: A::TYPE, id, version: self.version(id), state }
    }

    fn states(&self, id: Ulid) -> Vec<Value> {
        let own = self.lives.get(&id).into_iter();
        let others = self.lives.iter().filter(|(other, _)| **other != id).map(|(_, life)| life);
        own.chain(others).filter_map(|life| serde_json::to_value(&life.state).ok()).collect()
    }

    fn asks(&self, command: &Value, facts: &Facts) -> Result<Result<References, String>, Broken> {
        let command: A::Command = match serde_json::from_value(command.clone()) {
            Ok(command) => command,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let unborn = Life::default();
        let life = self.lives.get(&facts.target).unwrap_or(&unborn);
        calmly("references()", || Ok(life.state.references(&command, facts)))
    }

    fn decide(&mut self, command: &Value, facts: &Facts) -> Result<Verdict, Broken> {
        self.decided.clear();
        let command: A::Command =
            serde_json::from_value(command.clone()).map_err(|error| error.to_string())?;
        let events = match self.answer(&command, facts)? {
            Ok(events) => events,
            Err(rejection) => {
                let code = variant_name(&rejection)
                    .map_err(|error| format!("Refusals: {rejection:?} is {error}"))?;
                return Ok(Verdict::Refused(format!("{code}, {rejection}")));
            }
        };
        let creates = variant_name(&command).is_ok_and(|name| A::Command::CREATE.contains(&name));
        if !creates && self.version(facts.target) == 0 {
            return Ok(Verdict::Refused("there is none of this id".to_owned()));
        }
        let (mut stored, mut claims) = (vec![], vec![]);
        for event in events {
            claims.extend(calmly("claims()", || A::claims(&event))?);
            stored.push(self.stored(&event)?);
            self.decided.extend(stored.last().map(|stored| (event, stored.clone())));
        }
        Ok(Verdict::Decided(stored, claims))
    }

    fn commit(&mut self, id: Ulid) -> Result<(), Broken> {
        let Self { nature, lives, births, decided } = self;
        for (event, stored) in decided.drain(..) {
            let life = lives.entry(id).or_insert_with(|| {
                births.push(id);
                Life::default()
            });
            calmly("evolve()", || life.state.evolve(&event))?;
            life.history.push(stored);
            if let Some(invariant) = nature.invariant {
                life.witness(&event, invariant)?;
            }
        }
        Ok(())
    }

    fn look_back(&self) -> Result<(), Broken> {
        if self.nature.invariant.is_none() {
            return Ok(());
        }
        self.lives.values().try_for_each(|life| life.look_back(&self.nature.codec))
    }

    fn recorded(&self, envelope: Envelope, stored: &Encoded) -> Result<AnyRecorded, Broken> {
        self.nature
            .codec
            .recorded(envelope, stored.name, stored.schema_version, &stored.payload)
            .map(AnyRecorded::new)
            .map_err(|error| format!("Codec: {error}"))
    }
}

impl<A: Aggregate> Life<A> {
    /// Looks at one event while it happens.
    fn witness(&mut self, event: &A::Event, invariant: Invariant<A>) -> Result<(), Broken> {
        invariant(&self.state).map_err(|why| format!("Obedient: after {event:?} {why}"))?;
        for (revived, (form, through)) in self.revived.iter_mut().zip(forms()) {
            calmly("evolve()", || revived.evolve(event))?;
            *revived = through(revived).map_err(|why| {
                format!("Any cut: {revived:?} makes no snapshot in {form}: {why}")
            })?;
            if *revived != self.state {
                return Err(format!(
                    "Any cut: after {event:?} the state is {:?}, but {revived:?} when snapshots \
                     are taken in {form}",
                    self.state
                ));
            }
        }
        Ok(())
    }

    /// Reads the whole history again.
    fn look_back(&self, codec: &EventCodec<A>) -> Result<(), Broken> {
        let mut replayed = A::default();
        for Encoded { name, schema_version, payload, .. } in &self.history {
            let event = codec
                .decode(name, *schema_version, payload)
                .map_err(|error| format!("Replay: {error}"))?;
            calmly("evolve()", || replayed.evolve(&event))?;
        }
        if replayed == self.state {
            return Ok(());
        }
        Err(format!("Replay: the state is {:?}, its history says {replayed:?}", self.state))
    }
}
