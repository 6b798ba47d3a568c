//! What is taken along from the first Cluster API to today's, and what comes of it.

use serde::Serialize;
use serde_json::Value;

use super::kinds as old;
use crate::core::v1beta2 as new;

/// The objects of one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The clusters.
    pub clusters: Vec<old::Cluster>,
    /// The classes of machines.
    pub machine_classes: Vec<old::MachineClass>,
    /// The machines.
    pub machines: Vec<old::Machine>,
    /// The MachineSets.
    pub machine_sets: Vec<old::MachineSet>,
    /// The MachineDeployments.
    pub machine_deployments: Vec<old::MachineDeployment>,
}

/// What a provider makes today of what it made then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infrastructure {
    /// Group and version of the kind.
    pub api_version: String,
    /// The kind of the object, such as `DemoMachine`.
    pub kind: String,
    /// What the object is to be.
    pub spec: Value,
    /// How the machine is told what it becomes: the first version left that to the provider. The name of a Secret, or a template
    /// of bootstrap configurations in the namespace.
    pub bootstrap: new::Bootstrap,
}

/// Providers, who alone know what is in `providerSpec`.
pub trait Providers {
    /// What is made of the provider's part of a cluster.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn cluster(&self, provider_spec: &Value) -> Result<Infrastructure, String>;

    /// What is made of the provider's part of a machine.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn machine(&self, provider_spec: &Value) -> Result<Infrastructure, String>;
}

/// A field that today's kinds have no place for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lost {
    /// The kind of the object.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The field.
    pub field: &'static str,
    /// What takes its place, or why nothing does.
    pub instead: &'static str,
}

/// The same in today's kinds.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Migrated {
    /// The clusters.
    pub clusters: Vec<new::Cluster>,
    /// The machines.
    pub machines: Vec<new::Machine>,
    /// The MachineSets.
    pub machine_sets: Vec<new::MachineSet>,
    /// The MachineDeployments.
    pub machine_deployments: Vec<new::MachineDeployment>,
    /// Objects of the provider: templates for classes and sets of machines, and what single machines and clusters refer to.
    pub infrastructure: Vec<Value>,
    /// What got lost.
    pub lost: Vec<Lost>,
}

/// Why objects cannot be taken along.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// It is not known which cluster an object belongs to.
    #[error(
        "{kind} {name}: it names no cluster by the label cluster.k8s.io/cluster-name, and the namespace has not just one"
    )]
    NoCluster {
        /// The kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// It refers to a class of machines that is not there.
    #[error("{kind} {name}: there is no MachineClass {class:?}")]
    NoClass {
        /// The kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The class.
        class: String,
    },
    /// Neither it nor a class says what the provider makes of it.
    #[error("{kind} {name}: providerSpec says nothing")]
    NoProviderSpec {
        /// The kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The provider does not know it.
    #[error("{kind} {name}: providerSpec: {problem}")]
    Provider {
        /// The kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}
