//! What an API server makes of an object of a built-in kind before it stores it: defaults, and the one way in which Go writes
//! what can be written in several ways.
//!
//! - [`set_defaults`] fills in what the defaulting functions of Kubernetes 1.36 fill in.
//! - [`canonicalise`] is reading into the Go type and writing out again: `1000m` becomes `1`, zero values go away, fields
//!   that are always written appear, deprecated aliases follow the fields that replaced them.
//! - [`normalise`] is both. Two objects that mean the same to the server are equal after it.
//!
//! Defaults that come of other objects or of the cluster (admission, allocated addresses, generated labels) are not in here.
//! Objects of other kinds stay as they are; for custom resources see [`structural`](crate::structural).
//!
//! ```
//! use apply_semantics::defaults::normalise;
//! use serde_json::json;
//!
//! let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"},
//!     "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}, "volumeName": ""}});
//! normalise(&mut claim)?;
//! assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "1Gi");
//! assert_eq!(claim["spec"]["volumeMode"], "Filesystem");
//! assert_eq!(claim["spec"].get("volumeName"), None);
//! # Ok::<(), apply_semantics::defaults::UnreadableErrors>(())
//! ```

mod aliases;
mod canonical;
mod facts;
mod fill;
mod functions;
mod quantity;
mod tables;
mod time;

use std::{error, fmt};

use serde_json::Value;

use crate::types::{Node, builtin};

pub use quantity::Quantity;

/// Sets the defaults of an object of a built-in kind, by its `apiVersion` and `kind`. What is there stays, except that the
/// server takes zero for "not there" in fields that cannot tell them apart.
///
/// ```
/// let mut secret = serde_json::json!({"apiVersion": "v1", "kind": "Secret", "type": ""});
/// apply_semantics::defaults::set_defaults(&mut secret);
/// assert_eq!(secret["type"], "Opaque");
/// ```
pub fn set_defaults(object: &mut Value) {
    fill_in(object);
}

/// Sets the defaults of an object, and tells whether that made it another.
fn fill_in(object: &mut Value) -> bool {
    type_of(object).is_some_and(|node| fill::fill(node, object))
}

/// Writes an object of a built-in kind as the server would write it after reading it: quantities and times in their
/// canonical text, whole numbers as integers, bytes of `stringData` in `data`, no fields that its type does not have, nothing
/// that Go leaves out, everything that Go always writes. `metadata.managedFields` stays as it is.
///
/// # Errors
/// Everything that the server could not read, such as a quantity that is none. The rest of the object is canonical then.
pub fn canonicalise(object: &mut Value) -> Result<(), UnreadableErrors> {
    let mut errors = Vec::new();
    if let Some(node) = type_of(object) {
        canonical::canonicalise(node, object, &mut errors);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(UnreadableErrors(errors))
    }
}

/// [`canonicalise`], [`set_defaults`], and the defaults in canonical form. What it makes of an object stays as it is when it
/// is done again.
///
/// # Errors
/// As [`canonicalise`].
pub fn normalise(object: &mut Value) -> Result<(), UnreadableErrors> {
    let read = canonicalise(object);
    // What is canonical stays so if nothing is added to it.
    if !fill_in(object) {
        return read;
    }
    let written = canonicalise(object);
    read.and(written)
}

/// The canonical text of a quantity, as Go writes it; `None` if the text is no quantity.
///
/// In lists of resources the server also rounds up to thousandths ([`Quantity::round_up_to_milli`]).
///
/// ```
/// use apply_semantics::defaults::canonical_quantity;
/// assert_eq!(canonical_quantity("1.5Gi").as_deref(), Some("1536Mi"));
/// assert_eq!(canonical_quantity("1.5 GiB"), None);
/// ```
pub fn canonical_quantity(text: &str) -> Option<String> {
    Quantity::parse(text.trim()).map(|quantity| quantity.to_string())
}

/// What cannot be read of the metadata of an object, with paths below it.
pub(crate) fn unreadable_metadata(metadata: &Value) -> Vec<Unreadable> {
    let mut errors = Vec::new();
    if let Some(node) = builtin().named("meta.v1.ObjectMeta") {
        canonical::canonicalise(node, &mut metadata.clone(), &mut errors);
    }
    errors
}

/// [`canonicalise`] of the metadata of an object of any kind, as far as it can be read.
pub(crate) fn canonicalise_metadata(metadata: &mut Value) {
    let Some(node) = builtin().named("meta.v1.ObjectMeta") else {
        return;
    };
    if metadata.is_object() {
        canonical::canonicalise_at(node, metadata);
    }
}

/// Whether a text is a time stamp that the server reads.
pub(crate) fn is_time(text: &str) -> bool {
    time::seconds(text).is_some()
}

/// The type of an object of a built-in kind.
fn type_of(object: &Value) -> Option<Node<'static>> {
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    builtin().kind(text("apiVersion")?, text("kind")?)
}

/// Everything in an object that a server could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableErrors(Vec<Unreadable>);

impl UnreadableErrors {
    /// The places, in the order of the object.
    pub fn iter(&self) -> impl Iterator<Item = &Unreadable> {
        self.0.iter()
    }
}

/// A value that a server could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it stands, such as `spec.containers[0].resources.limits.cpu`.
    pub path: String,
    /// What was expected there, such as `a quantity`.
    pub expected: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.path, self.expected)
    }
}

impl fmt::Display for UnreadableErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{error}")?;
        }
        Ok(())
    }
}

impl error::Error for UnreadableErrors {}
