//! Which kinds a server serves, under which names, and whether in namespaces.

use std::cmp::Reverse;

use serde_json::Value;

use crate::{
    op::ResourceRef,
    types::{Node, builtin},
};

/// A kind that a server serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// What its URL says.
    pub resource: ResourceRef,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Kind {
    /// The type by which strategic merge patches are made; custom kinds have none, and take JSON merge patches.
    pub(super) fn strategic(&self) -> Option<Node<'static>> {
        builtin().kind(&self.resource.api_version(), &self.resource.kind)
    }

    /// `Kind.group`, or the kind alone for the core group.
    pub(super) fn group_kind(&self) -> String {
        if self.resource.group.is_empty() {
            self.resource.kind.clone()
        } else {
            format!("{}.{}", self.resource.kind, self.resource.group)
        }
    }
}

/// The kinds that a server serves: what a client learns from discovery.
///
/// ```
/// use apply_semantics::{client_side::Kinds, op::ResourceRef};
///
/// let kinds = Kinds::builtin().with(ResourceRef::of_kind("example.io/v1", "Widget"), true);
/// assert!(!kinds.find("v1", "Namespace").unwrap().namespaced);
/// assert_eq!(kinds.find("example.io/v1", "Widget").unwrap().resource.resource, "widgets");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kinds {
    kinds: Vec<Kind>,
}

impl Kinds {
    /// The built-in kinds of Kubernetes 1.36.
    pub fn builtin() -> Self {
        let kinds = builtin().kinds().filter_map(|(name, _)| {
            let (api_version, kind) = name.rsplit_once('/')?;
            let resource = ResourceRef::of_kind(api_version, kind);
            let namespaced = !is_cluster_wide(&resource.group, kind);
            Some(Kind {
                resource,
                namespaced,
            })
        });
        Self {
            kinds: kinds.collect(),
        }
    }

    /// The same with one more kind.
    #[must_use]
    pub fn with(mut self, resource: ResourceRef, namespaced: bool) -> Self {
        self.kinds.push(Kind {
            resource,
            namespaced,
        });
        self
    }

    /// The same with the kind that a `CustomResourceDefinition` defines, in all its served versions. What the definition leaves out
    /// is taken as empty.
    #[must_use]
    pub fn with_crd(mut self, definition: &Value) -> Self {
        let spec = definition.get("spec").unwrap_or(&Value::Null);
        let text = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let names = spec.get("names").unwrap_or(&Value::Null);
        let versions = spec.get("versions").and_then(Value::as_array);
        for version in versions.into_iter().flatten() {
            if version.get("served").and_then(Value::as_bool) == Some(false) {
                continue;
            }
            self.kinds.push(Kind {
                resource: ResourceRef::new(
                    text(spec.get("group")),
                    text(version.get("name")),
                    text(names.get("plural")),
                    text(names.get("kind")),
                ),
                namespaced: spec.get("scope").and_then(Value::as_str) != Some("Cluster"),
            });
        }
        self
    }

    /// The kind of that name in that `group/version`.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        let fits = |known: &&Kind| {
            known.resource.kind == kind && known.resource.api_version() == api_version
        };
        self.kinds.iter().rev().find(fits)
    }

    /// The kind of that name in that group, in the version that a server prefers.
    pub fn preferred(&self, group: &str, kind: &str) -> Option<&Kind> {
        self.newest(|known| known.resource.group == group && known.resource.kind == kind)
    }

    /// The kind behind a resource `plural` or `plural.group`, in the version that a server prefers. The singular and the kind
    /// itself in lower case are understood too.
    pub fn resource(&self, name: &str) -> Option<&Kind> {
        let (resource, group) = name.split_once('.').unwrap_or((name, ""));
        let wanted = resource.to_ascii_lowercase();
        let names = |known: &Kind| {
            known.resource.resource == wanted || known.resource.kind.to_ascii_lowercase() == wanted
        };
        let exact = self.newest(|known| known.resource.group == group && names(known));
        exact.or_else(|| group.is_empty().then(|| self.newest(names)).flatten())
    }

    fn newest(&self, fits: impl Fn(&Kind) -> bool) -> Option<&Kind> {
        let fitting = self.kinds.iter().filter(|known| fits(known));
        fitting.min_by_key(|known| {
            (
                Reverse(version_rank(&known.resource.version)),
                known.resource.version.clone(),
            )
        })
    }
}

/// Versions in Kubernetes' order of preference: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, and then all other texts.
fn version_rank(version: &str) -> (u8, u64, u64) {
    let parse = || {
        let rest = version.strip_prefix('v')?;
        let digits = rest.find(|char: char| !char.is_ascii_digit());
        let (major, stage) = rest.split_at(digits.unwrap_or(rest.len()));
        let major = major.parse().ok()?;
        if stage.is_empty() {
            return Some((3, major, 0));
        }
        let (level, minor) = match stage.strip_prefix("beta") {
            Some(minor) => (2, minor),
            None => (1, stage.strip_prefix("alpha")?),
        };
        Some((level, major, minor.parse().ok()?))
    };
    parse().unwrap_or_default()
}

/// The built-in kinds whose objects live outside of namespaces.
fn is_cluster_wide(group: &str, kind: &str) -> bool {
    match group {
        "" => matches!(
            kind,
            "ComponentStatus" | "Namespace" | "Node" | "PersistentVolume"
        ),
        "authorization.k8s.io" => kind != "LocalSubjectAccessReview",
        "networking.k8s.io" => matches!(kind, "IPAddress" | "IngressClass" | "ServiceCIDR"),
        "rbac.authorization.k8s.io" => matches!(kind, "ClusterRole" | "ClusterRoleBinding"),
        "resource.k8s.io" => !matches!(kind, "ResourceClaim" | "ResourceClaimTemplate"),
        "storage.k8s.io" => kind != "CSIStorageCapacity",
        "admissionregistration.k8s.io"
        | "apiextensions.k8s.io"
        | "apiregistration.k8s.io"
        | "authentication.k8s.io"
        | "certificates.k8s.io"
        | "flowcontrol.apiserver.k8s.io"
        | "internal.apiserver.k8s.io"
        | "node.k8s.io"
        | "scheduling.k8s.io" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn servers_prefer_stable_and_new_versions() {
        let kinds = Kinds::builtin();
        let version = |group, kind| &kinds.preferred(group, kind).unwrap().resource.version;
        assert_eq!(version("autoscaling", "HorizontalPodAutoscaler"), "v2");
        assert_eq!(version("resource.k8s.io", "DeviceClass"), "v1");
        assert_eq!(version("coordination.k8s.io", "LeaseCandidate"), "v1beta1");
        let mut versions = ["foo", "v1alpha1", "v10", "v1", "v1beta2", "v2", "v1beta10"];
        versions.sort_by_key(|version| Reverse(version_rank(version)));
        assert_eq!(
            versions,
            ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo"]
        );
    }

    #[test]
    fn resources_are_found_by_their_names() {
        let kinds = Kinds::builtin();
        for (name, kind) in [
            ("secrets", "Secret"),
            ("deployment", "Deployment"),
            ("deployments.apps", "Deployment"),
            ("HorizontalPodAutoscaler", "HorizontalPodAutoscaler"),
        ] {
            assert_eq!(kinds.resource(name).unwrap().resource.kind, kind);
        }
        assert_eq!(kinds.resource("deployments.example.io"), None);
    }

    #[test]
    fn a_definition_of_custom_resources_adds_its_served_versions() {
        let kinds = Kinds::default().with_crd(&json!({"spec": {
            "group": "example.io", "scope": "Cluster", "names": {"kind": "Box", "plural": "boxen"},
            "versions": [{"name": "v1", "served": true}, {"name": "v1beta1", "served": false}],
        }}));
        let found = kinds.find("example.io/v1", "Box").unwrap();
        assert!(!found.namespaced);
        assert_eq!(found.resource.resource, "boxen");
        assert_eq!(found.strategic().map(|_| ()), None);
        assert_eq!(kinds.find("example.io/v1beta1", "Box"), None);
    }
}
