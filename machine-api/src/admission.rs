//! Defaults, and what may be created, changed and deleted: what Cluster API's admission webhooks decide, without webhooks.
//!
//! Each kind of v1beta2 is an [`Admit`]. Field paths and texts are Cluster API's, also where they name a field that does not
//! exist. Follows `core/webhooks/admission` and its siblings for the other groups.
//!
//! ```
//! use machine_api::{admission::{Admit, Request}, core::v1beta2::Machine};
//!
//! let mut machine: Machine = serde_json::from_str(
//!     r#"{"metadata": {"name": "a"}, "spec": {"clusterName": "c", "version": "1.36.0"}}"#,
//! )?;
//! let request = Request::new(&());
//! machine.set_defaults(None, &request)?;
//! assert_eq!(machine.spec.version, "v1.36.0");
//! let refusal = machine.validate_create(&request).unwrap_err();
//! assert_eq!(refusal.errors()[0].path.to_string(), "spec.bootstrap");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod addons;
pub(crate) mod check;
mod class;
mod cluster;
mod control_plane;
mod dispatch;
mod health_check;
mod ipam;
pub(crate) mod kubeadm;
mod machine;
mod runtime;
mod sets;

use std::fmt;

use componentconfig::{
    Kind,
    field::{Errors, FieldError},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Gates, kind::Object, variables::Rules};

pub use dispatch::{Operation, default, review};

/// What there is besides the object: what an API server would be asked for. Nothing, for `()`.
pub trait Lookup {
    /// An object by kind and name, in any served version.
    fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Value>;

    /// The objects of a kind in a namespace, or in all namespaces if it is empty.
    fn list(&self, group: &str, kind: &str, namespace: &str) -> Vec<Value>;

    /// What there is in the cluster that a Cluster stands for; `None` if that cannot be asked.
    fn workload(&self, namespace: &str, cluster: &str) -> Option<&dyn Lookup> {
        let _ = (namespace, cluster);
        None
    }
}

impl Lookup for () {
    fn get(&self, _: &str, _: &str, _: &str, _: &str) -> Option<Value> {
        None
    }

    fn list(&self, _: &str, _: &str, _: &str) -> Vec<Value> {
        Vec::new()
    }
}

/// Objects in a list, also those of the clusters that Clusters in it stand for.
impl Lookup for Vec<Value> {
    fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let named = |object: &&Value| {
            object.pointer("/metadata/name").and_then(Value::as_str) == Some(name)
        };
        self.iter()
            .filter(|object| is_of(object, group, kind, namespace))
            .find(named)
            .cloned()
    }

    fn list(&self, group: &str, kind: &str, namespace: &str) -> Vec<Value> {
        self.iter()
            .filter(|object| is_of(object, group, kind, namespace))
            .cloned()
            .collect()
    }

    fn workload(&self, _: &str, _: &str) -> Option<&dyn Lookup> {
        Some(self)
    }
}

fn is_of(object: &Value, group: &str, kind: &str, namespace: &str) -> bool {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (found, _) = text("/apiVersion").split_once('/').unwrap_or_default();
    found == group
        && text("/kind") == kind
        && (namespace.is_empty() || text("/metadata/namespace") == namespace)
}

/// Under which circumstances an object is written.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Which features are on.
    pub gates: Gates,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
    objects: &'a dyn Lookup,
    rules: Option<&'a dyn Rules>,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("gates", &self.gates)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    /// A request beside `objects`, with the default features.
    pub fn new(objects: &'a dyn Lookup) -> Self {
        Self {
            gates: Gates::default(),
            dry_run: false,
            objects,
            rules: None,
        }
    }

    /// With somebody who evaluates rules in CEL about the values of variables; else they are left out.
    #[must_use]
    pub fn rules(mut self, rules: &'a dyn Rules) -> Self {
        self.rules = Some(rules);
        self
    }

    /// With these features.
    #[must_use]
    pub fn gates(mut self, gates: Gates) -> Self {
        self.gates = gates;
        self
    }

    /// An object of one of our kinds, if it is there and can be read.
    fn get<T: Kind + DeserializeOwned>(&self, namespace: &str, name: &str) -> Option<T> {
        let object = self
            .objects
            .get(T::GVK.group(), T::GVK.kind(), namespace, name)?;
        serde_json::from_value(object).ok()
    }

    /// The objects of one of our kinds that can be read.
    fn list<T: Kind + DeserializeOwned>(&self, namespace: &str) -> Vec<T> {
        let objects = self
            .objects
            .list(T::GVK.group(), T::GVK.kind(), namespace)
            .into_iter();
        objects
            .filter_map(|object| serde_json::from_value(object).ok())
            .collect()
    }
}

/// Why an object is refused.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// Fields of it are wrong.
    Invalid {
        /// The object: kind and name.
        object: String,
        /// What is wrong with which field.
        errors: Errors,
    },
    /// Something else, in words.
    Other(String),
}

impl Refusal {
    /// What is wrong with which field.
    pub fn errors(&self) -> Vec<&FieldError> {
        match self {
            Self::Invalid { errors, .. } => errors.iter().collect(),
            Self::Other(_) => Vec::new(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { object, errors } => write!(f, "{object} is invalid: {errors}"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Refusal {}

/// Remarks for whoever wrote the object.
pub type Warnings = Vec<String>;

/// A kind that is defaulted and validated.
pub trait Admit: Object {
    /// Sets what is unset. `old` is the object as it was before an update.
    ///
    /// # Errors
    /// The object is such that there is no default.
    fn set_defaults(&mut self, old: Option<&Self>, request: &Request<'_>) -> Result<(), Refusal> {
        let _ = (old, request);
        Ok(())
    }

    /// Whether the object may be created.
    ///
    /// # Errors
    /// It may not.
    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal>;

    /// Whether the object may take the place of `old`.
    ///
    /// # Errors
    /// It may not.
    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal>;

    /// Whether the object may be deleted.
    ///
    /// # Errors
    /// It may not.
    fn validate_delete(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let _ = request;
        Ok(Warnings::new())
    }
}

/// No warnings, or a refusal if there are errors.
fn verdict<T: Object>(object: &T, errors: Errors) -> Result<Warnings, Refusal> {
    if errors.is_empty() {
        return Ok(Warnings::new());
    }
    let (gvk, name) = (T::GVK, &object.metadata().name);
    Err(Refusal::Invalid {
        object: format!("{}.{} {name:?}", gvk.kind(), gvk.group()),
        errors,
    })
}

/// One error only.
fn only<T: Object>(object: &T, error: FieldError) -> Result<Warnings, Refusal> {
    verdict(object, Errors::from_iter([error]))
}
