//! Rows that came in by COPY, and are as `log.append` would have left them.

use std::pin::pin;

use anyhow::Result;
use chrono::DateTime;
use tokio_postgres::{
    Client,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};
use ulid::Ulid;
use uuid::Uuid;

use super::history::{Event, History};

/// Events that are handed over at once.
const CHUNK: u64 = 50_000;
const CONNECTIONS: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const EVENTS: &str = "COPY log.events (tenant_id, position, stream_id, version, stream_type, type, \
    schema_version, codec, event_id, occurred_at, recorded_at, actor, command_id, correlation_id, \
    trace_parent, payload) FROM STDIN BINARY";
const EVENT_TYPES: [Type; 16] = [
    Type::UUID,
    Type::INT8,
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::INT2,
    Type::INT2,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::UUID,
    Type::UUID,
    Type::TEXT,
    Type::BYTEA,
];
const COMMANDS: &str = "COPY log.commands (tenant_id, command_id, request_hash, stream_id, \
    version, first_position, last_position, recorded_at) FROM STDIN BINARY";
const COMMAND_TYPES: [Type; 8] = [
    Type::UUID,
    Type::UUID,
    Type::BYTEA,
    Type::UUID,
    Type::INT8,
    Type::INT8,
    Type::INT8,
    Type::TIMESTAMPTZ,
];

/// Fills a log.
pub(super) struct Filler<'a> {
    /// Two sessions of a role that row level security does not hold back.
    pub(super) clients: [&'a Client; 2],
    pub(super) tenants: &'a [Ulid],
}

/// An event with its place.
struct Placed {
    event: Event,
    position: i64,
}

impl Filler<'_> {
    /// Has the history told as far as the log knows it, of which an earlier run
    /// may not have told the heads.
    pub(super) async fn recall(&self, history: &mut History) -> Result<()> {
        let [client, _] = self.clients;
        let sql = "SELECT count(*) FROM log.events WHERE stream_type = 'wallet'";
        if history.told == 0 {
            let known: i64 = client.query_one(sql, &[]).await?.try_get(0)?;
            for _ in 0..known {
                let _event = history.next();
            }
            client.execute(include_str!("heads.sql"), &[]).await?;
        }
        Ok(())
    }

    /// Goes on with the history until the log holds this many events. Says how
    /// many it added.
    pub(super) async fn fill(&self, history: &mut History, until: u64) -> Result<u64> {
        let mut heads = self.heads().await?;
        let there: i64 = heads.iter().sum();
        let missing = until.saturating_sub(u64::try_from(there)?);
        let mut left = missing;
        while left > 0 {
            let chunk: Vec<Placed> = (0..left.min(CHUNK))
                .map(|_| {
                    let event = history.next();
                    let mut position = 0;
                    if let Some(head) = heads.get_mut(event.tenant) {
                        *head += 1;
                        position = *head;
                    }
                    Placed { event, position }
                })
                .collect();
            tokio::try_join!(self.events(history, &chunk), self.commands(&chunk))?;
            left -= chunk.len() as u64;
        }
        self.move_heads(&heads).await?;
        Ok(missing)
    }

    /// Where the tenants' logs end, in the order of the tenants.
    pub(super) async fn heads(&self) -> Result<Vec<i64>> {
        let [client, _] = self.clients;
        let sql = "SELECT h.position FROM unnest($1::uuid[]) WITH ORDINALITY AS t (id, place)
                   JOIN log.heads AS h ON h.tenant_id = t.id ORDER BY t.place";
        let rows = client.query(sql, &[&self.uuids()]).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    async fn move_heads(&self, heads: &[i64]) -> Result<()> {
        let [client, _] = self.clients;
        let sql = "UPDATE log.heads AS h SET position = t.position, recorded_at = now()
                   FROM unnest($1::uuid[], $2::bigint[]) AS t (id, position)
                   WHERE h.tenant_id = t.id AND h.position < t.position";
        client.execute(sql, &[&self.uuids(), &heads]).await?;
        Ok(())
    }

    fn uuids(&self) -> Vec<Uuid> {
        self.tenants.iter().copied().map(uuid).collect()
    }

    fn tenant(&self, place: usize) -> Uuid {
        uuid(self.tenants.get(place).copied().unwrap_or_default())
    }

    async fn events(&self, history: &History, chunk: &[Placed]) -> Result<()> {
        let [client, _] = self.clients;
        let mut writer = pin!(BinaryCopyInWriter::new(client.copy_in(EVENTS).await?, &EVENT_TYPES));
        let kinds: Vec<String> =
            history.forms.iter().map(|form| format!("wallet.{}", form.name)).collect();
        for Placed { event, position } in chunk {
            let (Some(form), Some(kind)) = (history.forms.get(event.form), kinds.get(event.form))
            else {
                continue;
            };
            let at = DateTime::from_timestamp_micros(event.at).unwrap_or_default();
            let command = uuid(event.command);
            let traced = event.remembered.then_some(CONNECTIONS);
            let row: [&(dyn ToSql + Sync); 16] = [
                &self.tenant(event.tenant),
                position,
                &uuid(event.stream),
                &event.version,
                &"wallet",
                kind,
                &form.schema_version,
                &domain::kernel::NAMED_MESSAGE_PACK,
                &uuid(event.id),
                &at,
                &at,
                &"user:01J9ZQ8V5M3N8T1W2X4Y6Z7A8B",
                &command,
                &command,
                &traced,
                &form.payload,
            ];
            writer.as_mut().write(&row).await?;
        }
        writer.finish().await?;
        Ok(())
    }

    async fn commands(&self, chunk: &[Placed]) -> Result<()> {
        let [_, client] = self.clients;
        let mut writer =
            pin!(BinaryCopyInWriter::new(client.copy_in(COMMANDS).await?, &COMMAND_TYPES));
        for Placed { event, position } in chunk.iter().filter(|placed| placed.event.remembered) {
            let at = DateTime::from_timestamp_micros(event.at).unwrap_or_default();
            let mut hash = [0_u8; 32];
            hash[..16].copy_from_slice(&event.command.0.to_be_bytes());
            let row: [&(dyn ToSql + Sync); 8] = [
                &self.tenant(event.tenant),
                &uuid(event.command),
                &hash.as_slice(),
                &uuid(event.stream),
                &event.version,
                position,
                position,
                &at,
            ];
            writer.as_mut().write(&row).await?;
        }
        writer.finish().await?;
        Ok(())
    }
}

fn uuid(ulid: Ulid) -> Uuid {
    event_store::pg::uuid(ulid)
}
