//! What may change of definitions of custom resources.

use serde_json::Value;

use super::{Change, Findings};
use crate::plan::semantic::{items, text};

pub(super) fn check(change: Change<'_>, findings: &mut Findings) {
    let established = items(change.old, "status.conditions")
        .iter()
        .any(|condition| {
            text(condition, "type") == "Established" && text(condition, "status") == "True"
        });
    if established {
        for path in ["spec.scope", "spec.names.kind"] {
            findings.keep(
                change,
                path,
                "the field is immutable once the definition is established",
            );
        }
    }
    let versions = items(change.new, "spec.versions");
    let stored = items(change.old, "status.storedVersions")
        .iter()
        .filter_map(Value::as_str);
    for version in stored {
        if !versions
            .iter()
            .any(|present| text(present, "name") == version)
        {
            let path = format!("spec.versions[{version}]");
            findings.refuse(path, "objects may be stored in a version, so it must stay");
        }
    }
}
