//! Personal data in what is read and asked.

use domain::kernel::Cell;
use event_store::keys::{KeyError, KeyRing, Keys, Matcher, subject_of};
use tokio_postgres::Row;
use ulid::Ulid;

use crate::{
    catalogue::{Model, Personal},
    reading::ReadFault,
};

/// Finds personal values of a tenant without knowing them.
pub(crate) struct Finder<'a> {
    pub(crate) ring: &'a KeyRing,
    pub(crate) tenant: Ulid,
}

impl Finder<'_> {
    /// What turns values into what they are found by. None: the tenant has no
    /// personal data.
    ///
    /// # Errors
    /// When the keys cannot be had.
    pub(crate) async fn matcher(&self) -> Result<Option<Matcher>, ReadFault> {
        Ok(self.ring.matcher(self.tenant).await?)
    }
}

/// Opens the personal values in the rows of one statement.
#[derive(Default)]
pub(crate) struct Opener(Keys);

impl Opener {
    /// Looks up the keys of all rows at once, if any of the fields, which stand
    /// from a column on, is personal.
    ///
    /// # Errors
    /// When the keys cannot be had.
    pub(crate) async fn of(
        finder: Finder<'_>,
        model: &Model,
        fields: &[usize],
        rows: &[Row],
        from: usize,
    ) -> Result<Self, ReadFault> {
        let is_personal =
            |field: &usize| model.field(*field).is_some_and(|field| field.personal.is_some());
        let places: Vec<usize> = fields
            .iter()
            .zip(from..)
            .filter(|(field, _)| is_personal(field))
            .map(|(_, at)| at)
            .collect();
        if places.is_empty() {
            return Ok(Self::default());
        }
        let mut subjects = vec![];
        for row in rows {
            for place in &places {
                subjects.extend(row.try_get::<_, Option<&[u8]>>(*place)?.and_then(subject_of));
            }
        }
        subjects.sort_unstable();
        subjects.dedup();
        Ok(Self(finder.ring.keys(finder.tenant, &subjects).await?))
    }

    /// Opens a value; nothing once its subject has been erased.
    ///
    /// # Errors
    /// When it was altered or moved.
    pub(crate) fn open(&self, personal: &Personal, sealed: &[u8]) -> Result<Cell, ReadFault> {
        let opened = match self.0.open(personal.place.as_bytes(), sealed) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(place = personal.place, %error, "a personal value does not open");
                return Err(ReadFault::Broken);
            }
        };
        let Some(opened) = opened else { return Ok(Cell::Null) };
        Cell::Personal(opened).plain(&personal.kind).map_err(|error| {
            tracing::error!(place = personal.place, %error, "a personal value cannot be shown");
            ReadFault::Broken
        })
    }
}

impl From<KeyError> for ReadFault {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Log(event_store::ReadError::Unavailable(_)) => {
                tracing::warn!(%error, "keys of personal data cannot be looked up");
                Self::Unavailable
            }
            KeyError::NoMasterKey | KeyError::UnknownMasterKey(_) | KeyError::File { .. } => {
                tracing::error!(%error, "personal data cannot be read");
                Self::NoMasterKey
            }
            _ => {
                tracing::error!(%error, "personal data cannot be read");
                Self::Broken
            }
        }
    }
}
