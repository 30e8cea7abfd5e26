//! Reading the source, in one snapshot of it.

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Portal, Row, Transaction, types::ToSql};

use super::{ImportError, OrderRule, Rules, TenantRule};

/// Rows that are fetched at once.
const PAGE: i32 = 2_000;

/// The source as it is at one moment.
pub(super) struct Source<'a> {
    transaction: Transaction<'a>,
    pub(super) rules: Rules,
    pub(super) order: OrderRule,
    /// `(…) AS event`: the rows with whose they are and when they were.
    rows: String,
}

/// A stream of the source.
pub(super) struct SourceStream {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) count: i64,
    /// Events that are somebody's, and whose the first and the last are, in
    /// the order of the alphabet.
    pub(super) owned: i64,
    pub(super) tenants: Option<(String, String)>,
}

/// A row of the source.
pub(super) struct SourceRow {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) sequence: i64,
    pub(super) event: String,
    pub(super) version: String,
    pub(super) payload: String,
    pub(super) metadata: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) time: Option<DateTime<Utc>>,
}

impl SourceRow {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            kind: row.try_get(0)?,
            id: row.try_get(1)?,
            sequence: row.try_get(2)?,
            event: row.try_get(3)?,
            version: row.try_get(4)?,
            payload: row.try_get(5)?,
            metadata: row.try_get(6)?,
            tenant: row.try_get(7)?,
            time: row.try_get(8)?,
        })
    }
}

/// A part of the streams: type, id, and the sequence after which it begins.
#[derive(Default)]
pub(super) struct Behind {
    pub(super) kinds: Vec<String>,
    pub(super) ids: Vec<String>,
    pub(super) after: Vec<i64>,
}

impl<'a> Source<'a> {
    /// Opens the source for reading, and finds out about its order.
    pub(super) async fn open(client: &'a mut Client, rules: &Rules) -> Result<Self, ImportError> {
        let tenant = match &rules.tenant {
            Some(rule) => tenant_expression(rule),
            None => {
                return Err(ImportError::Rules(
                    "whose are the events? name a tenant, or a rule that finds it".to_owned(),
                ));
            }
        };
        let transaction = client
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await
            .map_err(ImportError::Source)?;
        // A time without a zone is taken for UTC.
        transaction
            .batch_execute("SET LOCAL TIME ZONE 'UTC'")
            .await
            .map_err(ImportError::Source)?;
        let table = transaction
            .query_one("SELECT to_regclass($1)::text", &[&rules.table])
            .await
            .map_err(ImportError::Source)?
            .get::<_, Option<String>>(0)
            .ok_or_else(|| {
                ImportError::Rules(format!("the source has no table {}", rules.table))
            })?;
        let order = match &rules.order {
            Some(order) => order.clone(),
            None => usual_order(&transaction, &table).await.map_err(ImportError::Source)?,
        };
        let (time, place) = order_expressions(&order);
        let rows = format!(
            "(SELECT event.*, ({tenant})::text AS tenantry_tenant, ({time}) AS tenantry_time, \
             ({place}) AS tenantry_place FROM {table} AS event) AS event"
        );
        Ok(Self { transaction, rules: rules.clone(), order, rows })
    }

    pub(super) async fn close(self) -> Result<(), ImportError> {
        self.transaction.commit().await.map_err(ImportError::Source)
    }

    /// All streams, with what must be known to judge them.
    pub(super) async fn streams(&self) -> Result<Vec<SourceStream>, ImportError> {
        let sql = format!(
            "SELECT aggregate_type, aggregate_id, min(sequence), max(sequence), count(*), \
             count(nullif(tenantry_tenant, '')), min(nullif(tenantry_tenant, '') COLLATE \"C\"), \
             max(nullif(tenantry_tenant, '') COLLATE \"C\") FROM {} GROUP BY 1, 2",
            self.rows
        );
        let mut streams = vec![];
        let mut pages = self.pages(&sql, &[]).await?;
        while let Some(rows) = pages.next().await? {
            for row in rows {
                let tenants: (Option<String>, Option<String>) = (row.get(6), row.get(7));
                streams.push(SourceStream {
                    kind: row.get(0),
                    id: row.get(1),
                    first: row.get(2),
                    last: row.get(3),
                    count: row.get(4),
                    owned: row.get(5),
                    tenants: tenants.0.zip(tenants.1),
                });
            }
        }
        Ok(streams)
    }

    /// A few events that are nobody's.
    pub(super) async fn ownerless(&self, most: usize) -> Result<Vec<String>, ImportError> {
        let sql = format!(
            "SELECT aggregate_type || ' ' || aggregate_id || ' #' || sequence FROM {} \
             WHERE nullif(tenantry_tenant, '') IS NULL \
             ORDER BY aggregate_type, aggregate_id, sequence LIMIT $1",
            self.rows
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self.transaction.query(&sql, &[&most]).await.map_err(ImportError::Source)?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// The rows of these streams, in the order in which they will be
    /// positions. Along a stream time never runs back, so that its sequence is
    /// kept whatever the clock did.
    pub(super) async fn events(&self, behind: &Behind) -> Result<Rows<'_>, ImportError> {
        let sql = format!(
            "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, \
             payload::text, metadata::text, nullif(tenantry_tenant, ''), tenantry_time \
             FROM (SELECT event.*, behind.after, max(event.tenantry_place) OVER (\
             PARTITION BY event.aggregate_type, event.aggregate_id ORDER BY event.sequence) \
             AS tenantry_latest FROM {} \
             JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS behind (kind, id, after) \
             ON event.aggregate_type = behind.kind AND event.aggregate_id = behind.id) AS event \
             WHERE sequence > after \
             ORDER BY tenantry_latest, aggregate_type COLLATE \"C\", aggregate_id COLLATE \"C\", \
             sequence",
            self.rows
        );
        let pages = self.pages(&sql, &[&behind.kinds, &behind.ids, &behind.after]).await?;
        Ok(Rows { pages })
    }

    async fn pages(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Pages<'_>, ImportError> {
        let portal = self.transaction.bind(sql, params).await.map_err(ImportError::Source)?;
        Ok(Pages { transaction: &self.transaction, portal })
    }
}

/// Results, some at a time.
struct Pages<'a> {
    transaction: &'a Transaction<'a>,
    portal: Portal,
}

impl Pages<'_> {
    async fn next(&mut self) -> Result<Option<Vec<Row>>, ImportError> {
        let rows =
            self.transaction.query_portal(&self.portal, PAGE).await.map_err(ImportError::Source)?;
        Ok((!rows.is_empty()).then_some(rows))
    }
}

/// Rows of the source, some at a time.
pub(super) struct Rows<'a> {
    pages: Pages<'a>,
}

impl Rows<'_> {
    pub(super) async fn next(&mut self) -> Result<Option<Vec<SourceRow>>, ImportError> {
        let Some(rows) = self.pages.next().await? else { return Ok(None) };
        let rows: Result<_, _> = rows.iter().map(SourceRow::read).collect();
        rows.map(Some).map_err(ImportError::Source)
    }
}

async fn usual_order(
    transaction: &Transaction<'_>,
    table: &str,
) -> Result<OrderRule, tokio_postgres::Error> {
    let sql = "SELECT count(*) FROM pg_attribute
         WHERE attrelid = to_regclass($1) AND attname = 'timestamp' AND NOT attisdropped";
    let columns: i64 = transaction.query_one(sql, &[&table]).await?.try_get(0)?;
    Ok(if columns > 0 { OrderRule::Column("timestamp".to_owned()) } else { OrderRule::Physical })
}

fn tenant_expression(rule: &TenantRule) -> String {
    match rule {
        TenantRule::Constant(name) => literal(name),
        TenantRule::Metadata(key) => format!("event.metadata ->> {}", literal(key)),
        TenantRule::Pattern(pattern) => {
            format!("substring(event.aggregate_id FROM {})", literal(pattern))
        }
        TenantRule::Sql(expression) => expression.clone(),
    }
}

/// When a row was written, and its place among the others.
fn order_expressions(order: &OrderRule) -> (String, String) {
    let time = match order {
        OrderRule::Column(name) => {
            format!("event.\"{}\"::timestamptz", name.replace('"', "\"\""))
        }
        OrderRule::Metadata(key) => {
            format!("(event.metadata ->> {})::timestamptz", literal(key))
        }
        // Page and line of the row.
        OrderRule::Physical => {
            let place = "(event.ctid::text::point)[0]::bigint * 65536 \
                 + (event.ctid::text::point)[1]::bigint";
            return ("NULL::timestamptz".to_owned(), place.to_owned());
        }
    };
    (time.clone(), time)
}

/// A text as SQL.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
