//! Whether the events of an archive are those that were signed.
//!
//! An archive begins with the first event, so nothing but the events, the
//! checkpoint and a public key is needed: the tree is made anew of what the
//! files say, and its root is the one that was signed, or is not.

use ulid::Ulid;

use super::{ArchiveError, event::EventRow};
use crate::{
    TenantId,
    integrity::{Checkpoint, Keyring, Tree, VerifierKey},
};

/// What to do about an archive that is not what was signed.
const FIX: &str = "take another copy of the archive; where it was made, `tenantry proof audit` \
                   tells whether the log still is what was signed";

/// By whose keys archives are verified.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// With one of these, if there are any, it must be signed.
    pub required: Vec<VerifierKey>,
    /// The keys of this installation, which may be another than the one that the
    /// archive is from.
    pub ours: Option<Keyring>,
}

/// What is known of where the events of an archive come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// None of them was signed when the archive was written.
    Nothing,
    /// The events up to a position are those of a checkpoint that is in the
    /// archive as well. None of the keys has signed that.
    Whole {
        /// The position.
        until: u64,
    },
    /// The events up to a position are those that one of the keys has signed.
    Signed {
        /// The position.
        until: u64,
    },
}

/// The tree of an archive's events, on its way to what was signed.
pub(super) struct Growing {
    signed: Option<Checkpoint>,
    is_trusted: bool,
    tree: Tree,
}

impl Trust {
    /// Begins to verify an archive of a tenant, which has this checkpoint.
    ///
    /// # Errors
    /// When it is none, is of another log, or is not signed as it must be.
    /// `manifest` is where it stands.
    pub(super) fn begin(
        &self,
        manifest: &str,
        tenant: Ulid,
        note: Option<&str>,
    ) -> Result<Growing, ArchiveError> {
        let must = !self.required.is_empty();
        let refused = |what: String| ArchiveError::refused(format!("{manifest}: {what}"));
        let Some(note) = note else {
            if must {
                let what = "it has no checkpoint that a key could have signed";
                return Err(refused(what.to_owned()));
            }
            return Ok(Growing { signed: None, is_trusted: false, tree: Tree::default() });
        };
        let ours = self.ours.as_ref().filter(|_| !must);
        let keys = ours.map_or_else(|| self.required.clone(), |ours| ours.keys(tenant));
        let (checkpoint, verified) = Checkpoint::read(note, &keys)
            .map_err(|error| refused(format!("its checkpoint is not accepted: {error}")))?;
        if checkpoint.tenant() != TenantId(tenant).to_string() {
            return Err(refused(format!("its checkpoint is of {:?}", checkpoint.origin)));
        }
        if let Err(error) = &verified
            && must
        {
            return Err(refused(format!("its checkpoint is not accepted: {error}")));
        }
        let is_trusted = verified.is_ok();
        Ok(Growing { signed: Some(checkpoint), is_trusted, tree: Tree::default() })
    }
}

impl Growing {
    /// Takes the next event.
    pub(super) fn take(&mut self, event: &EventRow) {
        if self.signed.as_ref().is_some_and(|signed| self.tree.size() < signed.size) {
            self.tree.push(event.leaf().hash(), |_, _, _| {});
        }
    }

    /// What is proven once all events were taken.
    ///
    /// # Errors
    /// When they are not those of the checkpoint.
    pub(super) fn end(self, manifest: &str) -> Result<Proven, ArchiveError> {
        let Some(signed) = self.signed else { return Ok(Proven::Nothing) };
        let until = signed.size;
        if self.tree.size() != until || self.tree.root() != signed.root {
            return Err(ArchiveError::Damaged {
                file: manifest.to_owned(),
                what: format!("the events up to position {until} are not those that were signed"),
                fix: FIX,
            });
        }
        Ok(if self.is_trusted { Proven::Signed { until } } else { Proven::Whole { until } })
    }
}
