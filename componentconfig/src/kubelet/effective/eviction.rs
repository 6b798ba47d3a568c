//! The thresholds of hard eviction. Follows `pkg/kubelet/eviction/defaults_linux.go`.

use std::collections::BTreeMap;

use crate::kubelet::v1beta1::KubeletConfiguration;

/// The thresholds where none are set.
pub(super) fn defaults() -> BTreeMap<String, String> {
    [
        ("memory.available", "100Mi"),
        ("nodefs.available", "10%"),
        ("nodefs.inodesFree", "5%"),
        ("imagefs.available", "15%"),
        ("imagefs.inodesFree", "5%"),
    ]
    .map(|(signal, threshold)| (signal.to_owned(), threshold.to_owned()))
    .into()
}

/// Fills up thresholds that are set, where that is asked for.
pub(super) fn complete(kubelet: &mut KubeletConfiguration) {
    if kubelet.merge_default_eviction_settings == Some(true) {
        let set = kubelet.eviction_hard.get_or_insert_default();
        for (signal, threshold) in defaults() {
            set.entry(signal).or_insert(threshold);
        }
    }
}
