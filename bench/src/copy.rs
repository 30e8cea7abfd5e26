//! The physical limit: the same rows by binary COPY, with as many of them to a
//! commit as the log has had, on as many connections as it has flushers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use event_store::pg::uuid;
use tokio_postgres::{Client, binary_copy::BinaryCopyInWriter, types::Type};
use ulid::Ulid;

use crate::server::LogDatabase;

/// Rows per second.
pub(crate) async fn limit(
    database: &LogDatabase,
    connections: usize,
    rows_per_commit: usize,
    tenants: usize,
    length: Duration,
) -> Result<f64> {
    let owner = database.client().await?;
    owner
        .batch_execute(
            "DROP TABLE IF EXISTS public.copied;
             CREATE TABLE public.copied (LIKE log.events INCLUDING ALL)",
        )
        .await?;
    let end = Instant::now() + length;
    let mut running = tokio::task::JoinSet::new();
    for place in 0..connections {
        let client = database.client().await?;
        // No tenant is written on two connections, as in the log.
        let own: Vec<Ulid> = (0..tenants.div_ceil(connections))
            .map(|tenant| Ulid::from_parts(place as u64, tenant as u128))
            .collect();
        running.spawn(async move {
            let (mut rows, mut next) = (0_usize, 0_usize);
            while Instant::now() < end {
                let batch = (next..next + rows_per_commit)
                    .map(|row| (own.get(row % own.len()).copied().unwrap_or_default(), row));
                copy(&client, batch).await?;
                next += rows_per_commit;
                rows += rows_per_commit;
            }
            anyhow::Ok(rows)
        });
    }
    let mut rows = 0;
    while let Some(copied) = running.join_next().await {
        rows += copied??;
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate to show")]
    let rate = rows as f64 / length.as_secs_f64();
    Ok(rate)
}

async fn copy(client: &Client, rows: impl Iterator<Item = (Ulid, usize)>) -> Result<()> {
    let types = [
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
        Type::BYTEA,
    ];
    let sink = client
        .copy_in(
            "COPY public.copied (tenant_id, position, stream_id, version, stream_type, type,
                 schema_version, codec, event_id, occurred_at, recorded_at, actor, command_id,
                 correlation_id, payload) FROM STDIN BINARY",
        )
        .await?;
    let writer = BinaryCopyInWriter::new(sink, &types);
    let mut writer = std::pin::pin!(writer);
    let now = std::time::SystemTime::now();
    let payload = vec![0x61_u8; 200];
    for (tenant, row) in rows {
        let [stream, event, command] = [(); 3].map(|()| uuid(Ulid::generate()));
        let position = i64::try_from(row).context("too many rows")?;
        writer
            .as_mut()
            .write(&[
                &uuid(tenant),
                &position,
                &stream,
                &1_i64,
                &"account",
                &"account.opened",
                &1_i16,
                &1_i16,
                &event,
                &now,
                &now,
                &"system:bench",
                &command,
                &command,
                &payload,
            ])
            .await?;
    }
    writer.finish().await?;
    Ok(())
}
