//! Who owns what.

use apply_semantics::{
    explain::{Explanation, Field, NoSuchField, explain},
    fieldset::FieldSet,
    path::display,
};
use examples::table::Table;
use serde_json::{Value, json};

use crate::{
    cli::{Cli, Output},
    failure::Failure,
    input::Object,
};

pub(crate) fn show(objects: &[Object], cli: &Cli) -> Result<String, Failure> {
    let mut shown = Shown::new();
    for object in objects {
        let explanation = explain(&object.value)
            .map_err(|error| Failure::Input(format!("{}: {error}", object.name)))?;
        if explanation.entries().is_empty() {
            shown.notes.push(format!(
                "{}: no managedFields; kubectl prints them with --show-managed-fields",
                object.name
            ));
        }
        match &cli.path {
            Some(path) => shown.one(object, &explanation, path, cli),
            None => shown.all(object, &explanation, cli),
        }
    }
    shown.finish(cli)
}

struct Shown {
    text: String,
    json: Vec<Value>,
    table: Table<7>,
    notes: Vec<String>,
    found: bool,
}

impl Shown {
    fn new() -> Self {
        Self {
            text: String::new(),
            json: Vec::new(),
            table: Table::new([
                "OBJECT",
                "PATH",
                "MANAGER",
                "OPERATION",
                "SUBRESOURCE",
                "VERSION",
                "SINCE",
            ]),
            notes: Vec::new(),
            found: false,
        }
    }

    /// One field: who owns it, and what keeps it.
    fn one(&mut self, object: &Object, explanation: &Explanation<'_>, path: &str, cli: &Cli) {
        let field = match explanation.of(path) {
            Ok(field) => field,
            Err(error) => return self.notes.push(absent(object, explanation, path, &error)),
        };
        self.found = true;
        match cli.output {
            Output::Json => self.json.push(json!(field.why())),
            Output::Table => self.rows(object, field),
            Output::Tree | Output::Yaml => {
                self.line(&format!("{} {field}\n  {}", object.name, field.why()));
                if let Some(manager) = &cli.manager {
                    let fate = field.if_left_out_by(manager, &cli.subresource);
                    self.line(&format!(
                        "  if {manager:?} leaves it out of its next apply: {fate}"
                    ));
                }
            }
        }
    }

    fn all(&mut self, object: &Object, explanation: &Explanation<'_>, cli: &Cli) {
        let chosen: Box<dyn Iterator<Item = Field<'_>>> = match &cli.manager {
            Some(manager) => Box::new(explanation.owned_by(manager)),
            None if cli.unowned => Box::new(explanation.unowned()),
            None => Box::new(explanation.fields().filter(|field| field.is_owned())),
        };
        let chosen: Vec<Field<'_>> = chosen.collect();
        self.found |= !chosen.is_empty();
        let selected = cli.unowned || cli.manager.is_some();
        match cli.output {
            Output::Json if selected => self
                .json
                .extend(chosen.into_iter().map(|field| json!(field))),
            Output::Json => self.json.push(json!(explanation)),
            Output::Table => chosen
                .into_iter()
                .for_each(|field| self.rows(object, field)),
            Output::Tree | Output::Yaml if selected => {
                for field in chosen {
                    self.line(&format!("{} {field}", object.name));
                }
            }
            Output::Tree => self.text += &explanation.tree(cli.view()),
            Output::Yaml => {
                if !self.text.is_empty() {
                    self.text += "---\n";
                }
                self.text += &explanation.yaml(cli.view());
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn rows(&mut self, object: &Object, field: Field<'_>) {
        let path = field.to_string();
        if !field.is_owned() {
            self.table
                .row([&object.name, &path, "-", "-", "-", "-", "-"]);
        }
        for owner in field.owners() {
            let time = owner.time().map(|time| time.to_string());
            self.table.row([
                &object.name,
                &path,
                owner.name(),
                owner.operation().as_str(),
                dash(owner.subresource()),
                owner.api_version(),
                time.as_deref().unwrap_or("-"),
            ]);
        }
    }

    fn finish(self, cli: &Cli) -> Result<String, Failure> {
        let output = match cli.output {
            // One object by itself, several as a list.
            Output::Json if self.json.len() == 1 && cli.manager.is_none() && !cli.unowned => self
                .json
                .first()
                .map(|value| format!("{value:#}\n"))
                .unwrap_or_default(),
            Output::Json => format!("{:#}\n", Value::Array(self.json)),
            Output::Table => self.table.to_string(),
            Output::Tree | Output::Yaml => self.text,
        };
        let notes = self.notes.join("\n");
        if cli.path.is_some() && !self.found {
            return Err(Failure::no(String::new(), notes));
        }
        if !notes.is_empty() {
            eprintln!("{notes}");
        }
        Ok(output)
    }
}

fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// Why a field is not found: some are owned all the same.
fn absent(
    object: &Object,
    explanation: &Explanation<'_>,
    path: &str,
    error: &NoSuchField,
) -> String {
    let owns = |fields: &FieldSet| fields.paths().any(|owned| display(&owned) == path);
    let owners = explanation.absent().filter(|(_, fields)| owns(fields));
    let owners: Vec<String> = owners
        .map(|(owner, _)| owner.manager().to_string())
        .collect();
    if owners.is_empty() {
        return format!("{}: {error}", object.name);
    }
    format!(
        "{}: {path}: not in the object, though owned by {}",
        object.name,
        owners.join(" and ")
    )
}
