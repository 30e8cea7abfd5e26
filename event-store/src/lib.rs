//! The log: append, read, subscribe, codec, and the command path over cqrs-es.
