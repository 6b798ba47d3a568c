//! What belongs to what.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
};

use serde::Serialize;
use serde_json::Value;

use super::kinds::MovableKind;
use crate::{Compat, meta::OwnerReference};

/// What the name of a Secret of a cluster ends with.
const PURPOSES: [&str; 6] = [
    "kubeconfig",
    "ca",
    "etcd",
    "sa",
    "proxy",
    "apiserver-etcd-client",
];

const CORE: &str = "cluster.x-k8s.io";

/// An object by its kind, namespace and name. Displays as `Kind/namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectId {
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty if it is in none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its group and version.
    pub api_version: String,
}

/// Why a graph cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An object without uid cannot be owned.
    #[error("{0} has no metadata.uid")]
    NoUid(ObjectId),
    /// The owners of an object cannot be read.
    #[error("{object}: metadata.ownerReferences: {reason}")]
    Owners {
        /// The object.
        object: ObjectId,
        /// What is wrong.
        reason: String,
    },
}

/// Objects of a management cluster with what they belong to.
#[derive(Clone, Debug)]
pub struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    compat: Compat,
}

/// An object, or an owner that is not among the objects.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Node<'a> {
    pub(super) id: ObjectId,
    /// `None` if it is only known as an owner.
    pub(super) object: Option<&'a Value>,
    pub(super) uid: String,
    /// Owners by reference, with the reference.
    pub(super) owners: Vec<(usize, OwnerReference)>,
    /// Owners by convention.
    pub(super) soft_owners: Vec<usize>,
    moves: bool,
    hierarchy: bool,
    cluster_scoped: bool,
    /// Whether it belongs to something that takes it along.
    pub(super) taken: bool,
    /// Whether that is outside namespaces.
    below_cluster_scoped: bool,
    /// Whether objects that stay need it.
    needed: bool,
}

impl<'a> Graph<'a> {
    /// Objects of these kinds. Objects of other kinds only matter as owners.
    ///
    /// # Errors
    /// An object has no uid, or owners that cannot be read.
    pub fn new(kinds: &[MovableKind], objects: &'a [Value]) -> Result<Self, GraphError> {
        Self::with_compat(kinds, objects, Compat::Fixed)
    }

    /// As [`Graph::new`]; with [`Compat::Upstream`], a Secret `<cluster>-apiserver-etcd-client` without owner is not taken for one
    /// of the cluster, since its name has too many hyphens for Cluster API, and stays behind.
    ///
    /// # Errors
    /// As of [`Graph::new`].
    pub fn with_compat(
        kinds: &[MovableKind],
        objects: &'a [Value],
        compat: Compat,
    ) -> Result<Self, GraphError> {
        let mut graph = Self {
            nodes: Vec::with_capacity(objects.len()),
            compat,
        };
        let mut by_uid = BTreeMap::new();
        let mut owners = Vec::new();
        for object in objects {
            let node = Node::new(kinds, object);
            if node.uid.is_empty() {
                return Err(GraphError::NoUid(node.id));
            }
            // An object that was listed twice is one.
            if by_uid.contains_key(&node.uid) {
                continue;
            }
            owners.push(node.read_owners()?);
            by_uid.insert(node.uid.clone(), graph.nodes.len());
            graph.nodes.push(node);
        }
        for (index, owners) in owners.into_iter().enumerate() {
            for owner in owners {
                let place = *by_uid.entry(owner.uid.clone()).or_insert_with(|| {
                    graph.nodes.push(Node::owner_only(&owner));
                    graph.nodes.len() - 1
                });
                if let Some(node) = graph.nodes.get_mut(index) {
                    node.owners.retain(|(known, _)| *known != place);
                    node.owners.push((place, owner));
                }
            }
        }
        graph.own_by_convention();
        graph.take_along();
        Ok(graph)
    }

    /// With objects that are moved but not deleted, since objects elsewhere need them: the ClusterClasses outside `namespace`,
    /// which is the one that is moved, those in it that Clusters elsewhere use, and what belongs to them.
    #[must_use]
    pub fn keeping_what_is_shared(mut self, namespace: &str, all_clusters: &[Value]) -> Self {
        let used: BTreeSet<(String, String)> = all_clusters
            .iter()
            .filter(|cluster| text(cluster, "/metadata/namespace") != namespace)
            .filter_map(class_of)
            .collect();
        let shared: Vec<usize> = self
            .of_kind(CORE, "ClusterClass")
            .filter(|(_, class)| {
                let key = (class.id.namespace.clone(), class.id.name.clone());
                class.id.namespace != namespace || used.contains(&key)
            })
            .map(|(index, _)| index)
            .collect();
        let dependents = self.dependents(false);
        for start in shared {
            for index in reachable(&dependents, start) {
                if let Some(node) = self.nodes.get_mut(index) {
                    node.needed = true;
                }
            }
        }
        self
    }

    /// Objects of a kind, in whatever version.
    pub(super) fn of_kind(
        &self,
        group: &str,
        kind: &str,
    ) -> impl Iterator<Item = (usize, &Node<'a>)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter(move |(_, node)| node.is_of(group, kind))
    }

    /// What belongs to each object, by reference and, if wanted, by convention.
    fn dependents(&self, by_convention: bool) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            let soft = node.soft_owners.iter().copied().filter(|_| by_convention);
            let owners = node.owners.iter().map(|(owner, _)| *owner).chain(soft);
            for owner in owners {
                if let Some(dependents) = dependents.get_mut(owner) {
                    dependents.push(index);
                }
            }
        }
        dependents
    }

    fn own_by_convention(&mut self) {
        let key = |node: &Node<'_>| (node.id.namespace.clone(), node.id.name.clone());
        let clusters: BTreeMap<_, _> = self
            .of_kind(CORE, "Cluster")
            .map(|(index, cluster)| (key(cluster), index))
            .collect();
        let classes: BTreeMap<_, _> = self
            .of_kind(CORE, "ClusterClass")
            .map(|(index, class)| (key(class), index))
            .collect();
        let compat = self.compat;
        for node in &mut self.nodes {
            let Some(object) = node.object else { continue };
            let namespace = node.id.namespace.clone();
            let owner = if node.is_secret() && node.owners.is_empty() {
                cluster_of_secret(&node.id.name, compat)
                    .and_then(|cluster| clusters.get(&(namespace, cluster.to_owned())))
            } else if node.is_of(CORE, "Cluster") {
                class_of(object).and_then(|class| classes.get(&class))
            } else if node.is_of("addons.cluster.x-k8s.io", "ClusterResourceSetBinding") {
                clusters.get(&(namespace, text(object, "/spec/clusterName").to_owned()))
            } else {
                None
            };
            node.soft_owners.extend(owner.copied());
        }
    }

    fn take_along(&mut self) {
        let dependents = self.dependents(true);
        for start in 0..self.nodes.len() {
            let Some((true, global)) = self
                .nodes
                .get(start)
                .map(|node| (node.hierarchy, node.cluster_scoped))
            else {
                continue;
            };
            for index in reachable(&dependents, start) {
                if let Some(node) = self.nodes.get_mut(index) {
                    node.taken = true;
                    node.below_cluster_scoped |= global;
                }
            }
        }
    }
}

impl<'a> Node<'a> {
    fn new(kinds: &[MovableKind], object: &'a Value) -> Self {
        let id = ObjectId {
            kind: text(object, "/kind").to_owned(),
            namespace: text(object, "/metadata/namespace").to_owned(),
            name: text(object, "/metadata/name").to_owned(),
            api_version: text(object, "/apiVersion").to_owned(),
        };
        let mut kinds = kinds.iter();
        let kind = kinds.find(|kind| kind.is_of(&id.api_version, &id.kind));
        let (moves, hierarchy) = MovableKind::labels(object);
        Self {
            uid: text(object, "/metadata/uid").to_owned(),
            object: Some(object),
            moves: moves || kind.is_some_and(|kind| kind.moves),
            hierarchy: hierarchy || kind.is_some_and(|kind| kind.moves_hierarchy),
            cluster_scoped: kind.is_some_and(|kind| kind.cluster_scoped),
            ..Self::unknown(id)
        }
    }

    fn owner_only(owner: &OwnerReference) -> Self {
        Self {
            uid: owner.uid.clone(),
            ..Self::unknown(ObjectId {
                kind: owner.kind.clone(),
                namespace: String::new(),
                name: owner.name.clone(),
                api_version: owner.api_version.clone(),
            })
        }
    }

    const fn unknown(id: ObjectId) -> Self {
        Self {
            id,
            object: None,
            uid: String::new(),
            owners: Vec::new(),
            soft_owners: Vec::new(),
            moves: false,
            hierarchy: false,
            cluster_scoped: false,
            taken: false,
            below_cluster_scoped: false,
            needed: false,
        }
    }

    fn read_owners(&self) -> Result<Vec<OwnerReference>, GraphError> {
        let owners = self
            .object
            .and_then(|object| object.pointer("/metadata/ownerReferences"));
        let Some(owners) = owners.filter(|owners| !owners.is_null()) else {
            return Ok(Vec::new());
        };
        serde::Deserialize::deserialize(owners).map_err(|reason: serde_json::Error| {
            GraphError::Owners {
                object: self.id.clone(),
                reason: reason.to_string(),
            }
        })
    }

    /// Whether it is to be moved, if its owners are.
    pub(super) fn is_to_move(&self) -> bool {
        self.taken || self.moves
    }

    /// Whether it stays where it was, too.
    pub(super) fn is_kept(&self) -> bool {
        self.cluster_scoped || self.below_cluster_scoped || self.needed
    }

    pub(super) fn is_of(&self, group: &str, kind: &str) -> bool {
        let own = self.id.api_version.split_once('/');
        self.id.kind == kind && own.is_some_and(|(own, _)| own == group)
    }

    fn is_secret(&self) -> bool {
        self.id.kind == "Secret" && self.id.api_version == "v1"
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// All that can be reached from there, itself included. Cycles are harmless.
fn reachable(edges: &[Vec<usize>], start: usize) -> BTreeSet<usize> {
    let (mut seen, mut queue) = (BTreeSet::from([start]), VecDeque::from([start]));
    while let Some(index) = queue.pop_front() {
        for next in edges.get(index).into_iter().flatten() {
            if seen.insert(*next) {
                queue.push_back(*next);
            }
        }
    }
    seen
}

/// The cluster that a Secret is of, if its name says so.
fn cluster_of_secret(name: &str, compat: Compat) -> Option<&str> {
    let cluster = |purpose: &str| name.strip_suffix(purpose)?.strip_suffix('-');
    let purposes = PURPOSES.into_iter();
    purposes
        .filter(|purpose| compat == Compat::Fixed || !purpose.contains('-'))
        .find_map(cluster)
}

/// Namespace and name of the ClusterClass of a Cluster, of v1beta2 or v1beta1.
fn class_of(cluster: &Value) -> Option<(String, String)> {
    let first = |pointers: [&str; 2]| {
        let found = pointers.into_iter().map(|pointer| text(cluster, pointer));
        found.into_iter().find(|text| !text.is_empty())
    };
    let name = first(["/spec/topology/classRef/name", "/spec/topology/class"])?;
    let namespace = first([
        "/spec/topology/classRef/namespace",
        "/spec/topology/classNamespace",
    ]);
    let namespace = namespace.unwrap_or_else(|| text(cluster, "/metadata/namespace"));
    Some((namespace.to_owned(), name.to_owned()))
}

pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    let text = object.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default()
}
