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

    /// Writes parts all of which must hold, as those of none do.
    pub(super) fn all_of<T>(&mut self, parts: Vec<T>, each: impl FnMut(&mut Self, T)) {
        self.joined(parts, "true", " AND ", each);
    }

    /// Writes parts one of which must hold, as none of none does.
    pub(super) fn any_of<T>(&mut self, parts: Vec<T>, each: impl FnMut(&mut Self, T)) {
        self.joined(parts, "false", " OR ", each);
    }

    fn joined<T>(
        &mut self,
        parts: Vec<T>,
        of_none: &str,
        word: &str,
        each: impl FnMut(&mut Self, T),
    ) {
        if parts.is_empty() {
            return self.write(of_none);
        }
        self.write("(");
        self.separated(parts, word, each);
        self.write(")");
    }

    /// Writes something that must not hold; what is unknown does not.
    pub(super) fn not(&mut self, write: impl FnOnce(&mut Self)) {
        self.write("((");
        write(self);
        self.write(") IS NOT TRUE)");
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
