//! From a document to a Rust type, with every error at once.
//!
//! [`decode`] reads a [`Document`], [`decode_value`] a bare [`serde_json::Value`]. The rules are those of Go's JSON
//! decoder as Kubernetes uses it (`sigs.k8s.io/json`): field names match exactly, `null` is the same as absent, a
//! number is no string and a string is no number, `6443.0` is an integer. Write types for it like this:
//!
//! - `#[derive(Deserialize)] #[serde(rename_all = "camelCase", default)]` on structs, so that what is missing is its
//!   zero value. A field without default that is missing is an error.
//! - `null` gives `None` for an `Option`, the zero value for everything else.
//! - `Option<T>` whose type has its own opinion about `null` (a non-pointer `Duration` upstream):
//!   `#[serde(deserialize_with = "componentconfig::scalar::present")]`.
//! - the fields `apiVersion` and `kind` at the root of a [`Document`] are known, whether the type has them or not.
//! - no `#[serde(flatten)]` and no `#[serde(untagged)]`: they read a copy without positions, and unknown fields
//!   inside go unseen. `deny_unknown_fields` is not needed.
//! - errors of a `Deserialize` of your own are reported at the field that holds the value, in your words.

mod access;
mod context;
mod deserializer;
mod error;
mod suggest;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Class, Diagnostic, Document, Report, document::Syntax, tree::Node};
use context::Context;
use deserializer::{Input, NodeDeserializer};

/// What unknown and duplicate fields are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strictness {
    /// Errors of class [`Class::Strict`].
    #[default]
    Strict,
    /// Warnings of class [`Class::Strict`], as `kubeadm init` gives them.
    Warn,
    /// Warnings of class [`Class::StrictTolerated`], as components give them that read on leniently (the kubelet).
    Tolerate,
    /// Nothing.
    Ignore,
}

/// What [`decode`] found.
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    /// The value, if it could be read. Unknown and duplicate fields do not prevent that, whatever the strictness: a
    /// caller that wants to say more about the document can, before it refuses it.
    pub value: Option<T>,
    /// What was found wrong, in the order of the document.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Decoded<T> {
    /// Whether anything refuses the document.
    pub fn has_errors(&self) -> bool {
        self.value.is_none() || self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The value with the warnings.
    ///
    /// # Errors
    /// Everything found, if any of it refuses the document.
    pub fn into_result(self) -> Result<(T, Vec<Diagnostic>), Report> {
        match self.value {
            Some(value) => Report::from(self.diagnostics).unless_errors(value),
            None => Err(self.diagnostics.into()),
        }
    }
}

/// Reads `document` as a `T`.
///
/// Every diagnostic has the path in the document and the place in the file: unknown fields (with the field that was
/// perhaps meant), duplicate ones with both places, values of the wrong type, and what the `Deserialize` of a field
/// had to say.
///
/// ```
/// use componentconfig::{Document, decode, decode::Strictness};
/// use serde::Deserialize;
///
/// #[derive(Debug, Default, Deserialize)]
/// #[serde(rename_all = "camelCase", default)]
/// struct Endpoint {
///     advertise_address: String,
///     bind_port: i32,
/// }
///
/// let document = Document::from_value("a", &serde_json::json!({"advertiseAdress": "x", "bindPort": "6443"}));
/// let report = decode::<Endpoint>(&document, Strictness::Strict).into_result().unwrap_err();
/// assert_eq!(
///     report.to_string(),
///     "a: advertiseAdress: unknown field \"advertiseAdress\"\n\
///      a: bindPort: expected an integer, found string \"6443\"",
/// );
/// ```
pub fn decode<T: DeserializeOwned>(document: &Document, strictness: Strictness) -> Decoded<T> {
    decode_at(document, document.root(), strictness)
}

/// Reads a part of `document` as a `T`: `node` has to be one of its nodes. Paths begin at `node`.
pub fn decode_at<T: DeserializeOwned>(
    document: &Document,
    node: &Node,
    strictness: Strictness,
) -> Decoded<T> {
    let mut decoded = run(Input::Node(node), Some(document.syntax()), strictness);
    if std::ptr::eq(node, document.root()) {
        let duplicates = document.duplicates().iter();
        decoded
            .diagnostics
            .extend(duplicates.filter_map(|duplicate| {
                strict(strictness, duplicate.message()).map(|said| duplicate.place(said))
            }));
    }
    for diagnostic in &mut decoded.diagnostics {
        diagnostic.source = Some(document.source().to_owned());
    }
    decoded
        .diagnostics
        .sort_by_key(|diagnostic| diagnostic.span);
    decoded
}

/// Reads a bare value as a `T`, by the same rules; the diagnostics have paths and no places.
pub fn decode_value<T: DeserializeOwned>(value: &Value, strictness: Strictness) -> Decoded<T> {
    run(Input::Value(value), None, strictness)
}

/// The diagnostic for an unknown or duplicate field, if there is to be one.
pub(crate) fn strict(strictness: Strictness, message: String) -> Option<Diagnostic> {
    match strictness {
        Strictness::Strict => Some(Diagnostic::error(Class::Strict, message)),
        Strictness::Warn => Some(Diagnostic::warning(Class::Strict, message)),
        Strictness::Tolerate => Some(Diagnostic::warning(Class::StrictTolerated, message)),
        Strictness::Ignore => None,
    }
}

/// How many values with errors of their own are looked for in one document; each of them costs a run.
const MAX_RUNS: usize = 100;

fn run<T: DeserializeOwned>(
    input: Input<'_>,
    syntax: Option<Syntax>,
    strictness: Strictness,
) -> Decoded<T> {
    let context = Context::new(strictness, syntax);
    for _ in 0..MAX_RUNS {
        context.begin();
        match T::deserialize(NodeDeserializer::new(input, &context)) {
            Ok(value) => return context.finish(Some(value)),
            Err(error) => {
                if !context.note_failure(error) {
                    break;
                }
            }
        }
    }
    context.finish(None)
}

#[cfg(test)]
mod tests;
