//! From paths to commands, by looking them up: a few tables instead of a route
//! per command.

use std::collections::HashMap;

use actix_web::HttpRequest;
use domain::kernel::{AggregateEntry, CommandEntry, Registry};

use crate::fields::Fields;

/// All commands by their paths.
pub(crate) struct Routes {
    /// By context and by aggregate, as they stand in a path.
    contexts: HashMap<String, HashMap<String, AggregateRoutes>>,
}

struct AggregateRoutes {
    /// The aggregate's place in the registry.
    place: usize,
    commands: HashMap<String, CommandRoute>,
}

struct CommandRoute {
    /// The command's place in the aggregate.
    place: usize,
    fields: Fields,
    /// The path with `{id}` in the place of an id, for logs and metrics.
    label: String,
}

/// A command that a path leads to.
pub(crate) struct Target<'a> {
    pub(crate) aggregate: &'a AggregateEntry,
    pub(crate) command: &'a CommandEntry,
    pub(crate) fields: &'a Fields,
    pub(crate) label: &'a str,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoute {
    #[error("there is no {context}/{aggregate}; see /openapi.json for all there is")]
    Aggregate { context: String, aggregate: String },
    #[error("{aggregate} has no command {command}; it has {known}")]
    Command { aggregate: String, command: String, known: String },
    #[error("{command} brings a new one into being: post it to {path}")]
    Creates { command: String, path: String },
    #[error("{command} needs one that exists: post it to {path}")]
    Changes { command: String, path: String },
}

impl Routes {
    /// Builds the tables and compiles the schemas of all commands.
    ///
    /// # Errors
    /// Commands whose schema cannot be used.
    pub(crate) fn of(registry: &Registry) -> Result<Self, String> {
        let mut contexts: HashMap<String, HashMap<String, AggregateRoutes>> = HashMap::new();
        for (place, aggregate) in registry.aggregates().iter().enumerate() {
            let mut commands = HashMap::new();
            for (place, command) in aggregate.commands.iter().enumerate() {
                let fields = Fields::compile(&command.schema).map_err(|error| {
                    format!("the schema of {}/{}: {error}", aggregate.name, command.name)
                })?;
                let label = path_of(aggregate, command);
                commands.insert(command.name.clone(), CommandRoute { place, fields, label });
            }
            let context = contexts.entry(kebab_case(aggregate.context)).or_default();
            context.insert(kebab_case(aggregate.name), AggregateRoutes { place, commands });
        }
        Ok(Self { contexts })
    }

    /// The command that a path leads to.
    pub(crate) fn find<'a>(
        &'a self,
        registry: &'a Registry,
        path: &Path<'_>,
    ) -> Result<Target<'a>, NoRoute> {
        let routes =
            self.contexts.get(path.context).and_then(|context| context.get(path.aggregate));
        let known =
            routes.and_then(|routes| Some((routes, registry.aggregates().get(routes.place)?)));
        let Some((routes, aggregate)) = known else {
            return Err(NoRoute::Aggregate {
                context: path.context.to_owned(),
                aggregate: path.aggregate.to_owned(),
            });
        };
        let found = routes.commands.get(path.command).and_then(|route| {
            Some(Target {
                aggregate,
                command: aggregate.commands.get(route.place)?,
                fields: &route.fields,
                label: &route.label,
            })
        });
        let target = found.ok_or_else(|| path.no_command(aggregate))?;
        match (target.command.creates, path.id) {
            (true, None) | (false, Some(_)) => Ok(target),
            (true, Some(_)) => Err(NoRoute::Creates {
                command: path.command.to_owned(),
                path: format!("/v1/{}/{}/{}", path.context, path.aggregate, path.command),
            }),
            (false, None) => Err(NoRoute::Changes {
                command: path.command.to_owned(),
                path: format!(
                    "/v1/{}/{}/{}_{{ULID}}/{}",
                    path.context, path.aggregate, aggregate.prefix, path.command
                ),
            }),
        }
    }
}

/// The path of a command.
pub(crate) fn path_of(aggregate: &AggregateEntry, command: &CommandEntry) -> String {
    let base = format!("/v1/{}/{}", kebab_case(aggregate.context), kebab_case(aggregate.name));
    let id = if command.creates { "" } else { "{id}/" };
    format!("{base}/{id}{}", command.name)
}

/// `daily_revenue` as `daily-revenue`, the way names are written in paths.
pub(crate) fn kebab_case(name: &str) -> String {
    name.replace('_', "-")
}

/// The parts of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'a> {
    pub(crate) context: &'a str,
    pub(crate) aggregate: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) command: &'a str,
}

impl<'a> Path<'a> {
    /// The parts of a request's path, as its address names them.
    pub(crate) fn of(request: &'a HttpRequest) -> Self {
        let part = |name| request.match_info().get(name);
        Self {
            context: part("context").unwrap_or_default(),
            aggregate: part("aggregate").unwrap_or_default(),
            id: part("id"),
            command: part("command").unwrap_or_default(),
        }
    }

    fn no_command(&self, aggregate: &AggregateEntry) -> NoRoute {
        let known: Vec<&str> =
            aggregate.commands.iter().map(|command| command.name.as_str()).collect();
        NoRoute::Command {
            aggregate: self.aggregate.to_owned(),
            command: self.command.to_owned(),
            known: known.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::kernel::testing::toy::Toy;

    use super::*;

    fn found(path: &str) -> Result<String, NoRoute> {
        let registry = Registry::of::<Toy>().unwrap();
        let routes = Routes::of(&registry).unwrap();
        let parts: Vec<&str> = path.split('/').collect();
        let path = match parts[..] {
            [context, aggregate, command] => Path { context, aggregate, id: None, command },
            [context, aggregate, id, command] => Path { context, aggregate, id: Some(id), command },
            _ => unreachable!("not a path of ours: {path}"),
        };
        routes
            .find(&registry, &path)
            .map(|target| format!("{}.{}", target.aggregate.name, target.command.name))
    }

    #[test]
    fn paths_lead_to_commands() {
        assert_eq!(found("library/book/acquire"), Ok("book.acquire".to_owned()));
        assert_eq!(found("library/loan/lon_1/renew"), Ok("loan.renew".to_owned()));
    }

    #[test]
    fn a_path_that_leads_nowhere_says_where_to_go() {
        let lost = |path| found(path).unwrap_err().to_string();
        assert_eq!(
            lost("library/film/rent"),
            "there is no library/film; see /openapi.json for all there is"
        );
        assert_eq!(lost("library/book/burn"), "book has no command burn; it has acquire, withdraw");
        assert_eq!(
            lost("library/book/bok_1/acquire"),
            "acquire brings a new one into being: post it to /v1/library/book/acquire"
        );
        assert_eq!(
            lost("library/loan/renew"),
            "renew needs one that exists: post it to /v1/library/loan/lon_{ULID}/renew"
        );
    }
}
