//! Whether a row that is not what it should be is another that was moved.

use std::collections::BTreeMap;

use super::{
    super::{Hash, leaf::hash_at_position},
    Found, Kind,
};

/// The most rows that are looked at for it, and the most places.
const MOST: usize = 1_000;

/// Rows that are where they should not be, and places whose rows are
/// elsewhere. A leaf names its position, so that a row fits another place if it
/// gives the hash that was sealed there once that position is put in.
#[derive(Debug, Default)]
pub(super) struct Moves {
    rows: Vec<Row>,
    places: BTreeMap<i64, Hash>,
}

#[derive(Debug)]
struct Row {
    position: i64,
    content: Vec<u8>,
    kind: Kind,
}

impl Moves {
    /// A row that differs. It is told when all is known.
    pub(super) fn row(&mut self, position: i64, content: Vec<u8>, kind: Kind, found: &mut Found) {
        if self.rows.len() < MOST {
            self.rows.push(Row { position, content, kind });
        } else {
            tell(position, kind, found);
        }
    }

    /// A place whose row is gone or another.
    pub(super) fn place(&mut self, position: i64, sealed: Hash) {
        if self.places.len() < MOST {
            self.places.insert(position, sealed);
        }
    }

    /// Tells all rows that differ.
    pub(super) fn tell(self, found: &mut Found) {
        for row in self.rows {
            let home = self.places.iter().find(|(position, sealed)| {
                **position != row.position && hash_at_position(&row.content, **position) == **sealed
            });
            match home {
                None => tell(row.position, row.kind, found),
                Some((home, _)) => {
                    let detail =
                        format!("the event that was sealed at position {home} stands here");
                    found.add(Kind::MovedRow, (row.position, row.position), detail);
                }
            }
        }
    }
}

fn tell(position: i64, kind: Kind, found: &mut Found) {
    let detail = match kind {
        Kind::InsertedRow => "the log never had this event",
        Kind::Contradiction => {
            "no checkpoint that still fits lies behind it to tell which of them is right"
        }
        _ => "it is not the event that was sealed; which column differs cannot be known",
    };
    found.add(kind, (position, position), detail);
}
