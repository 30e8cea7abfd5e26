//! Rows that were read, and what is read for them further on.
//!
//! All rows of one statement make a [`Batch`]. When a field of one of them
//! needs other rows, they are read for the whole batch at once, by whoever
//! asks first; the others wait for it. A relation therefore costs one
//! statement however many rows there are, without waiting to see who else
//! might ask.

mod batch;
mod children;
mod folding;
mod grouped;
mod history;
mod needs;
mod page;
mod parents;
mod past;
mod past_rows;

use std::sync::Arc;

use domain::kernel::Registry;

pub(crate) use batch::{Batch, Row, opaque_id, values};
pub(crate) use children::{children_of, only_child_of};
pub(crate) use grouped::{Grouped, read_groups};
pub(crate) use history::{FieldChange, History, Span, Version, read_history};
pub(crate) use needs::{ConnectionNeeds, GroupNeeds, row_fields};
pub(crate) use page::{Connection, Edge, read_page};
pub(crate) use parents::{Parents, parent_of, read_parents};
pub(crate) use past::{Past, read_past};
pub(crate) use past_rows::as_of;

use crate::{
    catalogue::{Catalogue, Model},
    settings::Settings,
};

/// What all queries share.
pub(crate) struct Shared {
    pub(crate) catalogue: Catalogue,
    pub(crate) registry: Arc<Registry>,
    pub(crate) settings: Settings,
}

impl Shared {
    pub(crate) fn model(&self, index: usize) -> Option<&Model> {
        self.catalogue.model(index)
    }
}
