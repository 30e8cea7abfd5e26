//! The statements on a read table, made once per table.

use domain::kernel::{ColumnKind, ReadModelEntry};

use super::{
    Definition,
    definition::type_of,
    name::{list, quoted},
};

/// The statements on one table. The first three take the tenant as `$1`
/// and then one array per column.
#[derive(Debug)]
pub(crate) struct Statements {
    /// Reads rows by their keys: `$2 …` arrays of the key columns.
    pub(crate) load: String,
    /// Writes rows: `$2 …` arrays of all columns, the position last.
    pub(crate) put: String,
    /// Removes rows by their keys: `$2 …` arrays of the key columns.
    pub(crate) remove: String,
    /// Reads all rows of tenant `$1`.
    pub(crate) all: String,
    /// Reads who has rows.
    pub(crate) tenants: String,
    /// Takes rows in bulk, tenant first and position last.
    pub(crate) copy_in: String,
}

impl Statements {
    pub(crate) fn new(entry: &ReadModelEntry, definition: Definition<'_>) -> Self {
        let table = definition.table();
        let columns: Vec<(&str, &ColumnKind)> =
            entry.table.columns.iter().map(|column| (&*column.name, &column.kind)).collect();
        // In the order of the key, not of the columns.
        let key: Vec<_> = entry
            .key
            .iter()
            .filter_map(|key| columns.iter().copied().find(|(name, _)| name == key))
            .collect();
        let names = || columns.iter().map(|(name, _)| *name);
        let written = columns.iter().copied().chain([("updated_position", &ColumnKind::Int)]);
        let keys = format!("unnest({}) AS k ({})", arrays(&key), names_of(&key));
        let same_key: Vec<_> = key
            .iter()
            .map(|(name, _)| format!("f.{name} = k.{name}", name = quoted(name)))
            .collect();
        let of = |table: &str| {
            let names = key.iter().map(|(name, _)| format!("{table}.{}", quoted(name)));
            names.collect::<Vec<_>>().join(", ")
        };
        let selected = names()
            .chain(["updated_position"])
            .map(|name| format!("t.{}", quoted(name)))
            .collect::<Vec<_>>()
            .join(", ");
        let written: Vec<_> = written.collect();
        // Of all indexes only the key's gives the next key in order. Asked for
        // a row's own key, a planner that knows nothing of the table yet might
        // take another, and read all rows of the tenant for each key.
        let each = |selected: &str, taken: &str| {
            format!(
                "SELECT {taken} FROM {keys} CROSS JOIN LATERAL (SELECT {selected} FROM {table} AS t \
                 WHERE t.tenant_id = $1 AND ({t}) >= ({k}) ORDER BY {t} LIMIT 1) AS f \
                 WHERE {same_key}",
                t = of("t"),
                k = of("k"),
                same_key = same_key.join(" AND "),
            )
        };
        Self {
            load: each(&selected, "f.*"),
            put: put(&table, entry.key, &written),
            remove: format!(
                "DELETE FROM {table} AS t WHERE t.tenant_id = $1 AND t.ctid = ANY (ARRAY({}))",
                each(&format!("t.ctid, {}", of("t")), "f.ctid")
            ),
            all: format!("SELECT {selected} FROM {table} AS t WHERE t.tenant_id = $1"),
            tenants: format!("SELECT DISTINCT tenant_id FROM {table}"),
            copy_in: format!(
                "COPY {table} (tenant_id, {}) FROM STDIN (FORMAT binary)",
                names_of(&written)
            ),
        }
    }
}

fn put(table: &str, key: &[&str], written: &[(&str, &ColumnKind)]) -> String {
    let changed = written
        .iter()
        .filter(|(name, _)| !key.contains(name))
        .map(|(name, _)| format!("{name} = excluded.{name}", name = quoted(name)))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "INSERT INTO {table} (tenant_id, {names}) SELECT $1, r.* FROM unnest({arrays}) AS r \
         ON CONFLICT (tenant_id, {key}) DO UPDATE SET {changed}",
        names = names_of(written),
        arrays = arrays(written),
        key = list(key.iter().copied()),
    )
}

/// `$2::uuid[], $3::text[] …`
fn arrays(columns: &[(&str, &ColumnKind)]) -> String {
    (2..)
        .zip(columns)
        .map(|(number, (_, kind))| format!("${number}::{}[]", type_of(kind)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn names_of(columns: &[(&str, &ColumnKind)]) -> String {
    list(columns.iter().map(|(name, _)| *name))
}
