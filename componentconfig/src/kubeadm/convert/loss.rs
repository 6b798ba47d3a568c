//! What a conversion cannot keep: found by converting back and looking for what did not return.

use serde::Serialize;

use super::DocumentsV1Beta4;
use crate::conversion::{Loss, loss};

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
    losses.extend(loss::between(kind, &value(before), Some(&value(after))));
}
