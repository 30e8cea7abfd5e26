//! The peer's side: an aggregate as cqrs-es and postgres-es know it.

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use serde::{Deserialize, Serialize};

/// The smallest aggregate that can be kept.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Account {
    opened: bool,
}

/// Its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    Opened { text: String },
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        "opened".to_owned()
    }
    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

/// It refuses nothing.
#[derive(Debug, thiserror::Error)]
#[error("refused")]
pub(crate) struct Refused;

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = String;
    type Event = AccountEvent;
    type Error = Refused;
    type Services = ();

    async fn handle(
        &mut self,
        text: String,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Refused> {
        sink.write(AccountEvent::Opened { text }, self).await;
        Ok(())
    }

    fn apply(&mut self, _: AccountEvent) {
        self.opened = true;
    }
}
