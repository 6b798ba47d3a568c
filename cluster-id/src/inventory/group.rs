//! Selected clusters cut into groups.

use serde::{Deserialize, Serialize};

use super::Cluster;
use crate::{rollout::Portion, selector::LabelSelector};

/// Clusters that belong together, by labels and claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedGroup {
    /// The name of the group.
    pub name: String,
    /// The labels that its clusters have.
    pub label_selector: LabelSelector,
    /// The claims that they make.
    pub claim_selector: LabelSelector,
}

/// Clusters that get a change together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    /// The place of the group among all, from 0.
    pub index: usize,
    /// Its name; several groups have one name if it was cut, and those of the clusters that no name means have none.
    pub name: String,
    /// The names of its clusters.
    pub clusters: Vec<String>,
}

impl Group {
    /// A group of those clusters.
    pub fn of<N: Into<String>>(
        index: usize,
        name: impl Into<String>,
        clusters: impl IntoIterator<Item = N>,
    ) -> Self {
        Self {
            index,
            name: name.into(),
            clusters: clusters.into_iter().map(Into::into).collect(),
        }
    }
}

/// Cuts clusters into groups: first the named ones, then the clusters that no name means.
///
/// A cluster belongs to the first name that means it. Within a name clusters are in the order of their names, cut into
/// groups of `per_group` clusters, or that percentage of all; none, or more than there are, leaves them together. There is
/// at least one group, if an empty one.
pub fn groups(
    clusters: &[Cluster],
    named: &[NamedGroup],
    per_group: Option<Portion>,
) -> Vec<Group> {
    let size = per_group.map_or(0, |portion| portion.of(clusters.len()));
    let size = if size == 0 {
        clusters.len().max(1)
    } else {
        size
    };
    let mut rest: Vec<&Cluster> = clusters.iter().collect();
    rest.sort_by(|left, right| left.name.cmp(&right.name));
    let mut parts: Vec<(&str, Vec<&Cluster>)> = Vec::new();
    for group in named {
        let (chosen, others) = rest.into_iter().partition(|cluster| {
            group.label_selector.matches(&cluster.labels)
                && group.claim_selector.matches(&cluster.claims)
        });
        parts.push((&group.name, chosen));
        rest = others;
    }
    parts.push(("", rest));
    let cut = parts.iter().flat_map(|(name, clusters)| {
        clusters
            .chunks(size)
            .map(move |part| (*name, part.iter().map(|cluster| cluster.name.clone())))
    });
    let groups: Vec<Group> = cut
        .enumerate()
        .map(|(index, (name, clusters))| Group::of(index, name, clusters))
        .collect();
    if groups.is_empty() {
        return vec![Group::default()];
    }
    groups
}
