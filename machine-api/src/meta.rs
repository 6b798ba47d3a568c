//! The types of Kubernetes' own APIs that Cluster API's contain.
//!
//! They are small and plain, so that nobody has to choose a Kubernetes version for them.

mod condition;
mod env;
mod node;
mod object;
mod reference;
mod selector;

pub use condition::{Condition, ConditionStatus};
pub use env::{
    ConfigMapKeySelector, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector,
    ResourceFieldSelector, SecretKeySelector,
};
pub use node::{NodeSwapStatus, NodeSystemInfo, Taint, TaintEffect};
pub use object::{List, ListMeta, ManagedFieldsEntry, ObjectMeta, OwnerReference};
pub use reference::{LocalObjectReference, ObjectReference, TypedLocalObjectReference};
pub use selector::{LabelSelector, LabelSelectorRequirement};
