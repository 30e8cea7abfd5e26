//! Indexes by which text is found.

use domain::kernel::{ReadModelEntry, Search};

use super::name::quoted;

/// What each index is called after its table, and what it is of. The tenant
/// comes first in it, as everywhere.
pub(super) fn indexes(entry: &ReadModelEntry) -> Vec<(String, String)> {
    let columns = entry.table.columns.iter();
    let index = |name: &str, search| {
        let column = quoted(name);
        let of = match search {
            Search::Parts => format!("{column} search.gin_trgm_ops"),
            Search::Words => format!("to_tsvector('simple', {column})"),
        };
        (format!("search_{name}"), format!("USING gin (tenant_id, {of})"))
    };
    columns.filter_map(|column| Some(index(&column.name, column.search?))).collect()
}
