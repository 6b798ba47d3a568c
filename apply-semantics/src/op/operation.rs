use std::fmt;

use serde_json::Value;

use super::{
    ApplyOptions, CollectionRef, DeleteOptions, FormError, ListOptions, ObjectRef, WriteOptions,
};
use crate::patch::{Patch, PatchType};

/// Something to be done at a Kubernetes API.
///
/// A watch is none: it is no exchange of one question and one answer.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Read an object or a subresource.
    Get {
        /// Which.
        target: ObjectRef,
    },
    /// Read a collection.
    List {
        /// Which.
        collection: CollectionRef,
        /// What part of it.
        options: ListOptions,
    },
    /// Create an object. Its name is in the object, or made from `metadata.generateName`.
    Create {
        /// Where.
        collection: CollectionRef,
        /// What.
        object: Value,
        /// How.
        options: WriteOptions,
    },
    /// Create what a subresource takes, such as the `eviction` of a Pod.
    CreateSubresource {
        /// The object with its subresource.
        target: ObjectRef,
        /// What.
        object: Value,
        /// How.
        options: WriteOptions,
    },
    /// Server-side apply: create the object, or make it so.
    Apply {
        /// Which.
        target: ObjectRef,
        /// The intent: the fields that the manager wants to own.
        object: Value,
        /// By whom, and how.
        options: ApplyOptions,
    },
    /// Replace an object. With `metadata.resourceVersion` in the object, only if it still has that version.
    Update {
        /// Which.
        target: ObjectRef,
        /// The whole object.
        object: Value,
        /// How.
        options: WriteOptions,
    },
    /// Patch an object.
    Patch {
        /// Which.
        target: ObjectRef,
        /// The patch.
        patch: Patch,
        /// How.
        options: WriteOptions,
    },
    /// Delete an object.
    Delete {
        /// Which.
        target: ObjectRef,
        /// How, and on what conditions.
        options: DeleteOptions,
    },
    /// Delete objects of a collection.
    DeleteCollection {
        /// Of which.
        collection: CollectionRef,
        /// What part of it.
        list: ListOptions,
        /// How.
        options: DeleteOptions,
    },
}

impl Operation {
    /// Reads an object.
    pub fn get(target: ObjectRef) -> Self {
        Self::Get { target }
    }

    /// Reads a collection.
    pub fn list(collection: CollectionRef, options: ListOptions) -> Self {
        Self::List {
            collection,
            options,
        }
    }

    /// Creates an object in a collection.
    pub fn create(collection: CollectionRef, object: Value, options: WriteOptions) -> Self {
        Self::Create {
            collection,
            object,
            options,
        }
    }

    /// Applies an intent to an object.
    pub fn apply(target: ObjectRef, object: Value, options: ApplyOptions) -> Self {
        Self::Apply {
            target,
            object,
            options,
        }
    }

    /// Applies an intent to the object that it names itself.
    ///
    /// # Errors
    /// The object lacks `apiVersion`, `kind` or `metadata.name`.
    pub fn apply_object(object: Value, options: ApplyOptions) -> Result<Self, FormError> {
        Ok(Self::apply(ObjectRef::of(&object)?, object, options))
    }

    /// Replaces an object.
    pub fn update(target: ObjectRef, object: Value, options: WriteOptions) -> Self {
        Self::Update {
            target,
            object,
            options,
        }
    }

    /// Replaces the object that a manifest names itself.
    ///
    /// # Errors
    /// The object lacks `apiVersion`, `kind` or `metadata.name`.
    pub fn update_object(object: Value, options: WriteOptions) -> Result<Self, FormError> {
        Ok(Self::update(ObjectRef::of(&object)?, object, options))
    }

    /// Patches an object.
    pub fn patch(target: ObjectRef, patch: Patch, options: WriteOptions) -> Self {
        Self::Patch {
            target,
            patch,
            options,
        }
    }

    /// Deletes an object.
    pub fn delete(target: ObjectRef, options: DeleteOptions) -> Self {
        Self::Delete { target, options }
    }

    /// What is done: a short word, as recordings spell it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Get { .. } => "get",
            Self::List { .. } => "list",
            Self::Create { .. } => "create",
            Self::CreateSubresource { .. } => "createSubresource",
            Self::Apply { .. } => "apply",
            Self::Update { .. } => "update",
            Self::Patch { .. } => "patch",
            Self::Delete { .. } => "delete",
            Self::DeleteCollection { .. } => "deleteCollection",
        }
    }

    /// The collection that the operation is about, or that its object is in.
    pub fn collection(&self) -> CollectionRef {
        match self {
            Self::List { collection, .. }
            | Self::Create { collection, .. }
            | Self::DeleteCollection { collection, .. } => collection.clone(),
            Self::Get { target }
            | Self::CreateSubresource { target, .. }
            | Self::Apply { target, .. }
            | Self::Update { target, .. }
            | Self::Patch { target, .. }
            | Self::Delete { target, .. } => target.collection(),
        }
    }

    /// The object that the operation is about. For a create it is named by the object, if that has a name.
    pub fn target(&self) -> Option<ObjectRef> {
        match self {
            Self::Get { target }
            | Self::CreateSubresource { target, .. }
            | Self::Apply { target, .. }
            | Self::Update { target, .. }
            | Self::Patch { target, .. }
            | Self::Delete { target, .. } => Some(target.clone()),
            Self::Create {
                collection, object, ..
            } => {
                let name = object.pointer("/metadata/name").and_then(Value::as_str);
                name.map(|name| collection.clone().named(name))
            }
            Self::List { .. } | Self::DeleteCollection { .. } => None,
        }
    }

    /// Whether the operation only reads.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Get { .. } | Self::List { .. })
    }

    /// Whether the operation changes nothing because it is a dry run.
    pub fn is_dry_run(&self) -> bool {
        match self {
            Self::Get { .. } | Self::List { .. } => false,
            Self::Apply { options, .. } => options.dry_run,
            Self::Create { options, .. }
            | Self::CreateSubresource { options, .. }
            | Self::Update { options, .. }
            | Self::Patch { options, .. } => options.dry_run,
            Self::Delete { options, .. } | Self::DeleteCollection { options, .. } => {
                options.dry_run
            }
        }
    }

    /// The manager that the operation names.
    pub fn manager(&self) -> Option<&str> {
        match self {
            Self::Apply { options, .. } => Some(&options.manager),
            Self::Create { options, .. }
            | Self::CreateSubresource { options, .. }
            | Self::Update { options, .. }
            | Self::Patch { options, .. } => options.field_manager.as_deref(),
            _ => None,
        }
    }
}

/// One line for people: the verb, the object, and what is special, such as `apply v1 ConfigMap a/b as installer (force)`.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List {
                collection,
                options,
            } => write!(f, "list {collection}{options}")?,
            Self::DeleteCollection {
                collection, list, ..
            } => write!(f, "delete all {collection}{list}")?,
            Self::Patch { target, patch, .. } => {
                write!(f, "patch {target} with a {}", patch.patch_type())?;
            }
            Self::CreateSubresource { target, .. } => write!(f, "create {target}")?,
            _ => match self.target() {
                Some(target) => write!(f, "{} {target}", self.verb())?,
                None => write!(f, "{} {}", self.verb(), self.collection())?,
            },
        }
        if let Some(manager) = self.manager() {
            write!(f, " as {manager}")?;
        }
        if matches!(self, Self::Apply { options, .. } if options.force) {
            f.write_str(" (force)")?;
        }
        if self.is_dry_run() {
            f.write_str(" (dry run)")?;
        }
        Ok(())
    }
}

/// Objects may hold secrets, so only the line for people is shown.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({self})")
    }
}

/// The types of patch by the words of recordings.
pub(super) const PATCH_TYPES: [(PatchType, &str); 3] = [
    (PatchType::Json, "json"),
    (PatchType::Merge, "merge"),
    (PatchType::Strategic, "strategic"),
];

/// What is in a patch.
pub(super) fn content(patch: &Patch) -> &Value {
    match patch {
        Patch::Strategic(value) | Patch::Merge(value) | Patch::Json(value) => value,
    }
}
