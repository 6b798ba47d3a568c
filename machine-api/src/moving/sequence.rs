//! In which order objects are moved.

use std::collections::BTreeSet;

use serde::Serialize;

use super::graph::{Graph, Node, ObjectId};
use crate::explain::Why;

/// The objects that are moved, in order, and those that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MoveSequence {
    /// Objects that can be made at the same time, sorted; each group after the one before it. All owners of an object are in
    /// earlier groups.
    pub groups: Vec<Vec<ObjectId>>,
    /// Objects that are made at the other side and stay at this one, too.
    pub kept: BTreeSet<ObjectId>,
    /// Objects that stay, and owners that were not found, sorted, each with the reason.
    pub left: Vec<(ObjectId, Left)>,
    clusters: Vec<ObjectId>,
    classes: Vec<ObjectId>,
}

/// Why an object stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Left {
    /// It belongs to nothing that is moved.
    Unrelated,
    /// It is only known as an owner: it is of no kind that could be moved, or it is not there.
    NotFound,
    /// It should move, but not without an owner that was not found.
    OwnerUnknown(ObjectId),
    /// It should move, but not without an owner that stays.
    OwnerStays(ObjectId),
    /// It should move, but it owns itself, by way of others.
    Cycle,
}

/// What is done, in order. Every step can be repeated when it was interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Step {
    /// `spec.paused` of these Clusters is set at the source.
    PauseClusters(Vec<ObjectId>),
    /// The annotation `cluster.x-k8s.io/paused` of these ClusterClasses is set at the source.
    PauseClusterClasses(Vec<ObjectId>),
    /// None of these has the annotation `clusterctl.cluster.x-k8s.io/block-move` any more.
    WaitUnblocked(Vec<ObjectId>),
    /// These are made at the target, with [owners that are there](Graph::for_target). Those that are there already are updated,
    /// but for those that the source [keeps](MoveSequence::kept).
    Create(Vec<ObjectId>),
    /// These get the annotation `clusterctl.cluster.x-k8s.io/delete-for-move`, are deleted at the source, and lose their
    /// finalizers.
    Delete(Vec<ObjectId>),
    /// The annotation of these ClusterClasses goes at the target.
    ResumeClusterClasses(Vec<ObjectId>),
    /// `spec.paused` of these Clusters goes at the target.
    ResumeClusters(Vec<ObjectId>),
}

impl Graph<'_> {
    /// The order in which objects are moved: owners before what they own.
    pub fn sequence(&self) -> MoveSequence {
        let levels = self.levels();
        let mut sequence = MoveSequence::default();
        for (index, node) in self.nodes.iter().enumerate() {
            match levels.get(index).copied().flatten() {
                Some(level) => {
                    if sequence.groups.len() <= level {
                        sequence.groups.resize(level + 1, Vec::new());
                    }
                    if let Some(group) = sequence.groups.get_mut(level) {
                        group.push(node.id.clone());
                    }
                    if node.is_kept() {
                        sequence.kept.insert(node.id.clone());
                    }
                }
                None => sequence
                    .left
                    .push((node.id.clone(), self.left(node, &levels))),
            }
        }
        for group in &mut sequence.groups {
            group.sort();
        }
        sequence.left.sort_by(|(a, _), (b, _)| a.cmp(b));
        let all = |kind| {
            let mut all: Vec<_> = self
                .of_kind("cluster.x-k8s.io", kind)
                .filter(|(_, node)| node.object.is_some())
                .map(|(_, node)| node.id.clone())
                .collect();
            all.sort();
            all
        };
        sequence.clusters = all("Cluster");
        sequence.classes = all("ClusterClass");
        sequence
    }

    /// By object, the group that it is in: the one after the last of its owners. `None` if it stays.
    fn levels(&self) -> Vec<Option<usize>> {
        let mut levels: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut waiting = vec![0_usize; self.nodes.len()];
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let mut ready = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let owners: BTreeSet<usize> = node.all_owners().collect();
            for owner in &owners {
                if let Some(dependents) = dependents.get_mut(*owner) {
                    dependents.push(index);
                }
            }
            if let Some(waiting) = waiting.get_mut(index) {
                *waiting = owners.len();
            }
            if owners.is_empty() && node.is_to_move() {
                ready.push(index);
            }
        }
        let mut level = 0;
        while !ready.is_empty() {
            let mut next = Vec::new();
            for index in ready {
                if let Some(place) = levels.get_mut(index) {
                    *place = Some(level);
                }
                for dependent in dependents.get(index).into_iter().flatten() {
                    let Some(waiting) = waiting.get_mut(*dependent) else {
                        continue;
                    };
                    *waiting -= 1;
                    let moves = self.nodes.get(*dependent).is_some_and(Node::is_to_move);
                    if *waiting == 0 && moves {
                        next.push(*dependent);
                    }
                }
            }
            ready = next;
            level += 1;
        }
        levels
    }

    fn left(&self, node: &Node<'_>, levels: &[Option<usize>]) -> Left {
        if node.object.is_none() {
            return Left::NotFound;
        }
        if !node.is_to_move() {
            return Left::Unrelated;
        }
        let mut staying: Vec<&Node<'_>> = node
            .all_owners()
            .filter(|owner| levels.get(*owner).copied().flatten().is_none())
            .filter_map(|owner| self.nodes.get(owner))
            .collect();
        staying.sort_by(|a, b| (a.is_to_move(), &a.id).cmp(&(b.is_to_move(), &b.id)));
        match staying.first() {
            Some(owner) if owner.object.is_none() => Left::OwnerUnknown(owner.id.clone()),
            Some(owner) if !self.is_cyclic(node) => Left::OwnerStays(owner.id.clone()),
            _ => Left::Cycle,
        }
    }

    /// Whether an object is among its own owners, by way of others.
    fn is_cyclic(&self, start: &Node<'_>) -> bool {
        let mut seen = BTreeSet::new();
        let mut stack: Vec<usize> = start.all_owners().collect();
        while let Some(index) = stack.pop() {
            let Some(node) = self.nodes.get(index) else {
                continue;
            };
            if node.uid == start.uid {
                return true;
            }
            if seen.insert(index) {
                stack.extend(node.all_owners());
            }
        }
        false
    }
}

impl Node<'_> {
    fn all_owners(&self) -> impl Iterator<Item = usize> {
        let owners = self.owners.iter().map(|(owner, _)| *owner);
        owners.chain(self.soft_owners.iter().copied())
    }
}

impl MoveSequence {
    /// What is done, in order.
    pub fn steps(&self) -> Vec<Step> {
        let all = self.groups.iter().flatten().cloned().collect();
        let mut steps = vec![
            Step::PauseClusters(self.clusters.clone()),
            Step::PauseClusterClasses(self.classes.clone()),
            Step::WaitUnblocked(all),
        ];
        steps.extend(self.groups.iter().cloned().map(Step::Create));
        let deleted = self.groups.iter().rev().map(|group| {
            let group = group.iter().filter(|id| !self.kept.contains(id));
            group.cloned().collect::<Vec<_>>()
        });
        steps.extend(deleted.filter(|group| !group.is_empty()).map(Step::Delete));
        steps.push(Step::ResumeClusterClasses(self.classes.clone()));
        steps.push(Step::ResumeClusters(self.clusters.clone()));
        steps
    }

    /// Objects that should move and cannot. Cluster API leaves them behind without a word.
    pub fn stuck(&self) -> impl Iterator<Item = &(ObjectId, Left)> {
        let stays = |why: &Left| matches!(why, Left::Unrelated | Left::NotFound);
        self.left.iter().filter(move |(_, why)| !stays(why))
    }

    /// Why objects stay.
    pub fn explain(&self) -> Vec<Why> {
        let left = self.left.iter();
        left.map(|(id, why)| why.explain(id)).collect()
    }
}

impl Left {
    fn explain(&self, id: &ObjectId) -> Why {
        let subject = id.to_string();
        match self {
            Self::Unrelated => Why::new(
                subject,
                "Unrelated",
                "it belongs to no Cluster, by owner or by name",
            )
            .remedy("label it clusterctl.cluster.x-k8s.io/move"),
            Self::NotFound => Why::new(
                subject,
                "NotFound",
                "it is only known as an owner: it is of no kind that is moved, or not there",
            ),
            Self::OwnerUnknown(owner) => Why::new(
                subject,
                "OwnerUnknown",
                format!(
                    "its owner {} {} was not found among the kinds that are moved",
                    owner.kind, owner.name
                ),
            )
            .remedy("label the CustomResourceDefinition of the owner clusterctl.cluster.x-k8s.io"),
            Self::OwnerStays(owner) => {
                Why::new(subject, "OwnerStays", format!("its owner {owner} stays"))
                    .remedy("move the owner, too, or remove the reference")
            }
            Self::Cycle => Why::new(subject, "Cycle", "it owns itself, by way of others")
                .remedy("remove one of the references"),
        }
    }
}
