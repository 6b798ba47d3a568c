//! Kinds of objects that may be moved.

use serde_json::Value;

const MOVE: &str = "clusterctl.cluster.x-k8s.io/move";
const MOVE_HIERARCHY: &str = "clusterctl.cluster.x-k8s.io/move-hierarchy";
/// The label of CustomResourceDefinitions that belong to a provider.
const PROVIDER: &str = "clusterctl.cluster.x-k8s.io";

/// Kinds whose objects take along what belongs to them, whatever their definition says.
const HIERARCHIES: [(&str, &str); 3] = [
    ("cluster.x-k8s.io", "Cluster"),
    ("cluster.x-k8s.io", "ClusterClass"),
    ("addons.cluster.x-k8s.io", "ClusterResourceSet"),
];

/// A kind of objects that may be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovableKind {
    /// Group and version.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// Whether its objects move even if they belong to no cluster.
    pub moves: bool,
    /// Whether what belongs to its objects moves with them.
    pub moves_hierarchy: bool,
    /// Whether its objects are in no namespace. They are made if they are missing, and never deleted or changed.
    pub cluster_scoped: bool,
}

impl MovableKind {
    /// A kind of a namespace that moves as its group and name say.
    pub fn new(api_version: impl Into<String>, kind: impl Into<String>) -> Self {
        let (api_version, kind) = (api_version.into(), kind.into());
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let hierarchy = HIERARCHIES.contains(&(group, kind.as_str()));
        Self {
            moves: hierarchy,
            moves_hierarchy: hierarchy,
            cluster_scoped: false,
            api_version,
            kind,
        }
    }

    /// With what the labels of its definition say.
    #[must_use]
    pub const fn labelled(mut self, moves: bool, moves_hierarchy: bool) -> Self {
        self.moves_hierarchy |= moves_hierarchy;
        self.moves |= moves || moves_hierarchy;
        self
    }

    /// A kind outside namespaces, or not.
    #[must_use]
    pub const fn cluster_scoped(mut self, cluster_scoped: bool) -> Self {
        self.cluster_scoped = cluster_scoped;
        self
    }

    /// The kinds of a list of CustomResourceDefinitions that belong to providers, each in the version that is stored; and
    /// Secrets and ConfigMaps.
    pub fn discover<'a>(definitions: impl IntoIterator<Item = &'a Value>) -> Vec<Self> {
        let mut kinds: Vec<Self> = definitions.into_iter().filter_map(Self::defined).collect();
        kinds.push(Self::new("v1", "Secret"));
        kinds.push(Self::new("v1", "ConfigMap"));
        kinds
    }

    fn defined(definition: &Value) -> Option<Self> {
        let labels = definition.pointer("/metadata/labels");
        let has = |label: &str| labels.is_some_and(|labels| labels.get(label).is_some());
        if !has(PROVIDER) {
            return None;
        }
        let spec = definition.get("spec")?;
        let mut versions = spec.get("versions")?.as_array()?.iter();
        let stored = versions.find(|version| version.get("storage") == Some(&Value::Bool(true)))?;
        let group = spec.get("group")?.as_str()?;
        let version = stored.get("name")?.as_str()?;
        let kind = spec.pointer("/names/kind")?.as_str()?;
        let scope = spec.get("scope").and_then(Value::as_str);
        Some(
            Self::new(format!("{group}/{version}"), kind)
                .labelled(has(MOVE), has(MOVE_HIERARCHY))
                .cluster_scoped(scope == Some("Cluster")),
        )
    }

    /// Whether an object is of this kind, in whatever version.
    pub(super) fn is_of(&self, api_version: &str, kind: &str) -> bool {
        let group = |api_version: &str| api_version.split('/').next().map(str::to_owned);
        self.kind == kind && group(&self.api_version) == group(api_version)
    }

    /// Whether the labels of an object make it move, with or without what belongs to it.
    pub(super) fn labels(object: &Value) -> (bool, bool) {
        let labels = object.pointer("/metadata/labels");
        let has = |label: &str| labels.is_some_and(|labels| labels.get(label).is_some());
        (has(MOVE), has(MOVE_HIERARCHY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn definitions_of_providers_are_found() {
        let definition = |group: &str, kind: &str, labels: Value| {
            json!({
                "metadata": {"labels": labels},
                "spec": {
                    "group": group, "names": {"kind": kind}, "scope": "Cluster",
                    "versions": [{"name": "v1", "storage": false}, {"name": "v2", "storage": true}],
                },
            })
        };
        let definitions = [
            definition("other.io", "Other", json!({})),
            definition("cluster.x-k8s.io", "Cluster", json!({PROVIDER: ""})),
            definition(
                "a.io",
                "Identity",
                json!({PROVIDER: "", MOVE_HIERARCHY: ""}),
            ),
            definition("a.io", "Extra", json!({PROVIDER: "", MOVE: ""})),
        ];
        let kinds = MovableKind::discover(&definitions);
        let shown: Vec<_> = kinds
            .iter()
            .map(|kind| (kind.kind.as_str(), kind.moves, kind.moves_hierarchy))
            .collect();
        assert_eq!(
            shown,
            [
                ("Cluster", true, true),
                ("Identity", true, true),
                ("Extra", true, false),
                ("Secret", false, false),
                ("ConfigMap", false, false)
            ]
        );
        assert_eq!(kinds[0].api_version, "cluster.x-k8s.io/v2");
        assert!(kinds[1].cluster_scoped && !kinds[3].cluster_scoped);
    }
}
