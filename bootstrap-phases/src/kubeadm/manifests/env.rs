//! Environment variables (`cmd/kubeadm/app/util/env.go`).

use std::collections::BTreeMap;

use componentconfig::core::EnvVar;

/// The proxy settings among environment variables: those whose name ends in `_proxy`, in whatever case, and that are not
/// empty.
pub fn proxy_variables<'a>(
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Vec<EnvVar> {
    environment
        .into_iter()
        .filter(|(name, value)| name.to_ascii_lowercase().ends_with("_proxy") && !value.is_empty())
        .map(|(name, value)| EnvVar {
            name: name.to_owned(),
            value: value.to_owned(),
            value_from: None,
        })
        .collect()
}

/// Both lists by name; of variables of one name the last one stays.
pub fn merge(first: &[EnvVar], second: &[EnvVar]) -> Vec<EnvVar> {
    let by_name: BTreeMap<&str, &EnvVar> = first
        .iter()
        .chain(second)
        .map(|variable| (variable.name.as_str(), variable))
        .collect();
    by_name.into_values().cloned().collect()
}
