//! `tenantry events`: the catalogue of what may happen.

use std::{collections::BTreeMap, fmt::Write};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use domain::kernel::Registry;
use event_store::catalogue::{self, Field, Listed, Shape, Type};
use serde_json::json;

use crate::print;

#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Only those of this name: an event, an aggregate or a context.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = CatalogueFormat::Text)]
    pub(crate) format: CatalogueFormat,
}

/// How the catalogue of events is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogueFormat {
    /// For people.
    Text,
    /// One JSON object per line and event, each with its JSON Schema.
    Json,
    /// All events as an AsyncAPI 3.0 document.
    Asyncapi,
}

/// How wide the text may become.
const WIDTH: usize = 100;
/// Where the comments begin at the latest.
const MARGIN: usize = 56;

/// Prints the catalogue, or the part of it that was asked for.
pub(crate) fn run(registry: &Registry, options: &Events) -> Result<()> {
    let name = options.name.as_deref();
    let listed = catalogue::events(registry, name);
    if listed.is_empty() {
        bail!(
            "no event, aggregate or context is called {:?}; `tenantry events` lists all",
            name.unwrap_or_default()
        );
    }
    let text = match options.format {
        CatalogueFormat::Text => text(registry, &listed),
        CatalogueFormat::Json => lines(&listed),
        CatalogueFormat::Asyncapi if name.is_some() => {
            bail!("the AsyncAPI document is about all events; leave the name out")
        }
        CatalogueFormat::Asyncapi => serde_json::to_string_pretty(&catalogue::asyncapi(registry))?,
    };
    print(text.trim_end());
    Ok(())
}

/// One object per line and event.
fn lines(listed: &[Listed<'_>]) -> String {
    listed.iter().fold(String::new(), |mut text, each| {
        let fields = catalogue::fields(&each.event.schema, &mut BTreeMap::new());
        let line = json!({
            "context": each.aggregate.context,
            "aggregate": each.aggregate.name,
            "event": each.event.name,
            "type": each.name(),
            "schema_version": each.event.schema_version,
            "doc": each.event.doc,
            "fields": fields.iter().map(|field| json!({
                "name": field.name,
                "kind": field.kind,
                "optional": field.optional,
                "personal": field.personal,
                "doc": field.doc,
            })).collect::<Vec<_>>(),
            "schema": catalogue::event_schema(*each),
        });
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
        text
    })
}

fn text(registry: &Registry, listed: &[Listed<'_>]) -> String {
    let mut page = Page::default();
    let mut types = BTreeMap::new();
    for (context, doc) in registry.contexts() {
        let of_context: Vec<_> =
            listed.iter().filter(|each| each.aggregate.context == *context).collect();
        if of_context.is_empty() {
            continue;
        }
        page.heading(&context.to_uppercase(), doc);
        let mut aggregate = "";
        for each in of_context {
            if each.aggregate.name != aggregate {
                aggregate = each.aggregate.name;
                page.gap();
                page.paragraph(2, &format!("{aggregate}: "), &each.aggregate.events_doc);
            }
            page.gap();
            let version = each.event.schema_version;
            page.paragraph(4, &format!("{} v{version}  ", each.name()), &each.event.doc);
            page.fields(6, &catalogue::fields(&each.event.schema, &mut types));
        }
        page.gap();
    }
    if !types.is_empty() {
        page.heading("TYPES", "What the fields above are made of.");
        for (name, Type { doc, shape }) in &types {
            page.gap();
            page.paragraph(2, &format!("{name}  "), doc);
            page.shape(shape);
        }
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.line("");
        }
    }

    fn heading(&mut self, name: &str, doc: &str) {
        self.paragraph(0, &format!("{name}  "), doc);
    }

    /// A head and what follows it, further lines below the first.
    fn paragraph(&mut self, indent: usize, head: &str, doc: &str) {
        let mut line = format!("{:indent$}{head}", "");
        let hanging = indent + 2;
        for word in first_paragraph(doc) {
            if line.chars().count() + word.chars().count() > WIDTH {
                self.line(&line);
                line = format!("{:hanging$}", "");
            }
            line.push_str(word);
            line.push(' ');
        }
        self.line(&line);
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Fields(fields) => self.fields(4, fields),
            Shape::Variants(variants) => {
                for (name, doc, fields) in variants {
                    self.paragraph(4, &format!("{name}  "), doc);
                    self.fields(6, fields);
                }
            }
        }
    }

    /// One field per line: name, what it holds, what it means, in columns.
    fn fields(&mut self, indent: usize, fields: &[Field]) {
        let width = |text: &str| text.chars().count();
        let names = fields.iter().map(|field| width(&field.name)).max().unwrap_or(0);
        let heads: Vec<String> = fields
            .iter()
            .map(|field| {
                let pad = names - width(&field.name);
                format!("{:indent$}{}{:pad$}  {}", "", field.name, "", kind(field))
            })
            .collect();
        let widest = heads.iter().map(|head| width(head)).filter(|width| *width <= MARGIN).max();
        let column = widest.unwrap_or(MARGIN) + 2;
        for (field, head) in fields.iter().zip(heads) {
            let mut line = head;
            if width(&line) + 2 > column {
                self.line(&line);
                line = String::new();
            }
            line.push_str(&" ".repeat(column.saturating_sub(width(&line))));
            for word in first_paragraph(&field.doc) {
                if width(&line) + width(word) > WIDTH {
                    self.line(&line);
                    line = " ".repeat(column);
                }
                line.push_str(word);
                line.push(' ');
            }
            self.line(&line);
        }
    }
}

fn kind(field: &Field) -> String {
    let optional = if field.optional { ", optional" } else { "" };
    let personal = if field.personal { ", personal" } else { "" };
    format!("{}{optional}{personal}", field.kind)
}

/// The words of the first paragraph of a comment.
fn first_paragraph(doc: &str) -> impl Iterator<Item = &str> {
    doc.split("\n\n").next().unwrap_or_default().split_whitespace()
}
