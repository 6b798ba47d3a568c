//! What is there before anything is planned.

use std::collections::{BTreeMap, VecDeque};

use apply_semantics::{
    client_side::{ApplySetFault, ApplySetScope, Kinds, PARENT_TYPE_LABEL},
    op::{ObjectRef, Operation, Outcome, Refusal, ResourceRef},
};
use serde_json::Value;

use super::{ApplySet, Inventory, ObjectId, Policy};

/// What a plan is made of, beside what is desired.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Observed {
    /// The objects that are desired, in the inventory, or members of the ApplySet, as far as they are there.
    pub live: BTreeMap<ObjectId, Value>,
    /// What was applied: what was known of it, and the members of the ApplySet.
    pub inventory: Inventory,
    /// What the parent of the ApplySet says of its members; `None` if there is no parent yet.
    pub scope: Option<ApplySetScope>,
}

/// Why nothing can be planned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserveError {
    /// The server did not answer what it was asked.
    #[error("{operation}: {refusal}")]
    Refused {
        /// What it was asked.
        operation: String,
        /// What it said.
        refusal: Refusal,
    },
    /// The parent of the ApplySet is not fit for it, or not ours.
    #[error("the parent of the ApplySet: {0}")]
    ApplySet(#[from] ApplySetFault),
}

/// Reads what a plan needs, one operation after the other: carry out what [`next`](Self::next) says and give the answer to
/// [`answered`](Self::answered), until there is nothing more to do.
#[derive(Debug)]
pub struct Observation {
    set: Option<ApplySet>,
    kinds: Kinds,
    reads: VecDeque<Read>,
    observed: Observed,
}

#[derive(Debug)]
struct Read {
    what: What,
    operation: Operation,
}

#[derive(Debug)]
enum What {
    Definition,
    Parent,
    Members,
    Object(ObjectId),
}

impl Observation {
    /// Of what is desired, and of what is in the inventory.
    pub fn new(desired: &[Value], inventory: &Inventory, policy: &Policy, kinds: &Kinds) -> Self {
        let mut observation = Self {
            set: policy.apply_set.clone(),
            kinds: with_definitions(kinds, desired),
            reads: VecDeque::new(),
            observed: Observed {
                inventory: inventory.clone(),
                ..Observed::default()
            },
        };
        if let Some(set) = &policy.apply_set {
            let parent = set.parent();
            if !set.is_builtin_parent() {
                let definitions =
                    ResourceRef::of_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition");
                let definition = definitions.all().named(parent.resource.qualified());
                observation.read(What::Definition, Operation::get(definition));
            }
            observation.read(What::Parent, Operation::get(parent.clone()));
        }
        let mut objects: BTreeMap<ObjectId, ObjectRef> = BTreeMap::new();
        for (object, _) in inventory.iter() {
            objects.insert(object.clone(), reference(object, None, &observation.kinds));
        }
        for manifest in desired {
            let object = ObjectId::of(manifest);
            let target = reference(&object, Some(manifest), &observation.kinds);
            objects.insert(object, target);
        }
        for (object, target) in objects {
            observation.read(What::Object(object), Operation::get(target));
        }
        observation
    }

    fn read(&mut self, what: What, operation: Operation) {
        self.reads.push_back(Read { what, operation });
    }

    /// What to ask now; `None` when all is known.
    pub fn next(&self) -> Option<&Operation> {
        self.reads.front().map(|read| &read.operation)
    }

    /// Takes the answer to what [`next`](Self::next) said.
    ///
    /// # Errors
    /// The server refused for another reason than that there is no such object, or the parent of the ApplySet is not ours.
    pub fn answered(&mut self, answer: Result<Outcome, Refusal>) -> Result<(), ObserveError> {
        let Some(read) = self.reads.pop_front() else {
            return Ok(());
        };
        let outcome = match answer {
            Ok(outcome) => Some(outcome),
            Err(refusal) if refusal.is_not_found() => None,
            Err(refusal) => {
                let operation = read.operation.to_string();
                return Err(ObserveError::Refused { operation, refusal });
            }
        };
        match read.what {
            What::Definition => self.definition(outcome.as_ref().and_then(Outcome::as_object)),
            What::Parent => self.parent(outcome.and_then(Outcome::into_object)),
            What::Members => {
                let list = outcome.and_then(Outcome::into_list);
                if let Some(token) = list.as_ref().and_then(|list| list.continue_token.clone())
                    && let Operation::List {
                        collection,
                        options,
                    } = read.operation
                {
                    let more = Operation::list(collection, options.continue_token(token));
                    self.reads.push_front(Read {
                        what: What::Members,
                        operation: more,
                    });
                }
                for object in list.map(|list| list.items).unwrap_or_default() {
                    self.member(object);
                }
                Ok(())
            }
            What::Object(object) => {
                if let Some(live) = outcome.and_then(Outcome::into_object) {
                    self.observed.live.insert(object, live);
                }
                Ok(())
            }
        }
    }

    fn definition(&self, definition: Option<&Value>) -> Result<(), ObserveError> {
        let labels = definition.and_then(|definition| definition.pointer("/metadata/labels"));
        if labels.is_some_and(|labels| labels.get(PARENT_TYPE_LABEL).is_some()) {
            return Ok(());
        }
        let parent = self.set.as_ref().map(ApplySet::parent);
        let resource = parent.map(|parent| parent.resource.qualified());
        let resource = resource.unwrap_or_default();
        Err(ApplySetFault::KindNotPermitted { resource }.into())
    }

    fn parent(&mut self, parent: Option<Value>) -> Result<(), ObserveError> {
        let Some(set) = &self.set else {
            return Ok(());
        };
        let Some(parent) = parent else {
            return if set.is_builtin_parent() {
                Ok(())
            } else {
                Err(ApplySetFault::NoParent.into())
            };
        };
        let scope = set.rules().read(&parent)?;
        if let Some(kind) = ApplySet::unknown(&scope, &self.kinds) {
            return Err(ApplySetFault::UnknownKind { kind }.into());
        }
        // Members come before single objects, which they spare.
        for operation in set.lists(&scope, &self.kinds).into_iter().rev() {
            self.reads.push_front(Read {
                what: What::Members,
                operation,
            });
        }
        self.observed.scope = Some(scope);
        Ok(())
    }

    fn member(&mut self, live: Value) {
        let object = ObjectId::of(&live);
        let uid = live.pointer("/metadata/uid").and_then(Value::as_str);
        let uid = uid.unwrap_or_default();
        // What the inventory knows may be newer than the list.
        if !self.observed.inventory.contains(&object) {
            self.observed.inventory.insert(object.clone(), uid);
        }
        self.reads
            .retain(|read| !matches!(&read.what, What::Object(other) if *other == object));
        self.observed.live.insert(object, live);
    }

    /// What was observed.
    pub fn finish(self) -> Observed {
        self.observed
    }
}

/// The kinds, and those that are defined by what is desired.
pub(super) fn with_definitions(kinds: &Kinds, desired: &[Value]) -> Kinds {
    let definitions = desired.iter().filter(|manifest| {
        manifest.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition")
    });
    definitions.fold(kinds.clone(), |kinds, definition| {
        kinds.with_crd(definition)
    })
}

/// Where an object is found: by the version of its manifest, or the one that servers prefer.
pub(super) fn reference(object: &ObjectId, manifest: Option<&Value>, kinds: &Kinds) -> ObjectRef {
    let api_version = manifest
        .and_then(|manifest| manifest.get("apiVersion"))
        .and_then(Value::as_str);
    let kind = match api_version {
        Some(api_version) => kinds.find(api_version, &object.kind),
        None => kinds.preferred(&object.group, &object.kind),
    };
    let resource = kind.map(|kind| kind.resource.clone());
    let resource = resource.unwrap_or_else(|| {
        let guessed = match object.group.as_str() {
            "" => "v1".to_owned(),
            group => format!("{group}/v1"),
        };
        ResourceRef::of_kind(api_version.unwrap_or(&guessed), &object.kind)
    });
    let collection = if object.namespace.is_empty() {
        resource.all()
    } else {
        resource.within(&object.namespace)
    };
    collection.named(&object.name)
}
