//! The types of Kubernetes' own APIs that Cluster API's contain.
//!
//! They are small and plain, so that nobody has to choose a Kubernetes version for them.

mod condition;
mod env;
mod list;
mod node;
mod reference;
mod selector;

pub use componentconfig::core::{ListMeta, ManagedFieldsEntry, ObjectMeta, OwnerReference};
pub use condition::{Condition, ConditionStatus};
pub use env::{
    ConfigMapKeySelector, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector,
    ResourceFieldSelector, SecretKeySelector,
};
pub use list::List;
pub use node::{NodeSwapStatus, NodeSystemInfo, Taint, TaintEffect};
pub use reference::{LocalObjectReference, ObjectReference, TypedLocalObjectReference};
pub use selector::{LabelSelector, LabelSelectorRequirement};
