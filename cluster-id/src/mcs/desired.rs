//! What a controller has to write into every cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Condition, Export, Merged, ServiceImport, ServiceKey, Validity, merge};
use crate::{
    id::ClusterId,
    rule::{Explain, Rule},
};

/// What should be in every cluster for one service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Desired {
    /// The import of every cluster that should have one. In a cluster that is not here there should be none.
    pub imports: BTreeMap<ClusterId, ServiceImport>,
    /// The conditions of every export, valid or not: `Valid`, and if it is, `Conflict`. `Ready` is for the
    /// implementation to say.
    pub exports: BTreeMap<ClusterId, Vec<Condition>>,
    /// What the valid exports come to, if there are any.
    pub merged: Option<Merged>,
}

/// What should be in every cluster, given what is exported and the clusters in which the namespace exists.
///
/// Every cluster with the namespace imports the service, those that export it too. No namespace is made for it.
pub fn desired(
    key: &ServiceKey,
    exports: &BTreeMap<ClusterId, Export>,
    namespaces: &BTreeSet<ClusterId>,
) -> Desired {
    let merged = merge(exports);
    let import = merged.as_ref().map(|merged| merged.import(key));
    let conditions = |export: &Export| {
        let validity = export.validity();
        let conflict = merged.as_ref().filter(|_| validity == Validity::Valid);
        let conflict = conflict.map(Merged::condition);
        std::iter::once(validity.condition())
            .chain(conflict)
            .collect()
    };
    Desired {
        imports: import
            .iter()
            .flat_map(|import| namespaces.iter().map(|id| (id.clone(), import.clone())))
            .collect(),
        exports: exports
            .iter()
            .map(|(id, export)| (id.clone(), conditions(export)))
            .collect(),
        merged,
    }
}

impl Desired {
    /// Why `cluster` should have no import; `None` if it should have one.
    pub fn absence(&self, cluster: &ClusterId) -> Option<Absence> {
        if self.imports.contains_key(cluster) {
            return None;
        }
        Some(match self.merged {
            None => Absence::NoExport,
            Some(_) => Absence::NoNamespace,
        })
    }
}

/// Why a cluster has no import of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Absence {
    /// No cluster has a valid export.
    NoExport,
    /// The cluster has not the namespace.
    NoNamespace,
}

impl Explain for Absence {
    fn rule(&self) -> Rule {
        match self {
            Self::NoExport => Rule::ImportNeedsExport,
            Self::NoNamespace => Rule::ImportNeedsNamespace,
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::NoExport => "no cluster has a valid export of the service",
            Self::NoNamespace => "the cluster has not the namespace of the service",
        }
        .to_owned()
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoExport => "export the service from a cluster that has it",
            Self::NoNamespace => "create the namespace",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_import_needs_an_export_and_a_namespace() {
        let key = ServiceKey::new("test", "web").unwrap();
        let id = |id: &str| ClusterId::parse(id).unwrap();
        let namespaces = BTreeSet::from([id("a"), id("b")]);
        let mut exports: BTreeMap<ClusterId, Export> = serde_json::from_value(json!({
            "a": {"createdAt": "2026-01-01T00:00:00Z", "exportedLabels": {"team": "x"}, "service": {}},
            "b": {"createdAt": "2026-01-01T00:00:00Z"},
        }))
        .unwrap();
        let found = desired(&key, &exports, &namespaces);
        assert_eq!(found.absence(&id("b")), None);
        assert_eq!(found.absence(&id("c")), Some(Absence::NoNamespace));
        let import = &found.imports[&id("b")];
        assert_eq!(import.metadata.name, "web");
        assert_eq!(import.metadata.namespace, "test");
        assert_eq!(import.metadata.labels["team"], "x");
        let reasons = |id: &ClusterId| -> Vec<_> {
            found.exports[id]
                .iter()
                .map(|condition| condition.reason.as_str())
                .collect()
        };
        assert_eq!(reasons(&id("a")), ["Valid", "NoConflicts"]);
        assert_eq!(reasons(&id("b")), ["NoService"]);
        exports.remove(&id("a"));
        let found = desired(&key, &exports, &namespaces);
        assert_eq!(found.absence(&id("a")), Some(Absence::NoExport));
    }
}
