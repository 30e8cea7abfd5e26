//! Writing a statement down.

use event_store::pg::uuid;

use super::{Param, Source};
use crate::catalogue::{Catalogue, Model};

/// A statement and what is bound to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) params: Vec<Param>,
}

/// A statement as far as it is written. Its first parameter says whose rows it
/// reads.
pub(super) struct Writer<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) source: Source,
    text: String,
    params: Vec<Param>,
    aliases: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, source: Source) -> Self {
        Self {
            catalogue,
            source,
            text: String::with_capacity(512),
            params: vec![Param::Id(uuid(source.whose))],
            aliases: 0,
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes a parameter in the place of a value.
    pub(super) fn bind(&mut self, param: Param) {
        let place = self.place(param);
        self.write(&place);
    }

    /// Takes a parameter in, and answers how the text refers to it.
    pub(super) fn place(&mut self, param: Param) -> String {
        let cast = param.cast();
        self.params.push(param);
        format!("${}{cast}", self.params.len())
    }

    /// Writes several things with something between them.
    pub(super) fn separated<T>(
        &mut self,
        things: impl IntoIterator<Item = T>,
        between: &str,
        mut each: impl FnMut(&mut Self, T),
    ) {
        for (place, thing) in things.into_iter().enumerate() {
            if place > 0 {
                self.write(between);
            }
            each(self, thing);
        }
    }

    /// Writes something apart, for use in more than one place.
    pub(super) fn apart(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.text);
        write(self);
        std::mem::replace(&mut self.text, before)
    }

    /// The table of a model.
    pub(super) fn table(&self, model: &Model) -> String {
        self.source.table(model)
    }

    /// A name for another table in the statement.
    pub(super) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }

    pub(super) fn finish(self) -> Statement {
        Statement { text: self.text, params: self.params }
    }
}
