//! Flags of metrics that components share. Follows `component-base/metrics/options.go`.

use crate::field::{Errors, Path};

/// The minor version before the one that this crate follows.
const PREVIOUS: &str = "1.35";

/// Hidden metrics can be shown for the previous minor version only.
pub(crate) fn hidden_version(version: &str, path: &Path, errors: &mut Errors) {
    if !version.is_empty() && version != PREVIOUS {
        let detail = format!(
            "must be omitted or have the value '{PREVIOUS}'. Only the previous minor version is allowed"
        );
        errors.invalid(path, version, detail);
    }
}
