//! ApplySets: which objects belong together is written at the objects and at a parent, where every tool can read it.
//!
//! Follows KEP-3659 as kubectl has it; where the text of the KEP names other labels, those of kubectl count.

use apply_semantics::{
    client_side::{self, ApplySetScope, Kinds},
    op::{ListOptions, ObjectRef, Operation},
};
use serde::{Deserialize, Serialize};

use super::ObjectId;

/// An ApplySet: a parent object, and the tool that manages the set.
///
/// The members have the label `applyset.kubernetes.io/part-of`, the parent says which kinds they are of and in which
/// namespaces they live. Both are written so that nothing is lost if a run ends anywhere: the parent knows of kinds and
/// namespaces before there is an object of them, and forgets them after the last one is gone.
///
/// kubectl can go on with a set where this crate left off, and the other way round, if both go by the same tool: it refuses
/// to touch the sets of other tools, and so does this crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplySet {
    parent: ObjectRef,
    tool: String,
    version: String,
}

impl ApplySet {
    /// The set of that parent: a Secret, a ConfigMap, or a custom resource whose definition permits it. The first two are
    /// made if they are not there.
    pub fn new(parent: ObjectRef, tool: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            parent,
            tool: tool.into(),
            version: version.into(),
        }
    }

    /// The parent.
    pub fn parent(&self) -> &ObjectRef {
        &self.parent
    }

    /// The identity of the set, which the parent and its members have as a label.
    pub fn id(&self) -> String {
        self.rules().id()
    }

    /// The set as the rules of kubectl know it.
    pub(super) fn rules(&self) -> client_side::ApplySet {
        client_side::ApplySet::of(self.parent.clone()).tool(&self.tool, &self.version)
    }

    /// Whether an object of that kind is a parent without asking anybody.
    pub(super) fn is_builtin_parent(&self) -> bool {
        let resource = &self.parent.resource;
        resource.group.is_empty() && matches!(resource.kind.as_str(), "Secret" | "ConfigMap")
    }

    /// What lists the members, if the parent says the truth. A kind that is not served any more has none.
    pub(super) fn lists(&self, scope: &ApplySetScope, kinds: &Kinds) -> Vec<Operation> {
        let options = || ListOptions::default().labels(self.rules().selector());
        let mut lists = Vec::new();
        for name in &scope.group_kinds {
            let (kind, group) = name.split_once('.').unwrap_or((name, ""));
            let Some(kind) = kinds.preferred(group, kind) else {
                continue;
            };
            let resource = || kind.resource.clone();
            if kind.namespaced {
                let namespaces = scope.namespaces.iter();
                let within = namespaces.map(|namespace| resource().within(namespace));
                lists.extend(within.map(|objects| Operation::list(objects, options())));
            } else {
                lists.push(Operation::list(resource().all(), options()));
            }
        }
        lists
    }

    /// The kinds of the scope that are not known.
    pub(super) fn unknown(scope: &ApplySetScope, kinds: &Kinds) -> Option<String> {
        let mut names = scope.group_kinds.iter();
        let unknown = names.find(|name| {
            let (kind, group) = name.split_once('.').unwrap_or((name, ""));
            kinds.preferred(group, kind).is_none()
        });
        unknown.cloned()
    }

    /// The kinds and namespaces of objects.
    pub(super) fn scope<'o>(
        &self,
        objects: impl IntoIterator<Item = &'o ObjectId>,
    ) -> ApplySetScope {
        let mut scope = ApplySetScope::default();
        scope.namespaces.extend(self.parent.namespace.clone());
        for object in objects {
            let group_kind = match object.group.as_str() {
                "" => object.kind.clone(),
                group => format!("{}.{group}", object.kind),
            };
            scope.group_kinds.insert(group_kind);
            if !object.namespace.is_empty() {
                scope.namespaces.insert(object.namespace.clone());
            }
        }
        scope
    }
}
