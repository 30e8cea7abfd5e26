//! The versions of read models that a database knows of.

use tokio_postgres::{Error, GenericClient, Row};

use super::{Stands, column::TableColumn};

/// One version of a read model, as `log.read_tables` has it.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) consumer: String,
    pub(crate) read_model: String,
    pub(crate) version: u32,
    pub(crate) state: TableState,
    /// The consumer whose rows readers of this version see.
    pub(crate) shows: Option<String>,
    /// The columns that they look for.
    pub(crate) columns: Vec<TableColumn>,
}

/// What there is of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableState {
    /// No table yet.
    Unbuilt,
    /// A table, which readers see.
    Live,
    /// A table that is kept up to date while readers see another.
    Aside,
}

impl TableState {
    /// As it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unbuilt => "unbuilt",
            Self::Live => "live",
            Self::Aside => "aside",
        }
    }

    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "live" => Self::Live,
            "aside" => Self::Aside,
            _ => Self::Unbuilt,
        }
    }

    /// Where the table stands, if there is one.
    pub(crate) const fn stands(self) -> Option<Stands> {
        match self {
            Self::Unbuilt => None,
            Self::Live => Some(Stands::Live),
            Self::Aside => Some(Stands::Aside),
        }
    }
}

impl Registered {
    /// All versions of a read model, the newest first. Whoever is going to
    /// change something about them keeps others from it until the end of the
    /// transaction.
    pub(crate) async fn all(
        client: &impl GenericClient,
        read_model: &str,
    ) -> Result<Vec<Self>, Error> {
        let sql = "SELECT consumer, read_model, version, state, shows, columns
            FROM log.read_tables WHERE read_model = $1 ORDER BY version DESC FOR UPDATE";
        client.query(sql, &[&read_model]).await?.iter().map(registered).collect()
    }

    /// Writes it down.
    pub(crate) async fn put(&self, client: &impl GenericClient) -> Result<(), Error> {
        let columns = serde_json::to_value(&self.columns).unwrap_or_default();
        let version = i32::try_from(self.version).unwrap_or(i32::MAX);
        let (consumer, read_model) = (&self.consumer, &self.read_model);
        let (state, shows) = (self.state.name(), &self.shows);
        client
            .execute(
                include_str!("../sql/register.sql"),
                &[consumer, read_model, &version, &state, shows, &columns],
            )
            .await
            .map(drop)
    }

    /// The name of its table.
    pub(crate) fn table(&self) -> Option<String> {
        self.state.stands().map(|stands| stands.name(&self.consumer))
    }
}

fn registered(row: &Row) -> Result<Registered, Error> {
    let columns: serde_json::Value = row.try_get(5)?;
    Ok(Registered {
        consumer: row.try_get(0)?,
        read_model: row.try_get(1)?,
        version: u32::try_from(row.try_get::<_, i32>(2)?).unwrap_or(0),
        state: TableState::parse(row.try_get(3)?),
        shows: row.try_get(4)?,
        // What cannot be read is made anew by the next migration.
        columns: serde_json::from_value(columns).unwrap_or_default(),
    })
}
