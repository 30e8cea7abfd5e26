//! Views by which the table of one version of a read model stands in for
//! another version that has none, or whose table was put aside.

use tokio_postgres::{Error, GenericClient};

use super::{
    TableState,
    column::{TableColumn, columns_of},
    name::{literal, quoted},
    registered::Registered,
};

/// Lets readers of every version that does not show a table of its own see that
/// of another: the nearest earlier one that is live, else the newest. Those that
/// find no other fail when they are read, rather than be empty.
///
/// `versions` are all of one read model, the newest first, and are written down
/// as they are then.
pub(crate) async fn stand_in(
    client: &impl GenericClient,
    versions: &mut [Registered],
) -> Result<(), Error> {
    let live: Vec<(u32, String)> = versions
        .iter()
        .filter(|version| version.state == TableState::Live)
        .map(|version| (version.version, version.consumer.clone()))
        .collect();
    for version in versions.iter_mut() {
        let earlier = live.iter().find(|(other, _)| *other < version.version);
        version.shows = match version.state {
            TableState::Live => Some(version.consumer.clone()),
            _ => earlier.or(live.first()).map(|(_, consumer)| consumer.clone()),
        };
        if version.state != TableState::Live {
            let shown = match &version.shows {
                Some(shown) => columns_of(client, shown).await?,
                None => vec![],
            };
            client.batch_execute(&view(version, &shown)).await?;
        }
        version.put(client).await?;
    }
    Ok(())
}

/// Removes what stands in for any version, so that tables can be moved.
pub(crate) async fn stand_back(
    client: &impl GenericClient,
    versions: &[Registered],
) -> Result<(), Error> {
    for version in versions.iter().filter(|version| version.state != TableState::Live) {
        let name = quoted(&version.consumer);
        client.batch_execute(&format!("DROP VIEW IF EXISTS read.{name}")).await?;
    }
    Ok(())
}

/// The rows of a table with these columns, as readers of a version look for
/// them. Only they may read the view; its rows are those that they may see.
fn view(version: &Registered, shown: &[TableColumn]) -> String {
    let name = quoted(&version.consumer);
    let columns = version.columns.iter().map(|column| {
        let (value, name) = (value(version, column, shown), quoted(&column.name));
        format!("    {value} AS {name}")
    });
    let columns = columns.collect::<Vec<_>>().join(",\n");
    let from = version
        .shows
        .as_ref()
        .map_or_else(String::new, |shown| format!("\nFROM read.{}", quoted(shown)));
    format!(
        "DROP VIEW IF EXISTS read.{name};
CREATE VIEW read.{name} WITH (security_invoker = true) AS SELECT\n{columns}{from};
GRANT SELECT ON read.{name} TO tenantry_query;
"
    )
}

/// What readers of a version see in one of its columns.
fn value(version: &Registered, column: &TableColumn, shown: &[TableColumn]) -> String {
    let TableColumn { name, kind, nullable, default } = column;
    let same = shown.iter().find(|other| other.name == *name && other.kind == *kind);
    if same.is_some_and(|same| *nullable || !same.nullable) {
        return quoted(name);
    }
    match default {
        Some(default) if !shown.is_empty() => default.clone(),
        _ => {
            let Registered { read_model, version, .. } = version;
            let what = literal(&format!("{name} of version {version} of {read_model}"));
            format!("log.not_built({what})::{kind}")
        }
    }
}
