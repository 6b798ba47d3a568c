//! Command-line flags: a map in v1beta3, a list in v1beta4.

use std::collections::BTreeMap;

use crate::kubeadm::v1beta4::Arg;

/// The flags of a map, sorted by name in byte order.
pub(super) fn from_map(args: &BTreeMap<String, String>) -> Vec<Arg> {
    args.iter()
        .map(|(name, value)| Arg {
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

/// The flags by name; the last one of each name counts.
pub(super) fn to_map(args: &[Arg]) -> BTreeMap<String, String> {
    args.iter()
        .map(|arg| (arg.name.clone(), arg.value.clone()))
        .collect()
}
