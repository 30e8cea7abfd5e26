//! The statements on a read table, made once per table.

use domain::kernel::ReadModelEntry;

use super::{
    Definition,
    definition::{stored, type_of},
    name::{list, quoted},
};

/// The statements on one table. The first three take the tenant as `$1`
/// and then one array per column.
#[derive(Debug)]
pub(crate) struct Statements {
    /// Reads rows by their keys: `$2 …` arrays of the key columns.
    pub(crate) load: String,
    /// Writes rows: `$2 …` arrays of all columns, the position last. Beside a
    /// personal column stands that by which its values are found.
    pub(crate) put: String,
    /// Removes rows by their keys: `$2 …` arrays of the key columns.
    pub(crate) remove: String,
    /// Removes all rows of tenant `$1`.
    pub(crate) remove_all: String,
    /// Reads all rows of tenant `$1`. By what personal values are found comes
    /// after everything else.
    pub(crate) all: String,
    /// Reads who has rows.
    pub(crate) tenants: String,
    /// Takes rows in bulk, tenant first and position last.
    pub(crate) copy_in: String,
}

impl Statements {
    pub(crate) fn new(entry: &ReadModelEntry, definition: Definition<'_>) -> Self {
        let named = Named::new(entry, definition.table());
        let table = &named.table;
        let row = named.row();
        let found_by = names_in("t", &named.matches);
        let all = if found_by.is_empty() { row.clone() } else { format!("{row}, {found_by}") };
        Self {
            load: named.each_key(&row, "f.*"),
            put: named.put(),
            remove: format!(
                "DELETE FROM {table} AS t USING ({}) AS gone \
                 WHERE t.tenant_id = $1 AND t.ctid = gone.ctid",
                named.each_key(&format!("t.ctid, {}", named.key_of("t")), "f.ctid")
            ),
            remove_all: format!("DELETE FROM {table} WHERE tenant_id = $1"),
            all: format!("SELECT {all} FROM {table} AS t WHERE t.tenant_id = $1"),
            // From one tenant to the next, rather than through all rows.
            tenants: format!(
                "WITH RECURSIVE found AS (\
                 (SELECT tenant_id FROM {table} ORDER BY tenant_id LIMIT 1) UNION ALL \
                 SELECT (SELECT t.tenant_id FROM {table} AS t \
                 WHERE t.tenant_id > found.tenant_id ORDER BY t.tenant_id LIMIT 1) \
                 FROM found WHERE found.tenant_id IS NOT NULL) \
                 SELECT tenant_id FROM found WHERE tenant_id IS NOT NULL"
            ),
            copy_in: format!(
                "COPY {table} (tenant_id, {}) FROM STDIN (FORMAT binary)",
                names_of(&named.written)
            ),
        }
    }
}

/// A table and its columns, by name.
struct Named {
    table: String,
    /// The key's columns in the order of the key, which need not be that of
    /// the columns.
    key: Vec<Typed>,
    /// The columns of the row, and its position.
    read: Vec<Typed>,
    /// By what personal values are found.
    matches: Vec<Typed>,
    /// All columns but the tenant.
    written: Vec<Typed>,
}

/// A column and its type.
type Typed = (String, &'static str);

impl Named {
    fn new(entry: &ReadModelEntry, table: String) -> Self {
        let columns = &entry.table.columns;
        let position = ("updated_position".to_owned(), "bigint");
        let typed = |(name, kind, _)| (name, kind);
        let written: Vec<Typed> =
            columns.iter().flat_map(stored).map(typed).chain([position.clone()]).collect();
        let read = columns.iter().filter_map(|column| stored(column).into_iter().next());
        let matches = columns.iter().flat_map(|column| stored(column).into_iter().skip(1));
        let key = entry.key.iter().filter_map(|name| entry.table.column(name));
        Self {
            table,
            key: key.map(|column| (column.name.clone(), type_of(&column.kind))).collect(),
            read: read.map(typed).chain([position]).collect(),
            matches: matches.map(typed).collect(),
            written,
        }
    }

    /// The columns of the row and its position, of the table `t`.
    fn row(&self) -> String {
        names_in("t", &self.read)
    }

    fn key_of(&self, table: &str) -> String {
        names_in(table, &self.key)
    }

    /// Looks up the row of each key in the arrays `$2 …`.
    ///
    /// Of all indexes only the key's gives the next key in order. Asked for a
    /// row's own key, a planner that knows nothing of the table yet might take
    /// another, and read all rows of the tenant for each key.
    fn each_key(&self, selected: &str, taken: &str) -> String {
        let Self { table, key, .. } = self;
        let same_key: Vec<_> = key
            .iter()
            .map(|(name, _)| format!("f.{name} = k.{name}", name = quoted(name)))
            .collect();
        format!(
            "SELECT {taken} FROM unnest({arrays}) AS k ({names}) CROSS JOIN LATERAL (\
             SELECT {selected} FROM {table} AS t \
             WHERE t.tenant_id = $1 AND ({t}) >= ({k}) ORDER BY {t} LIMIT 1) AS f \
             WHERE {same_key}",
            arrays = arrays(key),
            names = names_of(key),
            t = self.key_of("t"),
            k = self.key_of("k"),
            same_key = same_key.join(" AND "),
        )
    }

    fn put(&self) -> String {
        let Self { table, key, written, .. } = self;
        let changed = written
            .iter()
            .filter(|column| !key.contains(column))
            .map(|(name, _)| format!("{name} = excluded.{name}", name = quoted(name)))
            .collect::<Vec<_>>()
            .join(", ");
        format!(
            "INSERT INTO {table} (tenant_id, {names}) SELECT $1, r.* FROM unnest({arrays}) AS r \
             ON CONFLICT (tenant_id, {key}) DO UPDATE SET {changed}",
            names = names_of(written),
            arrays = arrays(written),
            key = names_of(key),
        )
    }
}

/// `$2::uuid[], $3::text[] …`
fn arrays(columns: &[Typed]) -> String {
    (2..)
        .zip(columns)
        .map(|(number, (_, kind))| format!("${number}::{kind}[]"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn names_of(columns: &[Typed]) -> String {
    list(columns.iter().map(|(name, _)| name.as_str()))
}

fn names_in(table: &str, columns: &[Typed]) -> String {
    let columns = columns.iter().map(|(name, _)| format!("{table}.{}", quoted(name)));
    columns.collect::<Vec<_>>().join(", ")
}
