//! What a conversion cannot keep: found by converting back and looking for what did not return.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DocumentsV1Beta4;
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
pub(super) fn between(before: &DocumentsV1Beta4, after: &DocumentsV1Beta4) -> Vec<Loss> {
    let mut losses = Vec::new();
    document(
        "InitConfiguration",
        before.init.as_ref(),
        after.init.as_ref(),
        &mut losses,
    );
    document(
        "ClusterConfiguration",
        before.cluster.as_ref(),
        after.cluster.as_ref(),
        &mut losses,
    );
    document(
        "JoinConfiguration",
        before.join.as_ref(),
        after.join.as_ref(),
        &mut losses,
    );
    document(
        "ResetConfiguration",
        before.reset.as_ref(),
        after.reset.as_ref(),
        &mut losses,
    );
    document(
        "UpgradeConfiguration",
        before.upgrade.as_ref(),
        after.upgrade.as_ref(),
        &mut losses,
    );
    losses
}

fn document<T: Serialize>(
    kind: &str,
    before: Option<&T>,
    after: Option<&T>,
    losses: &mut Vec<Loss>,
) {
    // Serialising these types cannot fail: they are maps with string keys.
    let value = |document: Option<&T>| serde_json::to_value(document).unwrap_or_default();
    compare(
        kind,
        &Path::root(),
        &value(before),
        Some(&value(after)),
        losses,
    );
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
