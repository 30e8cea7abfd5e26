//! Pasts that were put into tables.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use event_store::pg::{number, ulid, unsigned, uuid};
use tokio_postgres::Row;
use ulid::Ulid;

use super::{ReadFault, Reading};
use crate::{
    problem::{Code, Problem},
    sql::{Param, Statement},
};

/// What the ids of pasts begin with.
const PREFIX: &str = "past_";

/// Which past is asked for, as the header `As-Of` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// The one of an id.
    Past(Ulid),
    /// The one of a position in the log.
    Position(u64),
}

impl FromStr for AsOf {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let position = || text.strip_prefix("position=")?.parse().ok().map(Self::Position);
        let id = || Ulid::from_string(text.strip_prefix(PREFIX)?).ok().map(Self::Past);
        id().or_else(position).ok_or_else(|| {
            let shown: String = text.chars().take(64).collect();
            Problem::invalid(format!(
                "As-Of: expected past_01J9ZQ8V5M3N8T1W2X4Y6Z7A8B or position=42, got {shown:?}"
            ))
        })
    }
}

/// A past that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    /// What stands in its tables where the tenant stands in others.
    pub(super) id: Ulid,
    pub(crate) position: u64,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Put {
    /// Its id as clients know it.
    pub(crate) fn name(&self) -> String {
        format!("{PREFIX}{}", self.id)
    }
}

/// A past, and how far its tables are. $1 the tenant, $2 what it is named by,
/// $3 the consumers whose tables are needed.
const FIND: &str = "\
    SELECT past.past_id, past.position, past.expires_at, \
        count(*) FILTER (WHERE it.erasures = head.erasures), \
        coalesce(sum(it.folded), 0)::bigint, max(it.error) \
    FROM log.pasts AS past \
    JOIN log.heads AS head ON head.tenant_id = past.tenant_id \
    LEFT JOIN log.past_tables AS it ON it.tenant_id = past.tenant_id \
        AND it.past_id = past.past_id AND it.consumer = ANY ($3) \
    WHERE past.tenant_id = $1 AND past.expires_at > now() AND past.";

impl Reading {
    /// The same view, of a past that was put into tables.
    ///
    /// # Errors
    /// When there is none, or not all of its tables are there yet.
    pub(crate) async fn of_put(&self, wanted: AsOf) -> Result<std::sync::Arc<Self>, Problem> {
        let (column, named) = match wanted {
            AsOf::Past(id) => ("past_id", Param::Id(uuid(id))),
            AsOf::Position(at) => ("position", Param::Int(number(at))),
        };
        let text =
            format!("{FIND}{column} = $2 GROUP BY past.tenant_id, past.past_id, head.erasures");
        let tenant = Param::Id(uuid(self.tenant));
        let params = vec![tenant, named, Param::Texts(self.consumers.clone())];
        let rows = self.rows("past", &Statement { text, params }).await?;
        let (put, filling) = found(rows.first().ok_or_else(missing)?).map_err(ReadFault::from)?;
        let tables = self.consumers.len() as u64;
        if filling.filled < tables {
            if let Some(error) = filling.error {
                tracing::error!(past = put.name(), error, "a past is not there");
            }
            return Err(unfinished(&put, filling.folded, tables));
        }
        Ok(std::sync::Arc::new(Self { put: Some(put), ..self.copy() }))
    }
}

/// How far the tables of a past are.
struct Filling {
    /// How many are there.
    filled: u64,
    /// How many positions were folded, of all tables.
    folded: u64,
    error: Option<String>,
}

fn found(row: &Row) -> Result<(Put, Filling), tokio_postgres::Error> {
    let number = |at: usize| row.try_get(at).map(unsigned);
    let put = Put { id: ulid(row.try_get(0)?), position: number(1)?, expires_at: row.try_get(2)? };
    Ok((put, Filling { filled: number(3)?, folded: number(4)?, error: row.try_get(5)? }))
}

fn missing() -> Problem {
    Problem::invalid(
        "As-Of: there is no such past in tables; an operator makes one by: tenantry past start",
    )
}

/// What of a past is not there yet.
fn unfinished(put: &Put, folded: u64, tables: u64) -> Problem {
    let of = put.position.saturating_mul(tables);
    let message = format!("As-Of: {} is being put into tables; try again later", put.name());
    Problem::new(Code::Unavailable, message).with("folded", folded).with("of", of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_is_named_by_its_id_or_its_position() {
        let id = Ulid::generate();
        assert_eq!(format!("past_{id}").parse::<AsOf>().unwrap(), AsOf::Past(id));
        assert_eq!(" position=42 ".parse::<AsOf>().unwrap(), AsOf::Position(42));
        for text in ["", "42", "position=-1", "position=", "past_1", "2026-11-20"] {
            let refused = text.parse::<AsOf>().unwrap_err().message;
            assert!(refused.starts_with("As-Of: expected "), "{refused}");
        }
    }
}
