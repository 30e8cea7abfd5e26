//! A row of the source as an event of ours.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::kernel::{
    Actor, ActorKind, AggregateEntry, AnyRecorded, Claim, Envelope, NAMED_MESSAGE_PACK, Registry,
    Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use ulid::Ulid;

use super::{
    Rules, ids,
    payload::{self, Form},
    rules::Target,
    seal::Matchers,
    source::SourceRow,
};

/// An event ready to be written.
pub(super) struct Prepared {
    pub(super) tenant: Ulid,
    pub(super) stream: Ulid,
    pub(super) source: (String, String),
    pub(super) version: i64,
    pub(super) target: Target,
    pub(super) event_id: Ulid,
    /// When it happened, where the source says so.
    pub(super) time: Option<DateTime<Utc>>,
    pub(super) actor: String,
    pub(super) correlation_id: Ulid,
    pub(super) trace_parent: Option<String>,
    pub(super) metadata: Vec<u8>,
    /// How it was written.
    pub(super) origin: Value,
    pub(super) payload: Vec<u8>,
    /// What it takes and releases, when its aggregate is declared.
    pub(super) claims: Vec<Claim>,
    /// Whether personal values lie open in the payload, where they can be found.
    pub(super) personal: bool,
    /// How the payload is written.
    pub(super) codec: i16,
    /// Whose the sealed values in it are.
    pub(super) subjects: Vec<Ulid>,
}

impl Prepared {
    /// Its name in the log.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.target.stream_type, self.target.event)
    }
}

/// What is kept of an event as it was, beside what became of it.
#[derive(Serialize)]
struct Origin<'a> {
    event: &'a str,
    version: &'a str,
    form: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: &'a Map<String, Value>,
}

/// The metadata column of an imported event.
#[derive(Serialize)]
struct Metadata<'a> {
    imported: Origin<'a>,
}

/// Makes events of rows.
pub(super) struct Preparer<'a> {
    pub(super) registry: &'a Registry,
    /// What personal values are found by, of the tenants that are to have them
    /// sealed. Nothing: they stay open.
    pub(super) matchers: Option<Matchers>,
    pub(super) rules: &'a Rules,
    /// Tenants by what the rule finds.
    pub(super) tenants: BTreeMap<String, Ulid>,
}

impl Preparer<'_> {
    /// Makes an event of a row, or says why not.
    pub(super) fn prepare(&self, row: SourceRow) -> Result<Prepared, String> {
        let SourceRow { kind, id, sequence, event, version, payload, metadata, tenant, time } = row;
        let payload: Value = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
        let target = self.rules.target(&kind, &event, &version);
        let (fields, form) = payload::fields(&event, payload, self.rules.event(&kind, &event));
        let payload = rmp_serde::to_vec_named(&fields).map_err(|error| error.to_string())?;
        let metadata = metadata.and_then(|text| serde_json::from_str(&text).ok());
        let metadata: Map<String, Value> = match metadata {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let said = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::to_owned);
        let actor = self.rules.actor.as_deref().and_then(said);
        let tenant = tenant.and_then(|named| self.tenants.get(&named).copied()).unwrap_or_default();
        let event_id = ids::of_event(tenant, &kind, &id, sequence);
        let (form, tag) = Form::parts(&form);
        let origin = Origin { event: &event, version: &version, form, tag, metadata: &metadata };
        let mut prepared = Prepared {
            tenant,
            stream: ids::of_stream(&kind, &id, self.rules.ids(&kind)).0,
            version: sequence,
            event_id,
            time,
            actor: actor.map_or_else(|| "system:postgres-es".to_owned(), |id| format!("user:{id}")),
            correlation_id: said("correlation_id")
                .and_then(|text| ids::shaped(&text))
                .unwrap_or(event_id),
            trace_parent: said("traceparent"),
            metadata: rmp_serde::to_vec_named(&Metadata { imported: origin })
                .map_err(|error| error.to_string())?,
            origin: json!({ "event": event, "version": version, "form": form, "tag": tag }),
            payload,
            claims: vec![],
            personal: false,
            codec: NAMED_MESSAGE_PACK,
            subjects: vec![],
            target,
            source: (kind, id),
        };
        self.read(&mut prepared)?;
        Ok(prepared)
    }

    /// Whether the events of a type are declared here.
    pub(super) fn declared(&self, target: &Target) -> bool {
        self.registry.aggregate(&target.stream_type).is_some()
    }

    /// Whether anything in an event is declared as personal.
    pub(super) fn personal(&self, target: &Target) -> bool {
        self.registry
            .aggregate(&target.stream_type)
            .and_then(|aggregate| aggregate.events.iter().find(|event| event.name == target.event))
            .is_some_and(|event| event.personal)
    }

    /// Reads a declared event as its readers will, and asks what it claims. One
    /// with personal values is written anew, so that they can be found.
    fn read(&self, event: &mut Prepared) -> Result<(), String> {
        let Some(aggregate) = self.registry.aggregate(&event.target.stream_type) else {
            return Ok(());
        };
        let recorded = self.decode(aggregate, event)?;
        event.claims = aggregate.claims(&recorded);
        let Some(matchers) = &self.matchers else {
            event.claims.retain(|claim| !claim.is_personal());
            return Ok(());
        };
        event.claims.iter_mut().for_each(|claim| matchers.hash(event.tenant, claim));
        if !self.personal(&event.target) {
            return Ok(());
        }
        let encoded = aggregate.encode(&recorded).map_err(|error| error.to_string())?;
        if let Some(encoded) = encoded {
            event.personal = encoded.personal;
            event.target.schema_version = encoded.schema_version;
            event.payload = encoded.payload;
        }
        Ok(())
    }

    fn decode(&self, aggregate: &AggregateEntry, event: &Prepared) -> Result<AnyRecorded, String> {
        let now = Timestamp::from(event.time.unwrap_or_default());
        let envelope = Envelope {
            event_id: event.event_id,
            tenant: event.tenant,
            position: 1,
            stream_type: aggregate.name.into(),
            stream_id: event.stream,
            version: u64::try_from(event.version).unwrap_or(1),
            occurred_at: now,
            recorded_at: now,
            actor: Actor {
                kind: ActorKind::System,
                id: String::new(),
                roles: vec![],
                impersonator: None,
            },
            command_id: event.event_id,
            correlation_id: event.correlation_id,
            causation_id: None,
            reason: None,
            trace_parent: None,
        };
        let Target { event: name, schema_version, .. } = &event.target;
        let stored = crate::StoredEvent {
            envelope,
            name: name.clone(),
            schema_version: *schema_version,
            codec: NAMED_MESSAGE_PACK,
            payload: bytes::Bytes::copy_from_slice(&event.payload),
        };
        match crate::decode(self.registry, stored) {
            Ok(recorded) => Ok(recorded),
            Err(crate::DecodeError::Event { source, .. }) => Err(source.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}
