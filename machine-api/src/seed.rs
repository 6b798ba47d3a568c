//! The first Cluster API, `cluster.k8s.io/v1alpha1`: its five kinds, and the way from them to today's.
//!
//! What it said still holds: a machine is as immutable as a pod, what changes is its deployment, and a class of machines is a
//! thing with a name and a type. Today's answer to its MachineClass is a template of the infrastructure provider: [`Template`] is
//! one whose type is known. [`migrate`] goes one way: into `cluster.x-k8s.io/v1beta2` and such templates.

mod kinds;
mod migrate;
mod objects;
mod template;

pub use kinds::{
    Cluster, ClusterSpec, ClusterStatus, Endpoint, LastOperation, Machine, MachineClass,
    MachineClassReference, MachineDeployment, MachineDeploymentSpec, MachineDeploymentStatus,
    MachineDeploymentStrategy, MachineRollingUpdate, MachineSet, MachineSetSpec, MachineSetStatus,
    MachineSpec, MachineStatus, MachineTemplate, MachineVersions, NodeCondition, ProviderSpec,
    ProviderSpecSource, ResourceQuantity,
};
pub use migrate::migrate;
pub use objects::{Infrastructure, Lost, Migrated, MigrationError, Objects, Providers};
pub use template::{InfrastructureSpec, Template};
