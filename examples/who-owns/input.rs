//! Objects from files: YAML or JSON, of several documents, and lists.

use std::{
    fs,
    io::{IsTerminal, Read, stderr, stdin},
    path::{Path, PathBuf},
};

use componentconfig::{Document, Report, diagnostic::Source, yaml};
use serde_json::Value;

use crate::failure::Failure;

/// An object, and what to call it.
#[derive(Debug)]
pub(crate) struct Object {
    /// `Kind namespace/name`.
    pub(crate) name: String,
    pub(crate) value: Value,
}

impl Object {
    fn new(value: Value) -> Self {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str);
        let kind = text("/kind").unwrap_or("object");
        let name = text("/metadata/name").unwrap_or("without a name");
        let name = match text("/metadata/namespace") {
            Some(namespace) => format!("{kind} {namespace}/{name}"),
            None => format!("{kind} {name}"),
        };
        Self { name, value }
    }

    /// Whether a configuration is for this object.
    pub(crate) fn is_meant_by(&self, config: &Value) -> bool {
        let same = |pointer| self.value.pointer(pointer) == config.pointer(pointer);
        let namespace = config.pointer("/metadata/namespace");
        same("/kind")
            && same("/metadata/name")
            && (namespace.is_none() || same("/metadata/namespace"))
    }
}

/// All objects of the files, or of the standard input.
pub(crate) fn read(files: &[PathBuf]) -> Result<Vec<Object>, Failure> {
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() {
        &standard_input
    } else {
        files
    };
    let mut objects = Vec::new();
    for file in files {
        objects.extend(read_file(file)?);
    }
    Ok(objects)
}

/// The objects of a file; an error if it holds none.
pub(crate) fn read_file(file: &Path) -> Result<Vec<Object>, Failure> {
    let (name, text) = load(file)?;
    let documents = parse(&name, &text).map_err(|report| describe(&report, &name, &text))?;
    let mut objects = Vec::new();
    for document in documents {
        unfold(document, &name, &mut objects)?;
    }
    if objects.is_empty() {
        return Err(Failure::Input(format!("{name}: no objects in it")));
    }
    Ok(objects)
}

fn load(file: &Path) -> Result<(String, String), Failure> {
    let standard_input = file.as_os_str() == "-";
    let name = if standard_input {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    let mut text = String::new();
    let read = if standard_input {
        stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    Ok((name, text))
}

fn parse(name: &str, text: &str) -> Result<Vec<Value>, Report> {
    if text.trim_start().starts_with('{') {
        return Document::read(name, text).map(|document| vec![document.to_value()]);
    }
    yaml::read_all(name, text)
}

/// The items of a list, or the object itself.
fn unfold(document: Value, name: &str, into: &mut Vec<Object>) -> Result<(), Failure> {
    match document {
        Value::Null => {}
        Value::Object(mut map) if is_list(&map) => {
            if let Some(Value::Array(items)) = map.remove("items") {
                into.extend(items.into_iter().map(Object::new));
            }
        }
        Value::Object(map) => into.push(Object::new(Value::Object(map))),
        _ => return Err(Failure::Input(format!("{name}: expected objects"))),
    }
    Ok(())
}

fn is_list(map: &serde_json::Map<String, Value>) -> bool {
    let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default();
    kind.ends_with("List") && map.get("items").is_some_and(Value::is_array)
}

/// With the lines it is about on a terminal, one line for each finding elsewhere.
fn describe(report: &Report, name: &str, text: &str) -> Failure {
    if stderr().is_terminal() {
        return Failure::input(report.render(&[Source { name, text }]));
    }
    Failure::input(report)
}
