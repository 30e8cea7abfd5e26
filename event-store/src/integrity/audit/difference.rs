//! What an audit finds.

use std::fmt;

use ulid::Ulid;

use crate::TenantId;

/// The most differences that are told one by one.
const MOST: usize = 10_000;

/// What kind of difference it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A row is not the one that was sealed.
    AlteredRow,
    /// A row is missing.
    DeletedRow,
    /// A row is there that the log never had.
    InsertedRow,
    /// A row stands at another position than the one it was sealed at.
    MovedRow,
    /// Row and tile contradict each other, and nothing that is signed tells
    /// which is right.
    Contradiction,
    /// Rows and tiles agree with each other, but not with what was signed.
    AlteredLog,
    /// The log is shorter than what was signed.
    TruncatedLog,
    /// A tile is not the one that was sealed, or missing.
    AlteredTile,
    /// An object with cold events is not there.
    MissingSegment,
    /// An object with cold events is not the one that was written.
    DamagedSegment,
    /// A checkpoint is not the one that was signed.
    AlteredCheckpoint,
    /// A checkpoint was signed by somebody else.
    ForgedCheckpoint,
}

impl Kind {
    /// The kind in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlteredRow => "altered row",
            Self::DeletedRow => "deleted row",
            Self::InsertedRow => "inserted row",
            Self::MovedRow => "moved row",
            Self::Contradiction => "row and tile contradict each other",
            Self::AlteredLog => "altered log",
            Self::TruncatedLog => "truncated log",
            Self::AlteredTile => "altered tile",
            Self::MissingSegment => "missing segment",
            Self::DamagedSegment => "damaged segment",
            Self::AlteredCheckpoint => "altered checkpoint",
            Self::ForgedCheckpoint => "forged checkpoint",
        }
    }
}

/// One difference between a log and what was signed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose log.
    pub tenant: Ulid,
    /// What kind.
    pub kind: Kind,
    /// The first position it concerns; for a checkpoint its size.
    pub first: i64,
    /// The last position it concerns.
    pub last: i64,
    /// What is known about it.
    pub detail: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", TenantId(self.tenant))?;
        if self.first == self.last {
            write!(f, "position {}", self.first)?;
        } else {
            write!(f, "positions {} to {}", self.first, self.last)?;
        }
        write!(f, ": {}: {}", self.kind.as_str(), self.detail)
    }
}

/// The differences of one tenant, as they are found.
#[derive(Debug)]
pub(super) struct Found {
    tenant: Ulid,
    told: Vec<Difference>,
    count: u64,
}

impl Found {
    pub(super) fn new(tenant: Ulid) -> Self {
        Self { tenant, told: vec![], count: 0 }
    }

    pub(super) fn add(&mut self, kind: Kind, (first, last): (i64, i64), detail: impl Into<String>) {
        self.count += 1;
        if self.told.len() < MOST {
            let detail = detail.into();
            self.told.push(Difference { tenant: self.tenant, kind, first, last, detail });
        }
    }

    /// Rows that are missing, one after the other, are one difference.
    pub(super) fn deleted(&mut self, first: i64, last: i64) {
        const DETAIL: &str = "there is no event here";
        let before = self.told.last_mut().filter(|before| {
            before.kind == Kind::DeletedRow && before.last.checked_add(1) == Some(first)
        });
        match before {
            Some(before) => before.last = last,
            None => self.add(Kind::DeletedRow, (first, last), DETAIL),
        }
    }

    /// All of them by position, and how many there are.
    pub(super) fn into_told(mut self) -> (Vec<Difference>, u64) {
        self.told.sort_by_key(|one| (one.first, one.last));
        (self.told, self.count)
    }
}
