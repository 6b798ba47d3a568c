//! What a conversion cannot keep: found by converting back and looking for what did not return.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::field::Path;

/// Something that was set and is not, or not in the same way, after a conversion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Loss {
    /// The kind of the document that it was set in.
    pub kind: String,
    /// Where it was set.
    pub path: Path,
    /// What was set.
    pub value: Value,
    /// What is left of it, if anything.
    pub left: Option<Value>,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.kind, self.path)?;
        match &self.left {
            Some(left) => write!(f, "{} becomes {left}", self.value),
            None => write!(f, "{} has no place", self.value),
        }
    }
}

/// What `before` sets and `after` does not.
pub(crate) fn between(kind: &str, before: &Value, after: Option<&Value>) -> Vec<Loss> {
    let mut losses = Vec::new();
    compare(kind, &Path::root(), before, after, &mut losses);
    losses
}

fn compare(kind: &str, path: &Path, before: &Value, after: Option<&Value>, losses: &mut Vec<Loss>) {
    if after == Some(before) || before.is_null() {
        return;
    }
    match (before, after) {
        (Value::Object(fields), Some(Value::Object(others))) => {
            for (name, field) in fields {
                compare(
                    kind,
                    &path.child(name.clone()),
                    field,
                    others.get(name),
                    losses,
                );
            }
        }
        (Value::Object(fields), None) if !path.is_root() && !fields.is_empty() => {
            for (name, field) in fields {
                compare(kind, &path.child(name.clone()), field, None, losses);
            }
        }
        _ => losses.push(Loss {
            kind: kind.to_owned(),
            path: path.clone(),
            value: before.clone(),
            left: after.filter(|after| !after.is_null()).cloned(),
        }),
    }
}
