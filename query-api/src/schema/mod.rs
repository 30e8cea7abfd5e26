//! The GraphQL schema that follows from the catalogue, and what its fields do.
//!
//! Two rules keep answers as clients expect them, whatever fails. Fields of
//! what was read cannot fail: values are decoded when they are read. Fields
//! that read are nullable, and report their own failures with their path.

mod connection;
mod filter;
mod group_filter;
mod group_key;
mod groups;
mod history;
mod live;
mod nested;
mod nested_filter;
mod order;
mod projections;
mod report;
mod roots;
mod row;
mod scalars;
mod shown;
mod types;
mod words;

use std::sync::Arc;

use async_graphql::{
    SDLExportOptions,
    dynamic::{Schema, SchemaBuilder, SchemaError},
};
use domain::kernel::Registry;

pub(crate) use projections::PROJECTIONS;
pub(crate) use report::Footnotes;

use crate::{
    catalogue::{Catalogue, CatalogueError},
    rows::Shared,
    settings::Settings,
};

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum NoSchema {
    /// The read models contradict each other.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The GraphQL library refused it.
    #[error("the GraphQL schema is refused: {0}")]
    Refused(#[from] SchemaError),
    /// The registry has no read models.
    #[error("no read model is declared; there is nothing to query")]
    Empty,
}

/// Builds the schema of everything that can be read.
///
/// # Errors
/// When the read models make no schema.
pub(crate) fn build(shared: &Arc<Shared>) -> Result<Schema, NoSchema> {
    if shared.catalogue.models.is_empty() {
        return Err(NoSchema::Empty);
    }
    let mut schema = Schema::build(roots::QUERY, None, Some(live::SUBSCRIPTION));
    let filters = filter::used(&shared.catalogue);
    schema = scalars::register(schema, &filters);
    schema = types::register(schema);
    schema = projections::register(schema);
    schema = words::register(schema, &shared.catalogue);
    schema = nested::register(schema, &shared.catalogue);
    schema = filter::register(schema, &shared.catalogue, &filters);
    schema = history::register(schema);
    for model in &shared.catalogue.models {
        schema = schema.register(row::object(shared, model));
        schema = connection::register(schema, model);
        schema = order::register(schema, model);
        schema = groups::register(schema, shared, model);
        schema = history::register_model(schema, model);
        schema = live::register(schema, model);
    }
    schema = schema.register(roots::query(shared)).register(live::subscription(shared));
    Ok(limited(schema, &shared.settings).finish()?)
}

fn limited(schema: SchemaBuilder, settings: &Settings) -> SchemaBuilder {
    if settings.development { schema } else { schema.disable_introspection().disable_suggestions() }
}

/// The schema of everything that can be read, as a text that only changes when
/// the read models do.
///
/// # Errors
/// When the read models make no schema.
pub fn sdl(registry: &Arc<Registry>) -> Result<String, NoSchema> {
    let shared = Arc::new(Shared {
        catalogue: Catalogue::of(registry)?,
        registry: registry.clone(),
        settings: Settings { development: true, ..Settings::default() },
    });
    let options = SDLExportOptions::new()
        .prefer_single_line_descriptions()
        .include_specified_by()
        .use_space_ident();
    Ok(build(&shared)?.sdl_with_options(options))
}
