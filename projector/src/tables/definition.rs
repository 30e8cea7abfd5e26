//! What a read table looks like.

use domain::kernel::{Column, ColumnKind, ReadModelEntry};

use super::{
    TablesError,
    column::TableColumn,
    name::{joined, list, literal, quoted},
    search,
};

/// The table of a read model, or one that is to take its place.
#[derive(Clone, Copy)]
pub(crate) struct Definition<'a> {
    entry: &'a ReadModelEntry,
    stands: Stands,
}

/// Which of a read model's tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// The one that readers see.
    Live,
    /// The one that a rebuild fills.
    Beside,
    /// The one that holds moments of the past. Where the tenant stands in the
    /// others, such a moment's id stands in this one.
    Past,
    /// One that readers saw, and may see again.
    Aside,
}

/// An index of a table.
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) create: String,
}

/// Which rows of a table of the past a tenant sees. Looked up once per
/// statement, not once per row.
const OWN_PAST: &str = "tenant_id = ANY (ARRAY(SELECT past_id FROM log.pasts \
    WHERE pasts.tenant_id = log.current_tenant()))";

/// The table's first and last columns, which every row has.
const TENANT: &str = "tenant_id";
const POSITION: &str = "updated_position";

impl Stands {
    /// The name of a consumer's table.
    pub(crate) fn name(self, consumer: &str) -> String {
        match self {
            Self::Live | Self::Past => consumer.to_owned(),
            Self::Beside => joined(&[consumer, "rebuild"]),
            Self::Aside => joined(&[consumer, "aside"]),
        }
    }
}

impl<'a> Definition<'a> {
    pub(crate) fn of(entry: &'a ReadModelEntry, stands: Stands) -> Self {
        Self { entry, stands }
    }

    /// The table's name with its schema.
    pub(crate) fn table(&self) -> String {
        format!("{}.{}", self.schema(), quoted(&self.name()))
    }

    /// The schema it is in.
    fn schema(&self) -> &'static str {
        match self.stands {
            Stands::Live | Stands::Beside | Stands::Aside => "read",
            Stands::Past => "past",
        }
    }

    /// The table's name without it.
    pub(crate) fn name(&self) -> String {
        self.stands.name(&self.entry.table_name())
    }

    fn named(&self, what: &str) -> String {
        joined(&[&self.name(), what])
    }

    /// The columns in their order.
    pub(crate) fn columns(&self) -> Vec<TableColumn> {
        let own = self.entry.table.columns.iter().flat_map(stored);
        let own = own.map(|(name, kind, column)| TableColumn::holding(name, kind, column));
        std::iter::once(TableColumn::required(TENANT, "uuid"))
            .chain(own)
            .chain([TableColumn::required(POSITION, "bigint")])
            .collect()
    }

    /// Creates the table without anything that slows loading down.
    pub(crate) fn create(&self) -> String {
        let columns = self.columns();
        let columns = columns.iter().map(TableColumn::line);
        let checks = self.entry.table.columns.iter().filter_map(check);
        let lines: Vec<_> = columns.chain(checks).map(|line| format!("    {line}")).collect();
        format!("CREATE TABLE {} (\n{}\n);\n", self.table(), lines.join(",\n"))
    }

    /// Adds columns, with their defaults in the rows that are there.
    pub(super) fn add(&self, columns: &[&TableColumn]) -> String {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let is_of_these = |column: &&Column| names.contains(&column.name.as_str());
        let checks = self.entry.table.columns.iter().filter(is_of_these).filter_map(check);
        let lines = columns.iter().map(|column| format!("    ADD COLUMN {}", column.line()));
        let lines = lines.chain(checks.map(|check| format!("    ADD {check}")));
        format!("ALTER TABLE {}\n{};\n", self.table(), lines.collect::<Vec<_>>().join(",\n"))
    }

    /// Whether rows that lack a column can be told what to hold there.
    pub(super) fn may_be_added(&self, name: &str) -> bool {
        let mut columns = self.entry.table.columns.iter();
        let holds = |column: &&Column| stored(column).iter().any(|(stored, ..)| stored == name);
        columns.find(holds).is_some_and(|column| {
            let is_sayable = TableColumn::holding(String::new(), "", column).goes_without_saying();
            column.default.is_some() && is_sayable
        })
    }

    /// What is wrong with a table.
    pub(super) fn unlike(&self, found: String, expected: String) -> TablesError {
        TablesError::Shape { read_model: self.entry.name, table: self.name(), found, expected }
    }

    /// The key, and the indexes that queries are served by.
    pub(crate) fn index(&self) -> Vec<String> {
        let key = format!(
            "ALTER TABLE {} ADD CONSTRAINT {} PRIMARY KEY ({});\n",
            self.table(),
            quoted(&self.named("pkey")),
            self.key()
        );
        std::iter::once(key).chain(self.searched().into_iter().map(|index| index.create)).collect()
    }

    /// The same, for a table that has rows already: each index can be created
    /// beside the others, that of the key first. [`Self::declare_key`] follows.
    pub(crate) fn indexes(&self) -> Vec<Index> {
        let name = self.named("pkey");
        let (index, table, key) = (quoted(&name), self.table(), self.key());
        let create = format!("CREATE UNIQUE INDEX {index} ON {table} ({key});\n");
        std::iter::once(Index { name, create }).chain(self.searched()).collect()
    }

    /// Makes the index of the key the table's primary key.
    pub(crate) fn declare_key(&self) -> String {
        let (table, index) = (self.table(), quoted(&self.named("pkey")));
        format!("ALTER TABLE {table} ADD CONSTRAINT {index} PRIMARY KEY USING INDEX {index};\n")
    }

    fn key(&self) -> String {
        list(std::iter::once(TENANT).chain(self.entry.key.iter().copied()))
    }

    fn searched(&self) -> Vec<Index> {
        let table = self.table();
        let index = |columns: Vec<&str>| {
            let name = self.named(&by(&columns));
            let columns: Vec<String> = columns.iter().map(|name| self.found_by(name)).collect();
            let columns = list(std::iter::once(TENANT).chain(columns.iter().map(String::as_str)));
            let create = format!("CREATE INDEX {} ON {table} ({columns});\n", quoted(&name));
            Index { name, create }
        };
        let found = |(suffix, of): (String, String)| {
            let name = self.named(&suffix);
            let create = format!("CREATE INDEX {} ON {table} {of};\n", quoted(&name));
            Index { name, create }
        };
        let found = search::indexes(self.entry).into_iter().map(found);
        self.lists().into_iter().map(index).chain(found).collect()
    }

    /// By which column the values of a column are found.
    fn found_by(&self, name: &str) -> String {
        let column = self.entry.table.column(name);
        column.and_then(Column::match_name).unwrap_or_else(|| name.to_owned())
    }

    /// The columns, after the tenant, of every index beside the key's.
    fn lists(&self) -> Vec<Vec<&'static str>> {
        let declared = self.entry.indexes.iter().map(|columns| columns.to_vec());
        std::iter::once(vec![POSITION]).chain(declared).collect()
    }

    fn whose(&self) -> &'static str {
        match self.stands {
            Stands::Live | Stands::Beside | Stands::Aside => "The tenant whose row it is.",
            Stands::Past => "The past whose row it is: past_id of log.pasts.",
        }
    }

    /// What the table and its columns say about themselves.
    pub(crate) fn comment(&self) -> String {
        let table = self.table();
        let entry = self.entry;
        let own = entry.table.columns.iter().flat_map(comments);
        let position = "The position in the tenant's log of the last event in the row.";
        let columns = std::iter::once((TENANT.to_owned(), self.whose().to_owned()))
            .chain(own)
            .chain([(POSITION.to_owned(), position.to_owned())])
            .map(|(name, doc)| {
                let (name, doc) = (quoted(&name), literal(&doc));
                format!("COMMENT ON COLUMN {table}.{name} IS {doc};\n")
            });
        std::iter::once(format!("COMMENT ON TABLE {table} IS {};\n", literal(&entry.table.doc)))
            .chain(columns)
            .collect()
    }

    /// Who may see and change which rows.
    pub(crate) fn protect(&self) -> String {
        let table = self.table();
        if self.stands == Stands::Past {
            return format!(
                "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON {table} FOR SELECT TO tenantry_query USING ({OWN_PAST});
CREATE POLICY filling ON {table} TO tenantry_projector USING ({OWN_PAST}) WITH CHECK ({OWN_PAST});
CREATE POLICY removing ON {table} TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON {table} TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO tenantry_projector;
"
            );
        }
        format!(
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON {table} FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON {table} TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON {table} TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON {table} TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO tenantry_projector;
"
        )
    }

    /// Removes the table, if there is one.
    pub(crate) fn drop(&self) -> String {
        format!("DROP TABLE IF EXISTS {};\n", self.table())
    }

    /// Keeps the table from being replaced until the transaction has ended.
    pub(crate) fn hold(&self) -> String {
        format!("LOCK TABLE {} IN ACCESS SHARE MODE;\n", self.table())
    }

    /// Lets the planner know what is in the table, as far as it may be asked for
    /// in order or by value: of what is nested or sealed it would learn little,
    /// for the better part of the time.
    pub(crate) fn analyze(&self) -> String {
        let plain = self.columns().into_iter().filter(TableColumn::has_values);
        let names: Vec<String> = plain.map(|column| column.name).collect();
        format!("ANALYZE {} ({});\n", self.table(), list(names.iter().map(String::as_str)))
    }

    /// Gives the table the name of another one of the read model, which must be
    /// gone, and its indexes the names of those of the live one.
    pub(crate) fn take_the_place_of(&self, other: &Self) -> String {
        let live = Self::of(self.entry, Stands::Live);
        let lists = self.lists();
        let searched = search::indexes(self.entry).into_iter().map(|(suffix, _)| suffix);
        let suffixes = std::iter::once("pkey".to_owned())
            .chain(lists.iter().map(|list| by(list)))
            .chain(searched);
        let indexes = suffixes.map(|suffix| {
            let (from, to) = (quoted(&self.named(&suffix)), quoted(&live.named(&suffix)));
            format!("ALTER INDEX read.{from} RENAME TO {to};\n")
        });
        let table = format!("ALTER TABLE {} RENAME TO {};\n", self.table(), quoted(&other.name()));
        std::iter::once(table).chain(indexes).collect()
    }
}

fn by(columns: &[&str]) -> String {
    format!("by_{}", columns.join("_"))
}

/// The columns of the table that hold a column of the row, each with its type:
/// a personal value stands there sealed, beside a keyed hash of it.
pub(super) fn stored(column: &Column) -> Vec<(String, &'static str, &Column)> {
    if !column.personal {
        return vec![(column.name.clone(), type_of(&column.kind), column)];
    }
    let names = std::iter::once(column.name.clone()).chain(column.match_name());
    names.map(|name| (name, SEALED, column)).collect()
}

/// What the columns that hold a column of the row say about themselves.
fn comments(column: &Column) -> Vec<(String, String)> {
    let Column { name, doc, personal, .. } = column;
    if !personal {
        return vec![(name.clone(), doc.clone())];
    }
    let sealed = format!("{doc} Personal: sealed with the key of the person whose it is.");
    let matched = column.match_name().map(|found| {
        (found, format!("A keyed hash of {name}, by which it is found. Empty once erased."))
    });
    std::iter::once((name.clone(), sealed)).chain(matched).collect()
}

/// Only the words of an enum may be in its column.
fn check(column: &Column) -> Option<String> {
    if column.personal {
        return None;
    }
    let ColumnKind::Enum { values, .. } = &column.kind else { return None };
    let words = values.iter().map(|word| literal(&word.name)).collect::<Vec<_>>().join(", ");
    let name = quoted(&joined(&[&column.name, "is_known"]));
    Some(format!("CONSTRAINT {name} CHECK ({} IN ({words}))", quoted(&column.name)))
}

/// The type of what is sealed or hashed.
pub(super) const SEALED: &str = "bytea";

/// The type of a column, as PostgreSQL spells it.
pub(super) fn type_of(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Bool => "boolean",
        ColumnKind::Int => "bigint",
        ColumnKind::Text | ColumnKind::Enum { .. } => "text",
        ColumnKind::Id { .. } => "uuid",
        ColumnKind::Timestamp => "timestamp with time zone",
        ColumnKind::Date => "date",
        ColumnKind::Json => "jsonb",
    }
}
