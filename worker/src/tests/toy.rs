//! A caller whose events say what its reaction shall do, and a listener who
//! hears what it is told.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::kernel::{
    Aggregate, Command, Context, Dispatch, Domain, Event, Facts, Id, Intent, Interpreter, Kind,
    Personal, Reaction, Recorded, Rejection, Timer, Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the reaction panics at [`Call::Stumble`].
pub(super) static STUMBLING: AtomicBool = AtomicBool::new(true);

/// Makes others act.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Caller {}

/// Hears.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Listener {}

/// What a caller's reaction shall do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Call {
    /// Tell a listener now.
    Tell { listener: Id<Listener>, word: String },
    /// Tell a listener later.
    TellAt { name: String, due: Timestamp, listener: Id<Listener>, word: String },
    /// Tell a listener now what is nobody else's business.
    Whisper { listener: Id<Listener>, word: Personal<String> },
    /// Tell a listener later what is nobody else's business.
    WhisperAt { name: String, due: Timestamp, listener: Id<Listener>, word: Personal<String> },
    /// Do not tell later.
    Forget { name: String },
    /// Fail.
    Stumble {},
}

/// Orders to a caller.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CallerCommand {
    /// Calls.
    Call(CallOut),
}

/// Calls.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CallOut {
    /// What to call.
    pub(super) calls: Vec<Call>,
}

impl Command for CallerCommand {
    const CREATE: &'static [&'static str] = &["call"];
}

/// What happens to a caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CallerEvent {
    /// It called.
    Called {
        /// What.
        calls: Vec<Call>,
    },
}

impl Event for CallerEvent {}

/// Orders to a listener.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ListenerCommand {
    /// Hears a word.
    Hear(Hear),
}

/// Hears a word.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Hear {
    /// The word.
    pub(super) word: String,
}

impl Command for ListenerCommand {
    const CREATE: &'static [&'static str] = &["hear"];
}

/// What happens to a listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ListenerEvent {
    /// It heard a word.
    Heard {
        /// The word.
        word: String,
        /// At what time, as it thinks.
        at: Timestamp,
    },
}

impl Event for ListenerEvent {}

/// Why they refuse.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Unwilling {
    /// Does not want to hear that.
    #[error("does not want to hear {word:?}")]
    Deaf {
        /// What.
        word: String,
    },
}

impl Rejection for Unwilling {}

impl Kind for Caller {
    const TYPE: &'static str = "caller";
    const PREFIX: &'static str = "cal";
}

impl Kind for Listener {
    const TYPE: &'static str = "listener";
    const PREFIX: &'static str = "lis";
}

impl Aggregate for Caller {
    type Command = CallerCommand;
    type Event = CallerEvent;
    type Rejection = Unwilling;

    fn decide(&self, command: CallerCommand, _: &Facts) -> Result<Vec<CallerEvent>, Unwilling> {
        let CallerCommand::Call(CallOut { calls }) = command;
        Ok(vec![CallerEvent::Called { calls }])
    }
    fn evolve(&mut self, _: &CallerEvent) {}
}

impl Aggregate for Listener {
    type Command = ListenerCommand;
    type Event = ListenerEvent;
    type Rejection = Unwilling;

    fn decide(
        &self,
        command: ListenerCommand,
        facts: &Facts,
    ) -> Result<Vec<ListenerEvent>, Unwilling> {
        let ListenerCommand::Hear(Hear { word }) = command;
        if word == "no" {
            return Err(Unwilling::Deaf { word });
        }
        Ok(vec![ListenerEvent::Heard { word, at: facts.now }])
    }
    fn evolve(&mut self, _: &ListenerEvent) {}
}

/// Does what callers call for.
pub(super) struct PassOn;

impl Reaction for PassOn {
    const NAME: &'static str = "pass-on";
    type Source = Caller;

    fn react(event: &Recorded<Caller>) -> Vec<Intent> {
        let CallerEvent::Called { calls } = &event.event;
        let hear = |listener: &Id<Listener>, word: &String| {
            Dispatch::to(*listener, &ListenerCommand::Hear(Hear { word: word.clone() }))
        };
        let timer = |name: &str| Timer::of(event.id, name);
        calls
            .iter()
            .map(|call| match call {
                Call::Tell { listener, word } => Intent::Dispatch(hear(listener, word)),
                Call::TellAt { name, due, listener, word } => Intent::Schedule {
                    timer: timer(name),
                    due: *due,
                    dispatch: hear(listener, word),
                },
                Call::Whisper { listener, word } => {
                    Intent::Dispatch(hear(listener, &word.known().cloned().unwrap_or_default()))
                }
                Call::WhisperAt { name, due, listener, word } => Intent::Schedule {
                    timer: timer(name),
                    due: *due,
                    dispatch: hear(listener, &word.known().cloned().unwrap_or_default()),
                },
                Call::Forget { name } => Intent::Cancel(timer(name)),
                Call::Stumble {} => {
                    assert!(!STUMBLING.load(Ordering::SeqCst), "stumbled, as asked");
                    Intent::Cancel(timer("none"))
                }
            })
            .collect()
    }
}

/// Repeats to one listener whatever another has heard, once.
pub(super) struct Gossip;

impl Reaction for Gossip {
    const NAME: &'static str = "gossip";
    type Source = Listener;

    fn react(event: &Recorded<Listener>) -> Vec<Intent> {
        let ListenerEvent::Heard { word, .. } = &event.event;
        if word.starts_with("psst") {
            return vec![];
        }
        let psst = Hear { word: format!("psst {word}") };
        vec![Intent::dispatch(Id::<Listener>::derived(&["gossip"]), &ListenerCommand::Hear(psst))]
    }
}

struct Street;

impl Context for Street {
    const NAME: &'static str = "street";
    const DOC: &'static str = "Where people call.";
    fn declare(to: &mut impl Interpreter) {
        to.aggregate::<Caller>();
        to.aggregate::<Listener>();
    }
}

/// Nobody reacts.
pub(super) struct Silent;

impl Domain for Silent {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Street>();
    }
}

/// Calls are passed on.
pub(super) struct Plain;

impl Domain for Plain {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Street>();
        to.reaction::<PassOn>();
    }
}

/// Calls are passed on, and there is gossip.
pub(super) struct Chatty;

impl Domain for Chatty {
    fn declare(to: &mut impl Interpreter) {
        to.context::<Street>();
        to.reaction::<PassOn>();
        to.reaction::<Gossip>();
    }
}
