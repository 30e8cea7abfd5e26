//! A tenant in which commands are decided and stored one after the other, as
//! the store does it: with references, claims and series.

use serde_json::Value;
use ulid::Ulid;

use crate::kernel::{
    Actor, AnyRecorded, Encoded, Envelope, Facts, Referenced, ReferencedState, References,
    Timestamp, testing::fixed,
};

use super::{
    Broken, Order,
    cast::Cast,
    dictionary,
    life::{Lives, Verdict},
    moves::{Course, Move},
    register::Register,
};

/// One tenant and all that ever happened in it.
pub(super) struct World<'a> {
    cast: &'a Cast,
    lives: Vec<Box<dyn Lives>>,
    register: Register,
    log: Vec<Stored>,
    now: Timestamp,
    told: Option<Vec<String>>,
}

/// An event as it was stored.
struct Stored {
    role: usize,
    envelope: Envelope,
    encoded: Encoded,
}

/// Who gives an order, and why.
type By = (Actor, Option<String>);

/// What became of an order.
pub(super) enum Answer {
    /// It brought these events about, perhaps none.
    Executed(Vec<&'static str>),
    /// It came to nothing, and why.
    Turned(String),
}

impl<'a> World<'a> {
    /// A world in which nothing has happened.
    pub(super) fn new(cast: &'a Cast) -> Self {
        Self {
            cast,
            lives: cast.roles.iter().map(|role| role.lives()).collect(),
            register: Register::default(),
            log: vec![],
            now: fixed::NOW,
            told: None,
        }
    }

    /// Keeps note of every command and its outcome.
    pub(super) fn telling(mut self) -> Self {
        self.told = Some(vec![]);
        self
    }

    /// What was noted.
    pub(super) fn told(&self) -> Vec<String> {
        self.told.clone().unwrap_or_default()
    }

    /// Lets a course happen.
    pub(super) fn play(&mut self, course: &Course) -> Result<(), Broken> {
        if let Some((story, length)) = course.story {
            let orders = self.cast.stories.get(story).into_iter().flatten();
            for order in orders.take(length) {
                self.follow(order)?;
            }
        }
        let given = course.moves.iter().filter(|step| !course.shunned.contains(&step.command));
        given.into_iter().try_for_each(|step| self.step(step))?;
        self.lives.iter().try_for_each(|lives| lives.look_back())
    }

    /// Lets a story happen that should lead somewhere at every step.
    pub(super) fn tell(&mut self, story: &[Order]) -> Result<(), Broken> {
        for order in story {
            if let Answer::Turned(why) = self.follow(order)? {
                return Err(format!(
                    "Story: {} {} comes to nothing: {why}",
                    order.kind, order.command
                ));
            }
        }
        self.lives.iter().try_for_each(|lives| lives.look_back())
    }

    fn follow(&mut self, order: &Order) -> Result<Answer, Broken> {
        let Some(role) = self.cast.place(order.kind) else {
            return Err(format!("Story: {} takes no part; add it using with()", order.kind));
        };
        // A minute between orders keeps their times apart.
        self.now = self.now.plus_seconds(60 + i64::from(order.days) * 86_400);
        let by = (order.actor.clone(), order.reason.clone());
        self.give(role, order.id, &order.command, by)
    }

    fn step(&mut self, step: &Move) -> Result<(), Broken> {
        self.now = self.now.plus_seconds(step.seconds);
        let Some(lives) = self.lives.get(step.role) else { return Ok(()) };
        let (mut command, mut id) = (step.command.clone(), step.id);
        if let Some(choice) = step.choice {
            if lives.takes_one(&command) {
                match lives.one_of(choice) {
                    Some(one) => id = one,
                    None => command = step.first.clone(),
                }
            }
            dictionary::name(&mut command, |prefix| {
                let role = self.cast.roles.iter().position(|role| role.prefix() == prefix)?;
                self.lives.get(role)?.one_of(choice)
            });
        }
        if let Some(echo) = step.echo {
            dictionary::echo(&mut command, &lives.states(id), echo);
        }
        self.give(step.role, id, &command, somebody(step.actor)).map(|_| ())
    }

    fn give(&mut self, role: usize, id: Ulid, command: &Value, by: By) -> Result<Answer, Broken> {
        let cast = self.cast;
        let Some(part) = cast.roles.get(role) else {
            return Ok(Answer::Turned("nobody is there".to_owned()));
        };
        if let Some(told) = &mut self.told {
            let (now, (actor, _)) = (self.now, &by);
            told.push(format!(
                "{} {}_{id} {command} by {actor} at {now}",
                part.kind(),
                part.prefix()
            ));
        }
        let answer = self.answer(role, id, command, by)?;
        cast.reach.answered(part.kind(), command, &answer);
        if let Some(note) = self.told.as_mut().and_then(|told| told.last_mut()) {
            note.push_str("\n       ");
            note.push_str(&match &answer {
                Answer::Executed(events) if events.is_empty() => "already so".to_owned(),
                Answer::Executed(events) => events.join(", "),
                Answer::Turned(why) => why.clone(),
            });
        }
        Ok(answer)
    }

    fn answer(&mut self, role: usize, id: Ulid, command: &Value, by: By) -> Result<Answer, Broken> {
        let nobody = || Answer::Turned("nobody is there".to_owned());
        let facts = self.facts(id, by);
        let Some(lives) = self.lives.get(role) else { return Ok(nobody()) };
        let asked = match lives.asks(command, &facts)? {
            Ok(asked) => asked,
            Err(why) => return Ok(Answer::Turned(format!("unlike the command: {why}"))),
        };
        let seen = Facts { referenced: self.found(&asked), ..facts.clone() };
        let Some(lives) = self.lives.get_mut(role) else { return Ok(nobody()) };
        let (events, claims) = match lives.decide(command, &seen)? {
            Verdict::Refused(why) => return Ok(Answer::Turned(format!("refused: {why}"))),
            Verdict::Decided(events, claims) => (events, claims),
        };
        let kind = self.cast.roles.get(role).map_or("", |role| role.kind());
        if !self.register.accepts((kind, id), &claims)? {
            return Ok(Answer::Turned("conflict: a value is claimed by another".to_owned()));
        }
        let version = lives.version(id);
        lives.commit(id)?;
        let names = events.iter().map(|event| event.name).collect();
        self.store(role, kind, version, events, &seen);
        // Whoever repeats an order must get an answer, whatever it is.
        let seen = Facts { referenced: self.found(&asked), ..facts };
        if let Some(lives) = self.lives.get_mut(role) {
            lives.decide(command, &seen)?;
        }
        Ok(Answer::Executed(names))
    }

    fn facts(&self, target: Ulid, (actor, reason): By) -> Facts {
        let turn = self.log.len() as u64 + 1;
        Facts {
            tenant: fixed::TENANT,
            target,
            actor,
            now: self.now,
            command_id: fixed::ulid_of("cmd", turn),
            correlation_id: fixed::ulid_of("cor", turn),
            causation_id: None,
            reason,
            referenced: Referenced::default(),
        }
    }

    fn found(&self, asked: &References) -> Referenced {
        let state = |(kind, id): &(&'static str, Ulid)| {
            let lives = self.cast.place(kind).and_then(|place| self.lives.get(place));
            lives.map_or_else(
                || {
                    self.cast.reach.missed(kind);
                    ReferencedState { kind, id: *id, version: 0, state: None }
                },
                |lives| lives.find(*id),
            )
        };
        Referenced {
            states: asked.aggregates.iter().map(state).collect(),
            series: asked
                .series
                .iter()
                .map(|name| (name.clone(), self.register.last(name)))
                .collect(),
        }
    }

    fn store(
        &mut self,
        role: usize,
        kind: &'static str,
        version: u64,
        events: Vec<Encoded>,
        facts: &Facts,
    ) {
        for (version, encoded) in (version + 1..).zip(events) {
            self.cast.reach.came_about(kind, encoded.name);
            let position = self.log.len() as u64 + 1;
            let envelope = Envelope {
                occurred_at: facts.now,
                recorded_at: facts.now,
                actor: facts.actor.clone(),
                command_id: facts.command_id,
                correlation_id: facts.correlation_id,
                reason: facts.reason.clone(),
                ..fixed::envelope(kind, facts.target, position, version)
            };
            self.log.push(Stored { role, envelope, encoded });
        }
    }

    /// The log as another tenant's, or its own.
    pub(super) fn log(&self, tenant: Ulid) -> Result<Vec<AnyRecorded>, Broken> {
        self.log
            .iter()
            .filter_map(|stored| Some((self.lives.get(stored.role)?, stored)))
            .map(|(lives, stored)| {
                lives.recorded(Envelope { tenant, ..stored.envelope.clone() }, &stored.encoded)
            })
            .collect()
    }
}

/// A few people and programs, some of whom say why.
fn somebody(number: usize) -> By {
    let actor = match number {
        1 => fixed::person("sipho", &["owner", "admin"]),
        2 => fixed::person("lerato", &[]),
        3 => Actor::system("timer"),
        _ => fixed::somebody(),
    };
    (actor, (number % 2 == 1).then(|| "it was asked for".to_owned()))
}
