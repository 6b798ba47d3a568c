//! ApplySets: pruning by a parent object that knows which kinds and namespaces its members are of.
//!
//! Follows KEP-3659 and k8s.io/kubectl `pkg/cmd/apply/applyset.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    ApplySetFault, DryRun, Kind, Kinds, Options, Request, Target,
    exchange::{Exchange, Play, refused},
    object, prune,
    sha256::{base64_url, digest},
};
use crate::op::{ListOptions, ObjectRef, Reason, ResourceRef};

/// The label by which a parent says who it is.
pub const ID_LABEL: &str = "applyset.kubernetes.io/id";
/// The label by which members name their parent.
pub const PART_OF_LABEL: &str = "applyset.kubernetes.io/part-of";
/// The annotation of a parent that names the tool that manages the set.
pub const TOOLING_ANNOTATION: &str = "applyset.kubernetes.io/tooling";
/// The annotation of a parent that lists the kinds of members.
pub const KINDS_ANNOTATION: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The annotation of a parent that lists the namespaces of members besides its own.
pub const NAMESPACES_ANNOTATION: &str = "applyset.kubernetes.io/additional-namespaces";
/// The label of a definition whose custom resources may be parents.
pub const PARENT_TYPE_LABEL: &str = "applyset.kubernetes.io/is-parent-type";

/// An ApplySet: its parent, and the tool that manages it.
///
/// ```
/// use apply_semantics::client_side::{ApplySet, Kinds};
///
/// let set = ApplySet::new("configmaps/web", Some("shop"), &Kinds::builtin()).unwrap().tool("installer", "v1.2.0");
/// assert_eq!(set.id(), "applyset-LfI8Vi9Cj-oN7gdQMc0pVAUtzPHQLFbNnE8ILiyJ7TY-v1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplySet {
    parent: ObjectRef,
    tool: String,
    version: String,
}

/// What a parent says of its members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplySetScope {
    /// Their kinds, each `Kind.group`, or the kind alone for the core group.
    pub group_kinds: BTreeSet<String>,
    /// The namespaces that they live in, that of the parent included if it has one.
    pub namespaces: BTreeSet<String>,
}

/// The same, with the kinds found.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    kinds: BTreeMap<String, Kind>,
    namespaces: BTreeSet<String>,
}

impl ApplySet {
    /// The set of a parent `resource.group/name`, or of the Secret of that name, in a namespace.
    ///
    /// # Errors
    /// No such resource is served, or it lives in namespaces and none is given.
    pub fn new(
        parent: &str,
        namespace: Option<&str>,
        kinds: &Kinds,
    ) -> Result<Self, ApplySetFault> {
        let (resource, name) = parent.split_once('/').unwrap_or(("secrets", parent));
        let unknown = || ApplySetFault::UnknownKind {
            kind: resource.to_owned(),
        };
        let kind = kinds.resource(resource).ok_or_else(unknown)?;
        if kind.namespaced && namespace.is_none() {
            return Err(ApplySetFault::NoNamespace);
        }
        let parent = ObjectRef {
            resource: kind.resource.clone(),
            namespace: namespace.filter(|_| kind.namespaced).map(str::to_owned),
            name: name.to_owned(),
            subresource: None,
        };
        Ok(Self::of(parent))
    }

    /// The set of that parent.
    pub fn of(parent: ObjectRef) -> Self {
        Self {
            parent,
            tool: "kubectl".to_owned(),
            version: "v1.36.2".to_owned(),
        }
    }

    /// The same, managed by that version of that tool.
    #[must_use]
    pub fn tool(self, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            tool: name.into(),
            version: version.into(),
            ..self
        }
    }

    /// The parent.
    pub fn parent(&self) -> &ObjectRef {
        &self.parent
    }

    /// The identity of the set: what the parent and its members have as labels.
    pub fn id(&self) -> String {
        let namespace = self.parent.namespace.as_deref().unwrap_or_default();
        let resource = &self.parent.resource;
        let name = [
            &self.parent.name,
            namespace,
            &resource.kind,
            &resource.group,
        ]
        .join(".");
        format!("applyset-{}-v1", base64_url(&digest(name.as_bytes())))
    }

    /// The label selector of the members.
    pub fn selector(&self) -> String {
        format!("{PART_OF_LABEL}={}", self.id())
    }

    /// The manager that owns the fields of the parent.
    pub fn field_manager(&self) -> String {
        format!("{}-applyset", self.tool)
    }

    /// What the live parent says of the members, if it is the parent of this set.
    ///
    /// # Errors
    /// It lacks what says so, or another tool manages the set.
    pub fn read(&self, parent: &Value) -> Result<ApplySetScope, ApplySetFault> {
        let annotations = object::strings(parent, "annotations").unwrap_or_default();
        let annotation = |key| {
            let text = annotations.get(key).map(String::as_str);
            text.ok_or(ApplySetFault::NoParentAnnotation { key })
        };
        let tooling = annotation(TOOLING_ANNOTATION)?;
        let tool = tooling.rsplit_once('/').map_or(tooling, |(tool, _)| tool);
        if tool != self.tool {
            return Err(ApplySetFault::OtherTool {
                found: tool.to_owned(),
                wanted: self.tool.clone(),
            });
        }
        let found = object::string(parent, "labels", ID_LABEL);
        let wanted = self.id();
        if found.as_ref() != Some(&wanted) {
            return Err(ApplySetFault::OtherId { found, wanted });
        }
        let kinds = parts(annotation(KINDS_ANNOTATION)?).map(str::to_owned);
        let others = annotations.get(NAMESPACES_ANNOTATION);
        let others = parts(others.map_or("", String::as_str)).map(str::to_owned);
        Ok(ApplySetScope {
            group_kinds: kinds.collect(),
            namespaces: others.chain(self.parent.namespace.clone()).collect(),
        })
    }

    /// The parent that says who it is and what its members are of, to be applied by [`field_manager`](Self::field_manager).
    pub fn manifest(&self, scope: &ApplySetScope) -> Value {
        let own = self.parent.namespace.as_ref();
        let names = scope.group_kinds.iter().map(String::as_str);
        let others = scope.namespaces.iter().filter(|name| Some(*name) != own);
        let join = |parts: Vec<&str>| parts.join(",");
        let mut parent = json!({
            "apiVersion": self.parent.resource.api_version(),
            "kind": self.parent.resource.kind,
            "metadata": {
                "name": self.parent.name,
                "labels": {ID_LABEL: self.id()},
                "annotations": {
                    TOOLING_ANNOTATION: format!("{}/{}", self.tool, self.version),
                    KINDS_ANNOTATION: join(names.collect()),
                    NAMESPACES_ANNOTATION: join(others.map(String::as_str).collect()),
                },
            },
        });
        if let Some(namespace) = own {
            object::set(&mut parent, "namespace", namespace.as_str().into());
        }
        parent
    }

    /// Labels a manifest as a member.
    pub(super) fn adopt(&self, target: &mut Target) -> Result<(), ApplySetFault> {
        if target.add_label(PART_OF_LABEL, &self.id()) {
            Ok(())
        } else {
            Err(ApplySetFault::LabelTaken)
        }
    }

    /// Before anything is applied the parent gets to know all that there may be afterwards, so that nothing is lost if the run ends early.
    pub(super) fn before(
        &self,
        exchange: &mut Exchange<'_>,
        targets: &[Target],
        kinds: &Kinds,
        options: &Options,
    ) -> Play<Members> {
        self.check_parent_kind(exchange)?;
        let before = self.fetch(exchange, kinds)?;
        let mut superset = Members::of(targets);
        superset.kinds.extend(before.kinds.clone());
        superset.namespaces.extend(before.namespaces.clone());
        self.write(exchange, &superset, options)?;
        Ok(before)
    }

    /// Deletes the members that were not applied, and then tells the parent what is left.
    pub(super) fn after(
        &self,
        exchange: &mut Exchange<'_>,
        before: &Members,
        targets: &[Target],
        visited: &BTreeSet<String>,
        options: &Options,
    ) -> Play<Vec<ObjectRef>> {
        let mut doomed = Vec::new();
        for kind in before.kinds.values() {
            let resource = kind.resource.clone();
            let collections = if kind.namespaced {
                let namespaces = before.namespaces.iter();
                namespaces
                    .map(|namespace| resource.clone().within(namespace))
                    .collect()
            } else {
                vec![resource.all()]
            };
            for collection in collections {
                for object in prune::list(exchange, &collection, Some(&self.selector()), visited)? {
                    doomed.push((collection.clone(), object));
                }
            }
        }
        let mut pruned = Vec::new();
        for (collection, object) in doomed {
            pruned.extend(prune::delete(exchange, &collection, object, options)?);
        }
        self.write(exchange, &Members::of(targets), options)?;
        Ok(pruned)
    }

    fn is_builtin_parent(&self) -> bool {
        let resource = &self.parent.resource;
        let name = resource.resource.as_str();
        resource.group.is_empty()
            && resource.version == "v1"
            && matches!(name, "secrets" | "configmaps")
    }

    /// Custom resources may be parents if their definition says so.
    fn check_parent_kind(&self, exchange: &mut Exchange<'_>) -> Play<()> {
        if self.is_builtin_parent() {
            return Ok(());
        }
        let request = || {
            let definitions =
                ResourceRef::of_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
            Request::list(
                definitions.all(),
                ListOptions::default().labels(PARENT_TYPE_LABEL),
            )
        };
        let crate::op::Outcome::List(definitions) = exchange.must(request)? else {
            return Ok(());
        };
        let resource = self.parent.resource.qualified();
        let permitted = |definition| object::text(definition, "name") == Some(&resource);
        if definitions.items.iter().any(permitted) {
            return Ok(());
        }
        Err(ApplySetFault::KindNotPermitted { resource }.into())
    }

    fn fetch(&self, exchange: &mut Exchange<'_>, kinds: &Kinds) -> Play<Members> {
        match exchange.read(&self.parent)? {
            Some(parent) => Ok(self.members(parent, kinds)?),
            None if self.is_builtin_parent() => Ok(Members::default()),
            None => Err(ApplySetFault::NoParent.into()),
        }
    }

    /// What the parent says, if it is ours.
    fn members(&self, parent: &Value, kinds: &Kinds) -> Result<Members, ApplySetFault> {
        let scope = self.read(parent)?;
        let mut members = Members {
            namespaces: scope.namespaces,
            ..Members::default()
        };
        for name in scope.group_kinds {
            let (kind, group) = name.split_once('.').unwrap_or((&name, ""));
            let found = kinds.preferred(group, kind).cloned();
            let kind = found.ok_or_else(|| ApplySetFault::UnknownKind { kind: name.clone() })?;
            members.kinds.insert(name, kind);
        }
        Ok(members)
    }

    /// Applies the parent; its fields are ours, so a conflict is no reason to stop.
    fn write(&self, exchange: &mut Exchange<'_>, members: &Members, options: &Options) -> Play<()> {
        if options.dry_run == DryRun::Client {
            return Ok(());
        }
        let request = |force| {
            let mut apply = options.apply(self.field_manager());
            apply.force = force;
            Request::apply(self.parent.clone(), self.parent_object(members), apply).in_full()
        };
        match exchange.ask(|| request(false))? {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.reason == Reason::Conflict => {
                exchange.must(|| request(true)).map(|_| ())
            }
            Err(refusal) => Err(refused(&request(false), refusal).into()),
        }
    }

    fn parent_object(&self, members: &Members) -> Value {
        self.manifest(&ApplySetScope {
            group_kinds: members.kinds.keys().cloned().collect(),
            namespaces: members.namespaces.clone(),
        })
    }
}

impl Members {
    fn of(targets: &[Target]) -> Self {
        let kind = |target: &Target| (target.kind().group_kind(), target.kind().clone());
        let namespaces = targets.iter().filter_map(Target::namespace);
        Self {
            kinds: targets.iter().map(kind).collect(),
            namespaces: namespaces.map(str::to_owned).collect(),
        }
    }
}

/// The parts of a list in an annotation; of an empty one there are none.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}
