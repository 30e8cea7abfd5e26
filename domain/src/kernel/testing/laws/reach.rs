//! How far random commands have come. Laws that hold of nothing hold, too, so
//! it must be far enough.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use crate::kernel::AnyRecorded;

use super::{role::Role, world::Answer};

/// What has come about in all worlds so far.
#[derive(Default)]
pub(super) struct Reach {
    events: RefCell<BTreeSet<(&'static str, &'static str)>>,
    strangers: RefCell<BTreeSet<&'static str>>,
    answers: RefCell<Answers>,
}

/// For each command, by type and name, how often it was carried out, and how
/// often it came to nothing for which reason.
type Answers = BTreeMap<(&'static str, String), (usize, BTreeMap<String, usize>)>;

impl Reach {
    /// Notes that an event has come about.
    pub(super) fn came_about(&self, kind: &'static str, event: &'static str) {
        self.events.borrow_mut().insert((kind, event));
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
        role: &dyn Role,
        matters: impl Fn(&AnyRecorded) -> bool,
    ) -> Option<String> {
        let kind = role.kind();
        let reached = self.events.borrow();
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
