//! Conversion of documents that belong together.

use serde_json::Value;

use super::kind_of;
use crate::{GroupVersion, Report};

/// A conversion of all documents of a version at once, to the next newer version of their group and back: for groups
/// in which fields move from one kind to another. The documents come in the order of the file.
#[derive(Clone, Debug)]
pub struct SetConversion {
    /// The older version.
    pub from: GroupVersion,
    /// The newer version.
    pub to: GroupVersion,
    /// From the older to the newer one.
    pub up: fn(&[Value]) -> Result<Vec<Value>, Report>,
    /// From the newer to the older one; what that cannot say is dropped.
    pub down: fn(&[Value]) -> Result<Vec<Value>, Report>,
}

/// A conversion of sets in one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directed<'a> {
    from: &'a GroupVersion,
    to: &'a GroupVersion,
    convert: fn(&[Value]) -> Result<Vec<Value>, Report>,
}

impl SetConversion {
    pub(super) const fn upwards(&self) -> Directed<'_> {
        Directed {
            from: &self.from,
            to: &self.to,
            convert: self.up,
        }
    }

    pub(super) const fn downwards(&self) -> Directed<'_> {
        Directed {
            from: &self.to,
            to: &self.from,
            convert: self.down,
        }
    }
}

impl Directed<'_> {
    /// Converts what is of the version, each document in its place; what comes into being stands behind the last one.
    ///
    /// Documents of the other version take part: a field that moves may move to one of them.
    pub(super) fn apply(self, documents: Vec<Value>) -> Result<Vec<Value>, Report> {
        let of = |document: &Value, version: &GroupVersion| {
            kind_of(document).is_some_and(|kind| kind.group_version() == *version)
        };
        if !documents.iter().any(|document| of(document, self.from)) {
            return Ok(documents);
        }
        let before: Vec<Value> = documents
            .iter()
            .filter(|document| of(document, self.from) || of(document, self.to))
            .cloned()
            .collect();
        let mut after = (self.convert)(&before)?;
        let mut out = Vec::with_capacity(documents.len());
        let mut last = 0;
        for document in documents {
            if !(of(&document, self.from) || of(&document, self.to)) {
                out.push(document);
                continue;
            }
            let kind = document.get("kind").cloned();
            let at = after
                .iter()
                .position(|after| after.get("kind") == kind.as_ref());
            if let Some(at) = at {
                out.push(after.remove(at));
                last = out.len();
            }
        }
        out.splice(last..last, after);
        Ok(out)
    }
}
