//! The manifests of a bundle, and the ledger of what is there of them.

use std::collections::{BTreeMap, BTreeSet};

use apply_semantics::{
    client_side::Kinds,
    op::{ObjectRef, ResourceRef},
};
use serde_json::Value;

use crate::reconcile::{Action, Inventory, ObjectId, Plan, Step};

use super::super::{AppliedResource, ResourceIdentifier};

/// The manifests of a bundle, as far as they can be read.
#[derive(Clone, Default)]
pub(super) struct Bundle {
    /// What each manifest is, in their order.
    pub(super) identifiers: Vec<ResourceIdentifier>,
    /// Those that can be applied.
    pub(super) desired: Vec<Value>,
    /// Why the others cannot, by place.
    pub(super) refused: BTreeMap<usize, String>,
    objects: BTreeSet<ObjectId>,
    unread: bool,
}

impl Bundle {
    pub(super) fn read(manifests: &[Value], kinds: &Kinds) -> Self {
        let mut bundle = Self::default();
        let mut places: BTreeMap<ObjectId, usize> = BTreeMap::new();
        for (place, manifest) in manifests.iter().enumerate() {
            bundle.identifiers.push(identifier(place, manifest, kinds));
            let object = ObjectId::of(manifest);
            let why = match (ObjectRef::of(manifest), places.get(&object)) {
                (Err(error), _) => error.to_string(),
                (Ok(_), Some(other)) => format!("{object} is manifest {other} already"),
                (Ok(_), None) => {
                    places.insert(object.clone(), place);
                    bundle.objects.insert(object);
                    bundle.desired.push(manifest.clone());
                    continue;
                }
            };
            bundle.unread = true;
            bundle.refused.insert(place, why);
        }
        bundle
    }

    /// Whether every manifest can be read, so that what none of them names is not desired.
    pub(super) fn is_whole(&self) -> bool {
        !self.unread
    }

    /// Whether a manifest names that object.
    pub(super) fn wants(&self, object: &ObjectId) -> bool {
        self.objects.contains(object)
    }

    /// Says of every manifest that it cannot be applied.
    pub(super) fn refuse_all(&mut self, why: &str) {
        for place in 0..self.identifiers.len() {
            self.refused.entry(place).or_insert_with(|| why.to_owned());
        }
    }

    /// Those that can be applied, in their order.
    fn named(&self) -> impl Iterator<Item = (ObjectId, &ResourceIdentifier)> {
        let places = self.identifiers.iter().enumerate();
        let places = places.filter(|(place, _)| !self.refused.contains_key(place));
        places.map(|(_, identifier)| (object_of(identifier), identifier))
    }
}

/// What a manifest says that it is.
fn identifier(place: usize, manifest: &Value, kinds: &Kinds) -> ResourceIdentifier {
    let ObjectId {
        group,
        kind,
        namespace,
        name,
    } = ObjectId::of(manifest);
    let api_version = manifest.get("apiVersion").and_then(Value::as_str);
    let api_version = api_version.unwrap_or_default();
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let known = kinds.find(api_version, &kind);
    let resource = match known {
        Some(known) => known.resource.resource.clone(),
        None if kind.is_empty() => String::new(),
        None => ResourceRef::of_kind(api_version, &kind).resource,
    };
    ResourceIdentifier {
        ordinal: i64::try_from(place).unwrap_or(i64::MAX),
        version: version.to_owned(),
        resource,
        group,
        kind,
        namespace,
        name,
    }
}

/// The object, whatever its version and place.
pub(super) fn object_of(identifier: &ResourceIdentifier) -> ObjectId {
    ObjectId {
        group: identifier.group.clone(),
        kind: identifier.kind.clone(),
        namespace: identifier.namespace.clone(),
        name: identifier.name.clone(),
    }
}

/// The kinds, and those that the ledger knows beside them.
pub(super) fn kinds_of(kinds: &Kinds, resources: &[AppliedResource]) -> Kinds {
    let resources = resources.iter().map(|resource| &resource.identifier);
    resources.fold(kinds.clone(), |kinds, identifier| {
        let ResourceIdentifier {
            group,
            version,
            kind,
            resource,
            namespace,
            ..
        } = identifier;
        if resource.is_empty() || kinds.preferred(group, kind).is_some() {
            return kinds;
        }
        let resource = ResourceRef::new(group, version, resource, kind);
        kinds.with(resource, !namespace.is_empty())
    })
}

/// The ledger before anything is done: with what is going to be created or adopted.
pub(super) fn intended(
    before: &[AppliedResource],
    bundle: &Bundle,
    plan: &Plan,
) -> Vec<AppliedResource> {
    let known: BTreeSet<ObjectId> = before
        .iter()
        .map(|one| object_of(&one.identifier))
        .collect();
    let touches =
        |step: &&Step| step.action.is_write() || matches!(step.action, Action::Ask | Action::Await);
    let touched: BTreeSet<&ObjectId> = plan
        .steps()
        .filter(touches)
        .map(|step| &step.object)
        .collect();
    let mut ledger = before.to_vec();
    let new = bundle
        .named()
        .filter(|(object, _)| touched.contains(object) && !known.contains(object));
    ledger.extend(new.map(|(_, identifier)| AppliedResource {
        identifier: identifier.clone(),
        uid: String::new(),
    }));
    ledger
}

/// The ledger after everything is done: manifests in their order, then what is left of others.
pub(super) fn kept(
    before: &[AppliedResource],
    withheld: &[AppliedResource],
    bundle: &Bundle,
    inventory: &Inventory,
) -> Vec<AppliedResource> {
    let entry = |object: &ObjectId, identifier: &ResourceIdentifier| {
        let known = inventory.known(object)?;
        Some(AppliedResource {
            identifier: identifier.clone(),
            uid: known.uid.clone(),
        })
    };
    let named = bundle.named();
    let mut ledger: Vec<AppliedResource> = named
        .filter_map(|(object, identifier)| entry(&object, identifier))
        .collect();
    let others = before.iter().filter_map(|resource| {
        let object = object_of(&resource.identifier);
        if bundle.wants(&object) {
            return None;
        }
        entry(&object, &resource.identifier)
    });
    ledger.extend(others);
    ledger.extend_from_slice(withheld);
    ledger
}
