//! Whether namespaces of one name are the same namespace everywhere in a ClusterSet.
//!
//! Follows SIG Multicluster's position statement on namespace sameness: a namespace need not exist in every cluster,
//! but where it does it has the same owners and the same meaning, unless a policy makes an exception.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    id::ClusterId,
    rule::{Explain, Rule},
};

/// The namespaces of one cluster, each with its owners: teams, people, tenants, or whatever a ClusterSet calls so.
pub type Namespaces = BTreeMap<String, BTreeSet<String>>;

/// An exception from sameness by policy: a namespace that means something of its own in some clusters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exemption {
    /// The namespace.
    pub namespace: String,
    /// The clusters in which it does not count; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<BTreeSet<ClusterId>>,
}

impl Exemption {
    fn covers(&self, cluster: &ClusterId, namespace: &str) -> bool {
        let here = || {
            let clusters = self.clusters.as_ref();
            clusters.is_none_or(|clusters| clusters.contains(cluster))
        };
        self.namespace == namespace && here()
    }
}

/// A namespace that belongs to different owners in different clusters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Violation {
    /// The namespace.
    pub namespace: String,
    /// Who owns it where: two sides or more, the one with most clusters first.
    pub sides: Vec<Side>,
}

/// Clusters that agree on who owns a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Side {
    /// The owners; none is an answer like any other.
    pub owners: BTreeSet<String>,
    /// The clusters.
    pub clusters: BTreeSet<ClusterId>,
}

/// Finds the namespaces that are not the same everywhere, by name.
///
/// ```
/// use std::collections::BTreeMap;
/// use cluster_id::{Explain, id::ClusterId, sameness::{Namespaces, violations}};
///
/// let cluster = |id: &str, owner: &str| -> Result<(ClusterId, Namespaces), cluster_id::Error> {
///     Ok((id.parse()?, [("db".to_owned(), [owner.to_owned()].into())].into()))
/// };
/// let clusters = BTreeMap::from([cluster("eu", "team-a")?, cluster("us", "team-b")?]);
/// let found = violations(&clusters, &[]);
/// assert_eq!(found[0].evidence(), "namespace db belongs to team-a in eu and to team-b in us");
/// # Ok::<(), cluster_id::Error>(())
/// ```
pub fn violations(
    clusters: &BTreeMap<ClusterId, Namespaces>,
    exemptions: &[Exemption],
) -> Vec<Violation> {
    let mut owned: BTreeMap<&str, BTreeMap<&BTreeSet<String>, BTreeSet<ClusterId>>> =
        BTreeMap::new();
    for (cluster, namespaces) in clusters {
        for (namespace, owners) in namespaces {
            if exemptions
                .iter()
                .any(|exemption| exemption.covers(cluster, namespace))
            {
                continue;
            }
            let sides = owned.entry(namespace).or_default();
            sides.entry(owners).or_default().insert(cluster.clone());
        }
    }
    owned
        .into_iter()
        .filter(|(_, sides)| sides.len() > 1)
        .map(|(namespace, sides)| violation(namespace, sides))
        .collect()
}

fn violation(
    namespace: &str,
    sides: BTreeMap<&BTreeSet<String>, BTreeSet<ClusterId>>,
) -> Violation {
    let mut sides: Vec<_> = sides
        .into_iter()
        .map(|(owners, clusters)| Side {
            owners: owners.clone(),
            clusters,
        })
        .collect();
    // The sort is stable, so that sides of one size stay in the order of their owners.
    sides.sort_by_key(|side| std::cmp::Reverse(side.clusters.len()));
    Violation {
        namespace: namespace.to_owned(),
        sides,
    }
}

impl Explain for Violation {
    fn rule(&self) -> Rule {
        Rule::NamespaceSameness
    }

    fn evidence(&self) -> String {
        let sides: Vec<_> = self.sides.iter().map(Side::describe).collect();
        format!(
            "namespace {} belongs {}",
            self.namespace,
            sides.join(" and ")
        )
    }

    fn remedy(&self) -> String {
        format!(
            "rename one of them, give all the same owners, or make an exception for {}",
            self.namespace
        )
    }
}

impl Side {
    fn describe(&self) -> String {
        let owners: Vec<_> = self.owners.iter().map(String::as_str).collect();
        let clusters: Vec<_> = self.clusters.iter().map(ClusterId::as_str).collect();
        let owners = if owners.is_empty() {
            "nobody".to_owned()
        } else {
            owners.join(", ")
        };
        format!("to {owners} in {}", clusters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn clusters(value: serde_json::Value) -> BTreeMap<ClusterId, Namespaces> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn sides_are_told_apart() {
        let clusters = clusters(json!({
            "a": {"db": ["x", "y"], "web": []},
            "b": {"db": ["z"], "web": ["w"]},
            "c": {"db": ["y", "x"]},
        }));
        let found = violations(&clusters, &[]);
        assert_eq!(
            serde_json::to_value(&found).unwrap(),
            json!([
                {"namespace": "db", "sides": [
                    {"owners": ["x", "y"], "clusters": ["a", "c"]},
                    {"owners": ["z"], "clusters": ["b"]},
                ]},
                {"namespace": "web", "sides": [
                    {"owners": [], "clusters": ["a"]},
                    {"owners": ["w"], "clusters": ["b"]},
                ]},
            ])
        );
        assert_eq!(
            found[1].explanation().to_string(),
            "namespace web belongs to nobody in a and to w in b (NS-1); \
             rename one of them, give all the same owners, or make an exception for web"
        );
    }

    #[test]
    fn a_policy_makes_exceptions() {
        let clusters =
            clusters(json!({"a": {"db": ["x"]}, "b": {"db": ["y"]}, "c": {"db": ["z"]}}));
        let found = |exemption: serde_json::Value| {
            violations(&clusters, &[serde_json::from_value(exemption).unwrap()]).len()
        };
        assert_eq!(found(json!({"namespace": "db"})), 0);
        assert_eq!(found(json!({"namespace": "web"})), 1);
        assert_eq!(found(json!({"namespace": "db", "clusters": []})), 1);
        assert_eq!(found(json!({"namespace": "db", "clusters": ["b"]})), 1);
        assert_eq!(found(json!({"namespace": "db", "clusters": ["b", "c"]})), 0);
    }

    fn fleets() -> impl Strategy<Value = BTreeMap<ClusterId, Namespaces>> {
        let owners = prop::collection::btree_set("[xy]", 0..2);
        let namespaces = prop::collection::btree_map("[mno]", owners, 0..3);
        let id = "[a-d]".prop_map(|id| ClusterId::parse(&id).unwrap());
        prop::collection::btree_map(id, namespaces, 0..4)
    }

    proptest! {
        #[test]
        fn sameness_is_agreement_of_every_pair(fleet in fleets()) {
            let found: BTreeSet<_> =
                violations(&fleet, &[]).into_iter().map(|violation| violation.namespace).collect();
            for name in ["m", "n", "o"] {
                let owners: BTreeSet<_> = fleet.values().filter_map(|cluster| cluster.get(name)).collect();
                prop_assert_eq!(owners.len() > 1, found.contains(name));
            }
        }

        #[test]
        fn fewer_clusters_have_no_new_violations(fleet in fleets(), without in "[a-d]") {
            let names = |fleet: &BTreeMap<ClusterId, Namespaces>| -> BTreeSet<String> {
                violations(fleet, &[]).into_iter().map(|violation| violation.namespace).collect()
            };
            let mut fewer = fleet.clone();
            fewer.remove(without.as_str());
            prop_assert!(names(&fewer).is_subset(&names(&fleet)));
        }
    }
}
