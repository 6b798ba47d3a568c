//! YAML as Kubernetes reads and writes it (feature `yaml`).
//!
//! Reading is what `sigs.k8s.io/yaml` 1.6 does: YAML 1.1 scalars typed before anybody says what he wants, keys made
//! strings, merge keys, a limit on what aliases may blow up. The YAML library underneath appears in no signature.

mod binary;
mod granit;
mod legacy;
mod scalar;
mod timestamp;
mod writer;

/// Builds the tree of the first document of a text.
pub(crate) fn load_text(text: &str, first_line: u32) -> Loaded {
    load(YamlEvents::new(&legacy::line_breaks(text)), first_line)
}

use serde::Serialize;
use serde_json::Value;

use crate::{
    Class, Diagnostic, Document, Report,
    document::split,
    load::{Loaded, load},
};
use granit::YamlEvents;

/// Reads the first document of a text, with positions. `source` is the name that diagnostics carry.
///
/// Keys that a map has twice are no errors here: see [`Document::duplicates`].
///
/// # Errors
/// Everything that makes the text unreadable.
pub fn parse(source: &str, text: &str) -> Result<Document, Report> {
    Document::load_yaml(source, text, 1)
}

/// The first document of a text as data, as `YAMLToJSON` of `sigs.k8s.io/yaml` gives it.
///
/// ```
/// use componentconfig::yaml;
///
/// let value = yaml::read("mode: 0644\non: y\n")?;
/// assert_eq!(value, serde_json::json!({"mode": 420, "true": true}));
/// # Ok::<(), componentconfig::Report>(())
/// ```
///
/// # Errors
/// Everything that makes the text unreadable. A key that comes twice does not: the later one counts.
pub fn read(text: &str) -> Result<Value, Report> {
    parse("yaml", text).map(|document| document.to_value())
}

/// The same as [`read`], as `YAMLToJSONStrict` gives it: a key that comes twice is an error.
///
/// # Errors
/// Everything that makes the text unreadable, and every key that comes twice.
pub fn read_strict(text: &str) -> Result<Value, Report> {
    let document = parse("yaml", text)?;
    if document.duplicates().is_empty() {
        return Ok(document.to_value());
    }
    let duplicates = document.duplicates().iter();
    Err(duplicates
        .map(|duplicate| duplicate.place(Diagnostic::error(Class::Strict, duplicate.message())))
        .collect())
}

/// Every document of a text as data, whatever its kind. The text is cut as [`DocumentSet`](crate::DocumentSet) cuts it;
/// documents of blanks alone are left out. `source` is the name that diagnostics carry.
///
/// # Errors
/// Everything that makes any of the documents unreadable.
pub fn read_all(source: &str, text: &str) -> Result<Vec<Value>, Report> {
    let (parts, separators) = split(text);
    let mut report: Report = separators
        .into_iter()
        .map(|error| error.source(source))
        .collect();
    let mut values = Vec::new();
    for part in parts.iter().filter(|part| !part.text.trim().is_empty()) {
        match Document::load_yaml(source, &part.text, part.first_line) {
            Ok(document) => values.push(document.to_value()),
            Err(errors) => report.extend(errors),
        }
    }
    report.unless_errors(values).map(|(values, _)| values)
}

/// The value as a document, byte for byte as `sigs.k8s.io/yaml` and with it `kubeadm` and `kubectl` write it: keys
/// sorted, lists at the indentation of their key, every text quoted that a reader of YAML 1.1 or 1.2 would take for
/// something else.
///
/// ```
/// use componentconfig::yaml;
///
/// let text = yaml::write(&serde_json::json!({"b": ["yes", "1_000", "v1"], "a": 1}));
/// assert_eq!(text, "a: 1\nb:\n- \"yes\"\n- \"1_000\"\n- v1\n");
/// ```
#[must_use]
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    writer::write(value, &mut out);
    out
}

/// The values as documents of one file, a line `---` between each two.
#[must_use]
pub fn write_all<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut out = String::new();
    for (position, value) in values.into_iter().enumerate() {
        if position > 0 {
            out.push_str("---\n");
        }
        writer::write(value, &mut out);
    }
    out
}

/// Anything that serializes as a document (see [`write()`]).
///
/// # Errors
/// Those of its `Serialize`; or it has maps with keys that are no strings.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_value(value).map(|value| write(&value))
}

#[cfg(test)]
mod tests;
