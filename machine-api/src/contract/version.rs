//! Which version of the contract an object follows.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::Value;

/// A version of Cluster API's contract with providers. Later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ContractVersion {
    /// That of v1beta1: `status.ready` and the like.
    V1Beta1,
    /// That of v1beta2: `status.initialization` and the like.
    #[default]
    V1Beta2,
}

impl ContractVersion {
    /// All of them, the latest first.
    pub const ALL: [Self; 2] = [Self::V1Beta2, Self::V1Beta1];

    /// The label of CustomResourceDefinitions that names the versions of a kind that follow this contract, joined by `_`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::V1Beta1 => "cluster.x-k8s.io/v1beta1",
            Self::V1Beta2 => "cluster.x-k8s.io/v1beta2",
        }
    }

    /// The latest contract that a CustomResourceDefinition says to follow, and the latest version of its kind that does.
    ///
    /// ```
    /// use machine_api::contract::ContractVersion;
    /// use serde_json::json;
    ///
    /// let definition = json!({"metadata": {"labels": {
    ///     "cluster.x-k8s.io/v1beta1": "v1alpha4_v1beta1", "cluster.x-k8s.io/v1beta2": "v1_v2beta1",
    /// }}});
    /// assert_eq!(ContractVersion::of(&definition), Some((ContractVersion::V1Beta2, "v1")));
    /// ```
    pub fn of(definition: &Value) -> Option<(Self, &str)> {
        let labels = definition.pointer("/metadata/labels")?;
        Self::ALL.into_iter().find_map(|contract| {
            let versions = labels.get(contract.label())?.as_str()?;
            let latest = versions.split('_').max_by(|a, b| cmp_versions(a, b))?;
            (!latest.is_empty()).then_some((contract, latest))
        })
    }

    /// The contract that a version of a kind follows, as its CustomResourceDefinition says.
    pub fn of_version(definition: &Value, version: &str) -> Option<Self> {
        let labels = definition.pointer("/metadata/labels")?;
        let follows = |contract: &Self| {
            let versions = labels.get(contract.label()).and_then(Value::as_str);
            versions.is_some_and(|versions| versions.split('_').any(|one| one == version))
        };
        Self::ALL.into_iter().find(follows)
    }
}

/// Compares versions of an API as Kubernetes does: those like `v1` before `v1beta1` before `v1alpha1`, then by number; other texts
/// are less than all of them.
fn cmp_versions(a: &str, b: &str) -> Ordering {
    match (parts(a), parts(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        // Kubernetes prefers the lesser text.
        (None, None) => b.cmp(a),
    }
}

/// How stable a version is, its number, and that of its alpha or beta.
fn parts(version: &str) -> Option<(u8, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    let digits = |text: &str| -> Option<u64> {
        let only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        only.then(|| text.parse().ok())?
    };
    for (stability, word) in [(1, "beta"), (0, "alpha")] {
        if let Some((major, minor)) = rest.split_once(word) {
            return Some((stability, digits(major)?, digits(minor)?));
        }
    }
    Some((2, digits(rest)?, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_are_sorted_as_kubernetes_does() {
        let mut versions = [
            "x", "v1", "v1alpha2", "v10", "v2", "v1beta10", "v1beta2", "w",
        ];
        versions.sort_by(|a, b| cmp_versions(a, b));
        let expected = [
            "x", "w", "v1alpha2", "v1beta2", "v1beta10", "v1", "v2", "v10",
        ];
        assert_eq!(versions, expected);
    }

    #[test]
    fn the_latest_contract_wins() {
        let definition =
            json!({"metadata": {"labels": {"cluster.x-k8s.io/v1beta1": "v1beta1_v1beta2"}}});
        assert_eq!(
            ContractVersion::of(&definition),
            Some((ContractVersion::V1Beta1, "v1beta2"))
        );
        assert_eq!(
            ContractVersion::of_version(&definition, "v1beta1"),
            Some(ContractVersion::V1Beta1)
        );
        assert_eq!(ContractVersion::of_version(&definition, "v1"), None);
        let none = json!({"metadata": {"labels": {"cluster.x-k8s.io/v1beta2": ""}}});
        assert_eq!(ContractVersion::of(&none), None);
    }
}
